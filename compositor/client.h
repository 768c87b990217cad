#ifndef COMPOSITOR_CLIENT_H
#define COMPOSITOR_CLIENT_H

/*
 * Identity: a client is its listening socket's instance, from accept() to its end, and nothing that it says
 * changes that. The supervisor owns the sockets and hands them over.
 */

#include <wayland-server-core.h>
#include "compositor/fairness.h"
#include "compositor/instance.h"
#include "compositor/limits.h"

struct doors;

struct doors *doors_create(struct wl_display *display, struct instances *instances, struct fairness *fairness,
	struct limits *limits);
void doors_destroy(struct doors *doors);
/* Takes over a listening descriptor for this instance; replaces and closes an older one. */
bool doors_listen(struct doors *doors, struct instance *instance, int fd);

/* Never NULL for a client that came in by a door; NULL for any other. */
struct instance *client_instance(struct wl_client *client);
struct instance *resource_instance(struct wl_resource *resource);
/* Disconnects every client of the instance. */
void doors_close_clients(struct doors *doors, struct instance *instance);

#endif
