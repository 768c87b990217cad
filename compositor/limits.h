#ifndef COMPOSITOR_LIMITS_H
#define COMPOSITOR_LIMITS_H

/*
 * What an instance may have at a time, of everything that costs the compositor memory or time: `limit` in the config.
 * A client that asks for more than its instance may have is disconnected; what it had goes with it.
 */

#include "compositor/instance.h"

struct limits;

struct limits_notice {
	struct instance *instance;
	const char *text;
};

struct limits *limits_create(struct wl_display *display);
/* After all clients, before the display. NULL is allowed. */
void limits_destroy(struct limits *limits);

/* A new client of this instance: counts it and what it makes. The shell is not limited. */
void limits_add_client(struct limits *limits, struct instance *instance, struct wl_client *client);
/* Emitted with a struct limits_notice * for the strip, seldom, however often a limit is met. */
struct wl_signal *limits_get_exceeded(struct limits *limits);

#endif
