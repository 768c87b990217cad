#ifndef INSTANCES_NOTIFY_H
#define INSTANCES_NOTIFY_H

/* Tells the service manager named by NOTIFY_SOCKET, where there is one: sd_notify(3). state: "READY=1". */
void notify_send(const char *state);

#endif
