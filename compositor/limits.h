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
/*
 * Counts what is no object of its own for this client's instance: that many more (fewer where negative). The client is
 * disconnected where that is over the limit.
 */
void limits_use(struct wl_client *client, enum config_limit limit, int64_t change);
/* To be called before more is read of a client: the descriptors that it has sent and no request has taken are counted. */
void limits_count_descriptors(struct wl_client *client);
/* May the instance have that many? */
bool limits_allow(const struct instance *instance, enum config_limit limit, uint64_t number);
/* Emitted with a struct limits_notice * for the strip, seldom, however often a limit is met. */
struct wl_signal *limits_get_exceeded(struct limits *limits);

#endif
