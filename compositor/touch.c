#include "compositor/touch.h"

#include <stdlib.h>
#include <wlr/types/wlr_touch.h>

#include "base/memory.h"

struct touches {
	struct wlr_cursor *cursor;
	struct scene *scene;
	struct clicks *clicks;
	struct drags *drags;
	struct routing *routing;
	struct idle *idle;
	struct wl_listener down, motion, up, cancel, frame;
	struct wl_listener removed;
};

static void handle_down(struct wl_listener *listener, void *data) {
	struct touches *touches = wl_container_of(listener, touches, down);
	const struct wlr_touch_down_event *event = data;
	idle_activity(touches->idle);
	double lx, ly;
	wlr_cursor_absolute_to_layout_coords(touches->cursor, &event->touch->base, event->x, event->y, &lx, &ly);
	struct node_hit hit = clicks_press(touches->clicks, lx, ly);
	routing_touch_down(touches->routing, event->time_msec, event->touch_id, &hit, lx, ly);
}

static void handle_motion(struct wl_listener *listener, void *data) {
	struct touches *touches = wl_container_of(listener, touches, motion);
	const struct wlr_touch_motion_event *event = data;
	idle_activity(touches->idle);
	double lx, ly;
	wlr_cursor_absolute_to_layout_coords(touches->cursor, &event->touch->base, event->x, event->y, &lx, &ly);
	drags_follow_touch(touches->drags, event->touch_id, lx, ly);
	struct node_hit hit = node_at(touches->scene->wlr, lx, ly);
	routing_touch_motion(touches->routing, event->time_msec, event->touch_id, &hit, lx, ly);
}

static void handle_up(struct wl_listener *listener, void *data) {
	struct touches *touches = wl_container_of(listener, touches, up);
	const struct wlr_touch_up_event *event = data;
	routing_touch_up(touches->routing, event->time_msec, event->touch_id);
}

/* Of one finger, says the device; a client is told of all of its fingers at once. */
static void handle_cancel(struct wl_listener *listener, void *data) {
	struct touches *touches = wl_container_of(listener, touches, cancel);
	routing_touch_cancel(touches->routing);
}

static void handle_frame(struct wl_listener *listener, void *data) {
	struct touches *touches = wl_container_of(listener, touches, frame);
	routing_touch_frame(touches->routing);
}

static void handle_removed(struct wl_listener *listener, void *data) {
	struct touches *touches = wl_container_of(listener, touches, removed);
	const struct wlr_input_device *device = data;
	if (device->type == WLR_INPUT_DEVICE_TOUCH) {
		routing_touch_cancel(touches->routing);
	}
}

struct touches *touches_create(struct wlr_cursor *wlr_cursor, struct devices *devices, struct scene *scene,
	struct clicks *clicks, struct drags *drags, struct routing *routing, struct idle *idle) {
	struct touches *touches = xcalloc(1, sizeof(*touches));
	touches->cursor = wlr_cursor;
	touches->scene = scene;
	touches->clicks = clicks;
	touches->drags = drags;
	touches->routing = routing;
	touches->idle = idle;
	touches->down.notify = handle_down;
	wl_signal_add(&wlr_cursor->events.touch_down, &touches->down);
	touches->motion.notify = handle_motion;
	wl_signal_add(&wlr_cursor->events.touch_motion, &touches->motion);
	touches->up.notify = handle_up;
	wl_signal_add(&wlr_cursor->events.touch_up, &touches->up);
	touches->cancel.notify = handle_cancel;
	wl_signal_add(&wlr_cursor->events.touch_cancel, &touches->cancel);
	touches->frame.notify = handle_frame;
	wl_signal_add(&wlr_cursor->events.touch_frame, &touches->frame);
	touches->removed.notify = handle_removed;
	wl_signal_add(&devices->events.removed, &touches->removed);
	return touches;
}

void touches_destroy(struct touches *touches) {
	if (touches == NULL) {
		return;
	}
	wl_list_remove(&touches->down.link);
	wl_list_remove(&touches->motion.link);
	wl_list_remove(&touches->up.link);
	wl_list_remove(&touches->cancel.link);
	wl_list_remove(&touches->frame.link);
	wl_list_remove(&touches->removed.link);
	free(touches);
}
