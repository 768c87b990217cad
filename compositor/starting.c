#include "compositor/starting.h"

#include <stdlib.h>

#include "base/memory.h"

#define PATIENCE_MS 700 /* as long, nobody misses a word */

struct starting {
	struct instances *instances;
	void (*handler)(void *data);
	void *data;
	struct wl_event_source *timer;
	bool waits;    /* for the timer */
	bool is_long;  /* the timer is over, and one is starting still */
	struct wl_listener instance_changed;
};

static const struct instance *find(const struct starting *starting) {
	const struct instance *instance;
	wl_list_for_each(instance, &starting->instances->list, link) {
		if (instance->state == INSTANCE_PREPARING || instance->state == INSTANCE_STARTING) {
			return instance;
		}
	}
	return NULL;
}

static int handle_timer(void *data) {
	struct starting *starting = data;
	starting->waits = false;
	starting->is_long = find(starting) != NULL;
	starting->handler(starting->data);
	return 0;
}

static void handle_instance_changed(struct wl_listener *listener, void *data) {
	struct starting *starting = wl_container_of(listener, starting, instance_changed);
	bool is_one = find(starting) != NULL;
	if (is_one && !starting->waits && !starting->is_long) {
		starting->waits = true;
		wl_event_source_timer_update(starting->timer, PATIENCE_MS);
	} else if (!is_one && starting->waits) {
		starting->waits = false;
		wl_event_source_timer_update(starting->timer, 0);
	}
	if (starting->is_long) {
		starting->is_long = is_one;
		starting->handler(starting->data);
	}
}

struct starting *starting_create(
		struct wl_event_loop *loop, struct instances *instances, void (*handler)(void *data), void *data) {
	struct starting *starting = xcalloc(1, sizeof(*starting));
	starting->instances = instances;
	starting->handler = handler;
	starting->data = data;
	starting->timer = wl_event_loop_add_timer(loop, handle_timer, starting);
	starting->instance_changed.notify = handle_instance_changed;
	wl_signal_add(&instances->events.changed, &starting->instance_changed);
	return starting;
}

void starting_destroy(struct starting *starting) {
	if (starting == NULL) {
		return;
	}
	wl_list_remove(&starting->instance_changed.link);
	wl_event_source_remove(starting->timer);
	free(starting);
}

const struct instance *starting_get(const struct starting *starting) {
	return starting->is_long ? find(starting) : NULL;
}
