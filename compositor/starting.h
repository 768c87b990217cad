#ifndef COMPOSITOR_STARTING_H
#define COMPOSITOR_STARTING_H

/*
 * Which instance takes so long to start that the person should be told: a sandbox is there at once, a guest boots for
 * some seconds, and whoever has pressed a key wants to know that it was heard.
 */

#include "compositor/instance.h"

struct starting;

/* The handler runs whenever starting_get() may have another answer. */
struct starting *starting_create(
	struct wl_event_loop *loop, struct instances *instances, void (*handler)(void *data), void *data);
void starting_destroy(struct starting *starting); /* NULL is allowed */

/* NULL where there is none; of several, the first of the config. */
const struct instance *starting_get(const struct starting *starting);

#endif
