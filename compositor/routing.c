#include "compositor/routing.h"

#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_data_device.h>

#include "base/memory.h"

#define TOUCHES_MAX 16

struct touch {
	bool used, ended; /* ended: lifted, its frame is still to come */
	int32_t id;
	struct instance *instance;
	double offset_x, offset_y; /* from the surface's origin to layout coordinates, as the finger came down */
};

struct routing {
	struct focus *focus;
	struct instance *pointer; /* who has the pointer; NULL for nobody */
	double offset_x, offset_y; /* of the surface with the pointer, for motion while a button is held */
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
	for (size_t i = 0; i < TOUCHES_MAX; i++) {
		if (routing->touches[i].instance == data) {
			routing->touches[i].used = false;
		}
	}
}

static void handle_keyboard_destroy(struct wl_listener *listener, void *data) {
	struct routing *routing = wl_container_of(listener, routing, keyboard_destroy);
	watch(&routing->keyboard, &routing->keyboard_destroy, NULL);
}

/* Another instance has the keyboard: every grab and drag on the seat before ends. */
static void handle_switched(struct wl_listener *listener, void *data) {
	struct routing *routing = wl_container_of(listener, routing, switched);
	struct instance *before = routing->keyboard;
	if (before != NULL && before->seat != NULL && before != routing->focus->instance) {
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
	wl_list_remove(&routing->pointer_destroy.link);
	wl_list_remove(&routing->keyboard_destroy.link);
	wl_list_remove(&routing->switched.link);
	free(routing);
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

static void leave(struct routing *routing) {
	struct seat *seat = routing_pointer_seat(routing);
	if (seat != NULL) {
		wlr_seat_pointer_notify_clear_focus(seat->wlr);
		wlr_seat_pointer_notify_frame(seat->wlr);
	}
	watch(&routing->pointer, &routing->pointer_destroy, NULL);
}

static bool is_inside(const struct node_hit *hit, const struct instance *instance) {
	return hit->surface != NULL && hit->node->instance == instance;
}

void routing_pointer_motion(struct routing *routing, uint32_t time_msec, const struct node_hit *hit, double lx,
		double ly) {
	struct seat *seat = routing_pointer_seat(routing);
	if (routing_pointer_is_grabbed(routing)) {
		if (seat->wlr->drag != NULL) {
			/* A drag enters what is under it, and that can only be its own instance's. */
			if (is_inside(hit, seat->instance)) {
				wlr_seat_pointer_notify_enter(seat->wlr, hit->surface, hit->sx, hit->sy);
				wlr_seat_pointer_notify_motion(seat->wlr, time_msec, hit->sx, hit->sy);
			} else {
				wlr_seat_pointer_notify_clear_focus(seat->wlr);
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
	routing->offset_x = lx - hit->sx;
	routing->offset_y = ly - hit->sy;
	wlr_seat_pointer_notify_enter(seat->wlr, hit->surface, hit->sx, hit->sy);
	wlr_seat_pointer_notify_motion(seat->wlr, time_msec, hit->sx, hit->sy);
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
	return wlr_seat_pointer_notify_button(seat->wlr, time_msec, button, state) != 0;
}

void routing_pointer_axis(struct routing *routing, const struct wlr_pointer_axis_event *event) {
	struct seat *seat = routing_pointer_seat(routing);
	if (seat != NULL) {
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

static struct touch *find_touch(struct routing *routing, int32_t id) {
	for (size_t i = 0; i < TOUCHES_MAX; i++) {
		if (routing->touches[i].used && !routing->touches[i].ended && routing->touches[i].id == id) {
			return &routing->touches[i];
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
		if (touch->used) {
			continue;
		}
		*touch = (struct touch){
			.used = true, .id = touch_id, .instance = hit->node->instance,
			.offset_x = lx - hit->sx, .offset_y = ly - hit->sy,
		};
		seat_touch_input(touch->instance->seat);
		wlr_seat_touch_notify_down(touch->instance->seat->wlr, hit->surface, time_msec, touch_id, hit->sx,
			hit->sy);
		return;
	}
}

void routing_touch_motion(struct routing *routing, uint32_t time_msec, int32_t touch_id, double lx, double ly) {
	struct touch *touch = find_touch(routing, touch_id);
	if (touch != NULL && touch->instance->seat != NULL) {
		wlr_seat_touch_notify_motion(touch->instance->seat->wlr, time_msec, touch_id, lx - touch->offset_x,
			ly - touch->offset_y);
	}
}

void routing_touch_up(struct routing *routing, uint32_t time_msec, int32_t touch_id) {
	struct touch *touch = find_touch(routing, touch_id);
	if (touch != NULL && touch->instance->seat != NULL) {
		wlr_seat_touch_notify_up(touch->instance->seat->wlr, time_msec, touch_id);
	}
	if (touch != NULL) {
		touch->ended = true;
	}
}

void routing_touch_frame(struct routing *routing) {
	struct seat *done[TOUCHES_MAX];
	size_t done_len = 0;
	for (size_t i = 0; i < TOUCHES_MAX; i++) {
		struct seat *seat = routing->touches[i].used ? routing->touches[i].instance->seat : NULL;
		bool told = seat == NULL;
		for (size_t j = 0; j < done_len; j++) {
			told |= done[j] == seat;
		}
		if (!told) {
			wlr_seat_touch_notify_frame(seat->wlr);
			done[done_len++] = seat;
		}
		if (routing->touches[i].ended) {
			routing->touches[i].used = false;
		}
	}
}

void routing_touch_cancel(struct routing *routing) {
	for (size_t i = 0; i < TOUCHES_MAX; i++) {
		struct touch *touch = &routing->touches[i];
		if (!touch->used || touch->instance->seat == NULL) {
			continue;
		}
		struct wlr_seat *wlr_seat = touch->instance->seat->wlr;
		struct wlr_touch_point *point = wlr_seat_touch_get_point(wlr_seat, touch->id);
		if (point != NULL) {
			wlr_seat_touch_notify_cancel(wlr_seat, point->client);
		}
		touch->used = false;
	}
}

void routing_end_grabs(struct routing *routing) {
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
