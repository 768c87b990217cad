#include "compositor/routing.h"

#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_data_device.h>

#include "base/memory.h"

#define TOUCHES_MAX 16

struct touch {
	struct instance *instance; /* NULL: free for the next finger */
	bool ended; /* lifted, its frame is still to come */
	int32_t id;
	double offset_x, offset_y; /* from the surface's origin to layout coordinates, as the finger came down */
	struct wl_listener destroy; /* of instance */
};

struct routing {
	struct focus *focus;
	struct instance *pointer; /* who has the pointer; NULL for nobody */
	double offset_x, offset_y; /* of the surface with the pointer, for motion while a button is held */
	struct wlr_pointer_gestures_v1 *gestures;
	struct wlr_relative_pointer_manager_v1 *relative;
	struct {
		const struct wlr_surface *surface; /* that was told of its begin, only to compare; NULL: none is on */
		enum routing_gesture kind;
	} gesture;
	struct touch touches[TOUCHES_MAX];
	struct wl_listener pointer_destroy;
	struct wl_listener switched;
	struct instance *keyboard; /* who had the focus at the last switch */
	struct wl_listener keyboard_destroy;
};

/* Holding an instance means hearing of its end. */
static void watch(struct instance **place, struct wl_listener *listener, struct instance *instance) {
	wl_list_remove(&listener->link);
	wl_list_init(&listener->link);
	*place = instance;
	if (instance != NULL) {
		wl_signal_add(&instance->events.destroy, listener);
	}
}

static void handle_pointer_destroy(struct wl_listener *listener, void *data) {
	struct routing *routing = wl_container_of(listener, routing, pointer_destroy);
	watch(&routing->pointer, &routing->pointer_destroy, NULL);
}

static void handle_keyboard_destroy(struct wl_listener *listener, void *data) {
	struct routing *routing = wl_container_of(listener, routing, keyboard_destroy);
	watch(&routing->keyboard, &routing->keyboard_destroy, NULL);
}

static void forget_touch(struct touch *touch) {
	watch(&touch->instance, &touch->destroy, NULL);
}

static void handle_touch_destroy(struct wl_listener *listener, void *data) {
	struct touch *touch = wl_container_of(listener, touch, destroy);
	forget_touch(touch);
}

static void cancel_gesture(struct routing *routing) {
	if (routing->gesture.surface != NULL) {
		routing_gesture_end(routing, routing->gesture.kind, (uint32_t)clock_now(), true);
	}
}

/* Another instance has the keyboard: every grab and drag on the seat before ends. */
static void handle_switched(struct wl_listener *listener, void *data) {
	struct routing *routing = wl_container_of(listener, routing, switched);
	struct instance *before = routing->keyboard;
	if (before != NULL && before->seat != NULL && before != routing->focus->instance) {
		if (routing->pointer == before) {
			cancel_gesture(routing);
		}
		seat_end_grabs(before->seat);
		if (routing->pointer == before) {
			watch(&routing->pointer, &routing->pointer_destroy, NULL);
		}
	}
	watch(&routing->keyboard, &routing->keyboard_destroy, routing->focus->instance);
}

struct routing *routing_create(struct focus *focus) {
	struct routing *routing = xcalloc(1, sizeof(*routing));
	routing->focus = focus;
	wl_list_init(&routing->pointer_destroy.link);
	wl_list_init(&routing->keyboard_destroy.link);
	for (size_t i = 0; i < TOUCHES_MAX; i++) {
		wl_list_init(&routing->touches[i].destroy.link);
		routing->touches[i].destroy.notify = handle_touch_destroy;
	}
	routing->pointer_destroy.notify = handle_pointer_destroy;
	routing->keyboard_destroy.notify = handle_keyboard_destroy;
	routing->switched.notify = handle_switched;
	wl_signal_add(&focus->events.switched, &routing->switched);
	return routing;
}

void routing_destroy(struct routing *routing) {
	if (routing == NULL) {
		return;
	}
	for (size_t i = 0; i < TOUCHES_MAX; i++) {
		forget_touch(&routing->touches[i]);
	}
	wl_list_remove(&routing->pointer_destroy.link);
	wl_list_remove(&routing->keyboard_destroy.link);
	wl_list_remove(&routing->switched.link);
	free(routing);
}

void routing_set_managers(struct routing *routing, struct wlr_pointer_gestures_v1 *gestures,
		struct wlr_relative_pointer_manager_v1 *relative) {
	routing->gestures = gestures;
	routing->relative = relative;
}

void routing_key(struct routing *routing, uint32_t time_msec, uint32_t keycode, bool pressed,
		struct xkb_keymap *keymap) {
	struct instance *instance = routing->focus->instance;
	if (instance != NULL && instance->seat != NULL && !focus_is_held(routing->focus)) {
		seat_key(instance->seat, time_msec, keycode, pressed, keymap);
	}
}

void routing_modifiers(struct routing *routing, const struct wlr_keyboard_modifiers *modifiers,
		struct xkb_keymap *keymap) {
	struct instance *instance = routing->focus->instance;
	if (instance != NULL && instance->seat != NULL && !focus_is_held(routing->focus)) {
		seat_modifiers(instance->seat, modifiers, keymap);
	}
}

struct seat *routing_pointer_seat(const struct routing *routing) {
	return routing->pointer != NULL ? routing->pointer->seat : NULL;
}

bool routing_pointer_is_grabbed(const struct routing *routing) {
	const struct seat *seat = routing_pointer_seat(routing);
	return seat != NULL && seat->wlr->pointer_state.button_count > 0;
}

bool routing_pointer_is_dragging(const struct routing *routing) {
	const struct seat *seat = routing_pointer_seat(routing);
	return routing_pointer_is_grabbed(routing) && seat_is_dragging(seat, WLR_DRAG_GRAB_KEYBOARD_POINTER);
}

static void leave(struct routing *routing) {
	struct seat *seat = routing_pointer_seat(routing);
	if (seat != NULL) {
		cancel_gesture(routing);
		wlr_seat_pointer_notify_clear_focus(seat->wlr);
		wlr_seat_pointer_notify_frame(seat->wlr);
	}
	watch(&routing->pointer, &routing->pointer_destroy, NULL);
}

static bool is_inside(const struct node_hit *hit, const struct instance *instance) {
	return hit->surface != NULL && hit->node->instance == instance;
}

/* A drag enters what is under it, and that can only be its own instance's. Returns false where it is not. */
static bool drag_over(struct routing *routing, const struct node_hit *hit) {
	struct seat *seat = routing_pointer_seat(routing);
	/* analyzer: who drags has a seat */
	if (!is_inside(hit, seat->instance)) {
		wlr_seat_pointer_notify_clear_focus(seat->wlr);
		return false;
	}
	wlr_seat_pointer_notify_enter(seat->wlr, hit->surface, hit->sx, hit->sy);
	return true;
}

void routing_pointer_motion(struct routing *routing, uint32_t time_msec, const struct node_hit *hit, double lx,
		double ly) {
	struct seat *seat = routing_pointer_seat(routing);
	if (routing_pointer_is_grabbed(routing)) {
		if (routing_pointer_is_dragging(routing)) {
			if (drag_over(routing, hit)) {
				wlr_seat_pointer_notify_motion(seat->wlr, time_msec, hit->sx, hit->sy);
			}
			return;
		}
		wlr_seat_pointer_notify_motion(seat->wlr, time_msec, lx - routing->offset_x, ly - routing->offset_y);
		return;
	}
	if (hit->surface == NULL || hit->node->instance->seat == NULL) {
		leave(routing);
		return;
	}
	if (routing->pointer != hit->node->instance) {
		leave(routing);
		watch(&routing->pointer, &routing->pointer_destroy, hit->node->instance);
		seat = hit->node->instance->seat;
	}
	if (routing->gesture.surface != hit->surface) {
		cancel_gesture(routing);
	}
	routing->offset_x = lx - hit->sx;
	routing->offset_y = ly - hit->sy;
	wlr_seat_pointer_notify_enter(seat->wlr, hit->surface, hit->sx, hit->sy);
	wlr_seat_pointer_notify_motion(seat->wlr, time_msec, hit->sx, hit->sy);
}

void routing_pointer_rebase(struct routing *routing, uint32_t time_msec, const struct node_hit *hit, double lx,
		double ly) {
	if (routing_pointer_is_dragging(routing)) {
		drag_over(routing, hit);
		return;
	}
	const struct seat *seat = routing_pointer_seat(routing);
	const struct wlr_surface *surface = seat != NULL ? seat->wlr->pointer_state.focused_surface : NULL;
	double sx = seat != NULL ? seat->wlr->pointer_state.sx : 0, sy = seat != NULL ? seat->wlr->pointer_state.sy : 0;
	routing_pointer_motion(routing, time_msec, hit, lx, ly);
	/* wlroots frames an enter by itself; a motion is ours to frame, and nothing at all needs no frame. */
	if (seat != NULL && seat == routing_pointer_seat(routing) && surface != NULL &&
			surface == seat->wlr->pointer_state.focused_surface &&
			(sx != seat->wlr->pointer_state.sx || sy != seat->wlr->pointer_state.sy)) {
		routing_pointer_frame(routing);
	}
}

void routing_pointer_relative(struct routing *routing, const struct wlr_pointer_motion_event *event) {
	const struct seat *seat = routing_pointer_seat(routing);
	if (seat != NULL && routing->relative != NULL) {
		wlr_relative_pointer_manager_v1_send_relative_motion(routing->relative, seat->wlr,
			(uint64_t)event->time_msec * 1000, event->delta_x, event->delta_y, event->unaccel_dx,
			event->unaccel_dy);
	}
}

void routing_pointer_warp(struct routing *routing, double sx, double sy) {
	const struct seat *seat = routing_pointer_seat(routing);
	if (seat != NULL && seat->wlr->pointer_state.focused_surface != NULL) {
		wlr_seat_pointer_warp(seat->wlr, sx, sy);
	}
}

bool routing_pointer_button(struct routing *routing, uint32_t time_msec, uint32_t button,
		enum wl_pointer_button_state state) {
	struct seat *seat = routing_pointer_seat(routing);
	if (seat == NULL) {
		return false;
	}
	if (state == WL_POINTER_BUTTON_STATE_PRESSED) {
		seat_touch_input(seat);
	}
	/* wlroots drops a release whose press this seat never had. */
	bool sent = wlr_seat_pointer_notify_button(seat->wlr, time_msec, button, state) != 0;
	if (!routing_pointer_is_grabbed(routing) && seat->wlr->drag != NULL &&
			seat->wlr->drag->grab_type == WLR_DRAG_GRAB_KEYBOARD_POINTER) {
		/* A popup's grab has kept the drag from hearing of its end. */
		seat_end_drag(seat);
	}
	return sent;
}

void routing_pointer_axis(struct routing *routing, const struct wlr_pointer_axis_event *event) {
	struct seat *seat = routing_pointer_seat(routing);
	if (seat != NULL) {
		/* One source to a frame: wlroots asserts it, and skips the frame where the surface has just gone. */
		if (seat->wlr->pointer_state.sent_axis_source &&
				seat->wlr->pointer_state.cached_axis_source != event->source) {
			wlr_seat_pointer_notify_frame(seat->wlr);
			seat->wlr->pointer_state.sent_axis_source = false;
		}
		wlr_seat_pointer_notify_axis(seat->wlr, event->time_msec, event->orientation, event->delta,
			event->delta_discrete, event->source, event->relative_direction);
	}
}

void routing_pointer_frame(struct routing *routing) {
	struct seat *seat = routing_pointer_seat(routing);
	if (seat != NULL) {
		wlr_seat_pointer_notify_frame(seat->wlr);
	}
}

/* ---- gestures ---- */

static void (*const gesture_begin[])(struct wlr_pointer_gestures_v1 *, struct wlr_seat *, uint32_t, uint32_t) = {
	[ROUTING_SWIPE] = wlr_pointer_gestures_v1_send_swipe_begin,
	[ROUTING_PINCH] = wlr_pointer_gestures_v1_send_pinch_begin,
	[ROUTING_HOLD] = wlr_pointer_gestures_v1_send_hold_begin,
};

static void (*const gesture_end[])(struct wlr_pointer_gestures_v1 *, struct wlr_seat *, uint32_t, bool) = {
	[ROUTING_SWIPE] = wlr_pointer_gestures_v1_send_swipe_end,
	[ROUTING_PINCH] = wlr_pointer_gestures_v1_send_pinch_end,
	[ROUTING_HOLD] = wlr_pointer_gestures_v1_send_hold_end,
};

/* Whose gesture it is: the seat of the surface that was told of the begin, while that still has the pointer. */
static struct wlr_seat *gesture_seat(const struct routing *routing, enum routing_gesture gesture) {
	const struct seat *seat = routing_pointer_seat(routing);
	bool same = seat != NULL && routing->gesture.surface != NULL && routing->gesture.kind == gesture &&
		seat->wlr->pointer_state.focused_surface == routing->gesture.surface;
	return same ? seat->wlr : NULL;
}

void routing_gesture_begin(struct routing *routing, enum routing_gesture gesture, uint32_t time_msec,
		uint32_t fingers) {
	cancel_gesture(routing);
	const struct seat *seat = routing_pointer_seat(routing);
	if (routing->gestures != NULL && seat != NULL && seat->wlr->pointer_state.focused_surface != NULL) {
		routing->gesture.kind = gesture;
		routing->gesture.surface = seat->wlr->pointer_state.focused_surface;
		gesture_begin[gesture](routing->gestures, seat->wlr, time_msec, fingers);
	}
}

void routing_gesture_update(struct routing *routing, enum routing_gesture gesture, uint32_t time_msec, double dx,
		double dy, double scale, double rotation) {
	struct wlr_seat *wlr_seat = gesture_seat(routing, gesture);
	if (wlr_seat != NULL && gesture == ROUTING_SWIPE) {
		wlr_pointer_gestures_v1_send_swipe_update(routing->gestures, wlr_seat, time_msec, dx, dy);
	} else if (wlr_seat != NULL && gesture == ROUTING_PINCH) {
		wlr_pointer_gestures_v1_send_pinch_update(routing->gestures, wlr_seat, time_msec, dx, dy, scale,
			rotation);
	}
}

void routing_gesture_end(struct routing *routing, enum routing_gesture gesture, uint32_t time_msec, bool cancelled) {
	struct wlr_seat *wlr_seat = gesture_seat(routing, gesture);
	if (wlr_seat != NULL) {
		gesture_end[gesture](routing->gestures, wlr_seat, time_msec, cancelled);
	}
	if (routing->gesture.kind == gesture) {
		routing->gesture.surface = NULL;
	}
}

/* ---- touch ---- */

static struct touch *find_touch(struct routing *routing, int32_t id) {
	for (size_t i = 0; i < TOUCHES_MAX; i++) {
		struct touch *touch = &routing->touches[i];
		if (touch->instance != NULL && !touch->ended && touch->id == id) {
			return touch;
		}
	}
	return NULL;
}

void routing_touch_down(struct routing *routing, uint32_t time_msec, int32_t touch_id, const struct node_hit *hit,
		double lx, double ly) {
	if (hit->surface == NULL || hit->node->instance->seat == NULL || find_touch(routing, touch_id) != NULL) {
		return;
	}
	for (size_t i = 0; i < TOUCHES_MAX; i++) {
		struct touch *touch = &routing->touches[i];
		if (touch->instance != NULL) {
			continue;
		}
		watch(&touch->instance, &touch->destroy, hit->node->instance);
		touch->ended = false;
		touch->id = touch_id;
		touch->offset_x = lx - hit->sx;
		touch->offset_y = ly - hit->sy;
		seat_touch_input(touch->instance->seat);
		wlr_seat_touch_notify_down(touch->instance->seat->wlr, hit->surface, time_msec, touch_id, hit->sx,
			hit->sy);
		return;
	}
}

void routing_touch_motion(struct routing *routing, uint32_t time_msec, int32_t touch_id, const struct node_hit *hit,
		double lx, double ly) {
	struct touch *touch = find_touch(routing, touch_id);
	if (touch == NULL || touch->instance->seat == NULL) {
		return;
	}
	struct wlr_seat *wlr_seat = touch->instance->seat->wlr;
	if (!seat_is_dragging(touch->instance->seat, WLR_DRAG_GRAB_KEYBOARD_TOUCH)) {
		wlr_seat_touch_notify_motion(wlr_seat, time_msec, touch_id, lx - touch->offset_x, ly - touch->offset_y);
	} else if (wlr_seat_touch_get_point(wlr_seat, touch_id) == NULL) {
		return;
	} else if (is_inside(hit, touch->instance)) {
		wlr_seat_touch_point_focus(wlr_seat, hit->surface, time_msec, touch_id, hit->sx, hit->sy);
		wlr_seat_touch_notify_motion(wlr_seat, time_msec, touch_id, hit->sx, hit->sy);
	} else {
		wlr_seat_touch_notify_clear_focus(wlr_seat, time_msec, touch_id);
		wlr_seat_touch_point_clear_focus(wlr_seat, time_msec, touch_id);
	}
}

void routing_touch_up(struct routing *routing, uint32_t time_msec, int32_t touch_id) {
	struct touch *touch = find_touch(routing, touch_id);
	if (touch == NULL) {
		return;
	}
	touch->ended = true;
	struct seat *seat = touch->instance->seat;
	if (seat == NULL) {
		return;
	}
	wlr_seat_touch_notify_up(seat->wlr, time_msec, touch_id);
	if (seat->wlr->drag != NULL && seat->wlr->drag->grab_type == WLR_DRAG_GRAB_KEYBOARD_TOUCH &&
			seat->wlr->drag->touch_id == touch_id) {
		seat_end_drag(seat); /* likewise */
	}
}

void routing_touch_frame(struct routing *routing) {
	for (size_t i = 0; i < TOUCHES_MAX; i++) {
		struct touch *touch = &routing->touches[i];
		if (touch->instance == NULL) {
			continue;
		}
		if (touch->instance->seat != NULL) {
			/* The second finger of a seat finds that nothing is left to frame. */
			wlr_seat_touch_notify_frame(touch->instance->seat->wlr);
		}
		if (touch->ended) {
			forget_touch(touch);
		}
	}
}

void routing_touch_cancel(struct routing *routing) {
	for (size_t i = 0; i < TOUCHES_MAX; i++) {
		struct touch *touch = &routing->touches[i];
		struct seat *seat = touch->instance != NULL ? touch->instance->seat : NULL;
		forget_touch(touch);
		if (seat == NULL) {
			continue;
		}
		/* A drag by a finger does not hear of the cancel. */
		if (seat->wlr->drag != NULL && seat->wlr->drag->grab_type == WLR_DRAG_GRAB_KEYBOARD_TOUCH) {
			seat_end_drag(seat);
		}
		struct wlr_touch_point *point = wlr_seat_touch_get_point(seat->wlr, touch->id);
		if (point != NULL) {
			wlr_seat_touch_notify_cancel(seat->wlr, point->client);
		}
	}
}

void routing_end_grabs(struct routing *routing) {
	cancel_gesture(routing);
	routing_touch_cancel(routing);
	struct seat *seat = routing_pointer_seat(routing);
	if (seat != NULL) {
		seat_end_grabs(seat);
	}
	if (routing->focus->instance != NULL && routing->focus->instance->seat != NULL) {
		seat_end_grabs(routing->focus->instance->seat);
	}
	watch(&routing->pointer, &routing->pointer_destroy, NULL);
}
