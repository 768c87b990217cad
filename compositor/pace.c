#include "compositor/pace.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compositor/instance.h"

struct pace {
	struct wl_event_loop *loop;
	int interval_ms;
	void (*handler)(void *data);
	void *data;
	struct wl_event_source *idle;  /* or NULL */
	struct wl_event_source *timer;
	bool is_waiting; /* for the timer */
	int64_t last;    /* ms: when the handler last ran */
};

static void run(struct pace *pace) {
	pace->last = clock_now();
	pace->handler(pace->data);
}

static void handle_idle(void *data) {
	struct pace *pace = data;
	pace->idle = NULL;
	run(pace);
}

static int handle_timer(void *data) {
	struct pace *pace = data;
	pace->is_waiting = false;
	run(pace);
	return 0;
}

void pace_wake(struct pace *pace) {
	if (pace->idle != NULL || pace->is_waiting) {
		return;
	}
	int64_t since = clock_now() - pace->last;
	if (since >= pace->interval_ms) {
		pace->idle = wl_event_loop_add_idle(pace->loop, handle_idle, pace);
	} else {
		pace->is_waiting = true;
		wl_event_source_timer_update(pace->timer, (int)(pace->interval_ms - since));
	}
}

void pace_rest(struct pace *pace) {
	if (pace->idle != NULL) {
		wl_event_source_remove(pace->idle);
		pace->idle = NULL;
	}
	pace->is_waiting = false;
	wl_event_source_timer_update(pace->timer, 0);
}

struct pace *pace_create(struct wl_event_loop *loop, int interval_ms, void (*handler)(void *data), void *data) {
	struct pace *pace = xcalloc(1, sizeof(*pace));
	pace->loop = loop;
	pace->interval_ms = interval_ms;
	pace->handler = handler;
	pace->data = data;
	pace->last = -interval_ms;
	pace->timer = wl_event_loop_add_timer(loop, handle_timer, pace);
	return pace;
}

void pace_destroy(struct pace *pace) {
	if (pace == NULL) {
		return;
	}
	pace_rest(pace);
	wl_event_source_remove(pace->timer);
	free(pace);
}
