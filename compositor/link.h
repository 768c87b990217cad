#ifndef COMPOSITOR_LINK_H
#define COMPOSITOR_LINK_H

/* The compositor's end of its one line to the supervisor: wire/session.h. All its authority is this descriptor. */

#include <stdbool.h>
#include <wayland-server-core.h>
#include "wire/session.h"

struct link_handler {
	/* fds of the message are the handler's to take (set to -1) or they are closed after. */
	void (*message)(void *data, struct session_message *message);
	/* The supervisor is gone: end. */
	void (*closed)(void *data);
};

struct link;

struct link *link_create(struct wl_event_loop *loop, int fd, const struct link_handler *handler, void *data);
void link_destroy(struct link *link);
void link_send(struct link *link, struct session_message *message);
/* The bind with this index in the config with the serial last accepted. */
void link_send_bind(struct link *link, uint32_t serial, uint32_t index);
/* The states of all instances are wanted as they are now. */
void link_send_measure(struct link *link);
void link_send_order(struct link *link, const char *name, enum session_order order);

#endif
