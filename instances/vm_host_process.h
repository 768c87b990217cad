#ifndef INSTANCES_VM_HOST_PROCESS_H
#define INSTANCES_VM_HOST_PROCESS_H

/* What coffer-vm wants of the kernel for itself, before it starts anything. */

#include <stdbool.h>

/*
 * Leaves standard input (nothing), output and error to the programs around; everything else is coffer-vm's alone, and
 * the supervisor's socket does not block. Returns false with errno set.
 */
bool vm_host_arrange_descriptors(int supervisor_fd);

/* Bounds that the programs around inherit; and none of them, taken over, looks into this process or traces it. */
void vm_host_set_limits(void);

/* A signalfd, non-blocking, that tells of SIGCHLD; SIGPIPE is ignored. Returns -1 with errno set. */
int vm_host_watch_children(void);

/* Lets a timerfd of CLOCK_REALTIME be readable when the clock is set, or the machine has slept; once. */
void vm_host_watch_clock(int clock_fd);

/* Listens where vhost-device-vsock connects for a port of the guest's, non-blocking. Returns -1 with errno set. */
int vm_host_listen(const char *vsock, int port);

#endif
