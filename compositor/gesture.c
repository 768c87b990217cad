#include "compositor/gesture.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"

struct gestures {
	struct routing *routing;
	struct wlr_pointer_gestures_v1 *wlr;
	struct wl_listener swipe_begin, swipe_update, swipe_end;
	struct wl_listener pinch_begin, pinch_update, pinch_end;
	struct wl_listener hold_begin, hold_end;
};

static void handle_swipe_begin(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, swipe_begin);
	const struct wlr_pointer_swipe_begin_event *event = data;
	routing_gesture_begin(gestures->routing, ROUTING_SWIPE, event->time_msec, event->fingers);
}

static void handle_swipe_update(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, swipe_update);
	const struct wlr_pointer_swipe_update_event *event = data;
	routing_gesture_update(gestures->routing, ROUTING_SWIPE, event->time_msec, event->dx, event->dy, 1, 0);
}

static void handle_swipe_end(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, swipe_end);
	const struct wlr_pointer_swipe_end_event *event = data;
	routing_gesture_end(gestures->routing, ROUTING_SWIPE, event->time_msec, event->cancelled);
}

static void handle_pinch_begin(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, pinch_begin);
	const struct wlr_pointer_pinch_begin_event *event = data;
	routing_gesture_begin(gestures->routing, ROUTING_PINCH, event->time_msec, event->fingers);
}

static void handle_pinch_update(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, pinch_update);
	const struct wlr_pointer_pinch_update_event *event = data;
	routing_gesture_update(
		gestures->routing, ROUTING_PINCH, event->time_msec, event->dx, event->dy, event->scale, event->rotation);
}

static void handle_pinch_end(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, pinch_end);
	const struct wlr_pointer_pinch_end_event *event = data;
	routing_gesture_end(gestures->routing, ROUTING_PINCH, event->time_msec, event->cancelled);
}

static void handle_hold_begin(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, hold_begin);
	const struct wlr_pointer_hold_begin_event *event = data;
	routing_gesture_begin(gestures->routing, ROUTING_HOLD, event->time_msec, event->fingers);
}

static void handle_hold_end(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, hold_end);
	const struct wlr_pointer_hold_end_event *event = data;
	routing_gesture_end(gestures->routing, ROUTING_HOLD, event->time_msec, event->cancelled);
}

static void listen(struct wl_signal *signal, struct wl_listener *listener, wl_notify_func_t handler) {
	listener->notify = handler;
	wl_signal_add(signal, listener);
}

struct gestures *gestures_create(
	struct wl_display *display, struct gate *gate, struct routing *routing, struct wlr_cursor *wlr_cursor) {
	struct gestures *gestures = xcalloc(1, sizeof(*gestures));
	gestures->routing = routing;
	gate_expect(gate, "zwp_pointer_gestures_v1", NULL);
	gestures->wlr = wlr_pointer_gestures_v1_create(display);
	if (gestures->wlr == NULL) {
		log_error("out of memory for pointer gestures");
		abort();
	}
	gate_admit(gate, gestures->wlr->global);
	listen(&wlr_cursor->events.swipe_begin, &gestures->swipe_begin, handle_swipe_begin);
	listen(&wlr_cursor->events.swipe_update, &gestures->swipe_update, handle_swipe_update);
	listen(&wlr_cursor->events.swipe_end, &gestures->swipe_end, handle_swipe_end);
	listen(&wlr_cursor->events.pinch_begin, &gestures->pinch_begin, handle_pinch_begin);
	listen(&wlr_cursor->events.pinch_update, &gestures->pinch_update, handle_pinch_update);
	listen(&wlr_cursor->events.pinch_end, &gestures->pinch_end, handle_pinch_end);
	listen(&wlr_cursor->events.hold_begin, &gestures->hold_begin, handle_hold_begin);
	listen(&wlr_cursor->events.hold_end, &gestures->hold_end, handle_hold_end);
	return gestures;
}

void gestures_destroy(struct gestures *gestures) {
	if (gestures == NULL) {
		return;
	}
	struct wl_listener *listeners[] = {
		&gestures->swipe_begin,
		&gestures->swipe_update,
		&gestures->swipe_end,
		&gestures->pinch_begin,
		&gestures->pinch_update,
		&gestures->pinch_end,
		&gestures->hold_begin,
		&gestures->hold_end,
	};
	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
		wl_list_remove(&listeners[i]->link);
	}
	free(gestures);
}

struct wlr_pointer_gestures_v1 *gestures_get_manager(struct gestures *gestures) {
	return gestures->wlr;
}
