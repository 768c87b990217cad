#include "compositor/seat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_primary_selection.h>

#include "base/log.h"
#include "base/memory.h"

#define HELD_MAX 64

struct seats_private {
	struct seats *seats;
	struct wl_display *display;
	struct gate *gate;
	struct wl_list list; // seat_private.link
	struct xkb_keymap *keymap;
	char layouts[128];
	int32_t repeat_rate, repeat_delay;
	bool has_touch;
	struct wl_listener instance_created;
};

struct seat_private {
	struct seats *seats;
	struct wl_list link; // seats_private.list
	xkb_layout_index_t group;
	/* Keys that this keyboard's xkb state holds down: undone when the focus leaves. */
	uint32_t held[HELD_MAX];
	size_t held_len;

	struct wl_listener instance_destroy;
	struct wl_listener modifiers;
	struct wl_listener request_set_selection;
	struct wl_listener request_set_primary_selection;
	struct wl_listener request_start_drag;
	struct wl_listener start_drag;
	struct wl_listener request_set_cursor;
	struct seat *seat;
};

static const struct wlr_keyboard_impl keyboard_impl = {.name = "cofferdam"};

bool seat_is_active(const struct seat *seat) {
	return seat->wlr->keyboard_state.focused_client != NULL && seat->instance->input != 0 &&
		clock_now() - seat->instance->input <= SEAT_RECENT_MS;
}

void seat_touch_input(struct seat *seat) {
	seat->instance->input = clock_now();
}

static void handle_modifiers(struct wl_listener *listener, void *data) {
	struct seat_private *priv = wl_container_of(listener, priv, modifiers);
	struct seat *seat = priv->seat;
	wlr_seat_keyboard_notify_modifiers(seat->wlr, &seat->keyboard.modifiers);
	xkb_layout_index_t group = seat->keyboard.keymap == priv->seats->priv->keymap ? seat->keyboard.modifiers.group : priv->group;
	if (group != priv->group) {
		priv->group = group;
		wl_signal_emit_mutable(&priv->seats->events.layout, seat);
	}
}

static void handle_request_set_selection(struct wl_listener *listener, void *data) {
	struct seat_private *priv = wl_container_of(listener, priv, request_set_selection);
	struct wlr_seat_request_set_selection_event *event = data;
	/* Inside the instance it is as anywhere else; whether it may ever leave is noted here and judged at a take. */
	priv->seat->selection_by_person = seat_is_active(priv->seat);
	wlr_seat_set_selection(priv->seat->wlr, event->source, event->serial);
	wl_signal_emit_mutable(&priv->seats->events.selection, priv->seat);
}

static void handle_request_set_primary_selection(struct wl_listener *listener, void *data) {
	struct seat_private *priv = wl_container_of(listener, priv, request_set_primary_selection);
	struct wlr_seat_request_set_primary_selection_event *event = data;
	wlr_seat_set_primary_selection(priv->seat->wlr, event->source, event->serial);
}

/*
 * It goes with its source. One without is what its grab's cancel ends: also where that is not the seat's grab, since it
 * never began or since a popup's grab has taken its place, and wlroots itself would keep it.
 */
static void end_drag(struct wlr_drag *drag) {
	if (drag->source != NULL) {
		wlr_data_source_destroy(drag->source);
	} else {
		drag->pointer_grab.interface->cancel(&drag->pointer_grab);
	}
}

static void handle_request_start_drag(struct wl_listener *listener, void *data) {
	struct seat_private *priv = wl_container_of(listener, priv, request_start_drag);
	struct wlr_seat_request_start_drag_event *event = data;
	struct wlr_seat *wlr_seat = priv->seat->wlr;
	struct wlr_touch_point *point;
	if (event->drag->source != NULL && event->drag->source == wlr_seat->drag_source) {
		/* The source of the drag before: wlroots would destroy it as it begins, and go on with what is freed. */
		end_drag(event->drag);
	} else if (wlr_seat_validate_pointer_grab_serial(wlr_seat, event->origin, event->serial)) {
		wlr_seat_start_pointer_drag(wlr_seat, event->drag, event->serial);
	} else if (event->drag->source != NULL &&
			wlr_seat_validate_touch_grab_serial(wlr_seat, event->origin, event->serial, &point)) {
		/* Without a source wlroots would follow a null pointer as the finger is lifted. */
		wlr_seat_start_touch_drag(wlr_seat, event->drag, event->serial, point);
	} else {
		/* No button of this instance is down: it has nothing to drag. */
		end_drag(event->drag);
	}
}

static void handle_start_drag(struct wl_listener *listener, void *data) {
	struct seat_private *priv = wl_container_of(listener, priv, start_drag);
	wl_signal_emit_mutable(&priv->seats->events.start_drag, data);
}

static void handle_request_set_cursor(struct wl_listener *listener, void *data) {
	struct seat_private *priv = wl_container_of(listener, priv, request_set_cursor);
	wl_signal_emit_mutable(&priv->seats->events.set_cursor, data);
}

static void seat_destroy(struct seat *seat);

static void handle_instance_destroy(struct wl_listener *listener, void *data) {
	struct seat_private *priv = wl_container_of(listener, priv, instance_destroy);
	seat_destroy(priv->seat);
}

/* The seat's keyboard starts anew with this keymap, and nothing locked. */
static void apply_keymap(struct seat *seat) {
	struct seat_private *priv = seat->priv;
	const struct seats_private *all = priv->seats->priv;
	if (all->keymap == NULL) {
		return;
	}
	priv->group = 0;
	priv->held_len = 0;
	wlr_keyboard_set_keymap(&seat->keyboard, all->keymap);
	wlr_keyboard_set_repeat_info(&seat->keyboard, all->repeat_rate, all->repeat_delay);
	wl_signal_emit_mutable(&priv->seats->events.layout, seat);
}

static void apply_capabilities(struct seat *seat) {
	uint32_t capabilities = WL_SEAT_CAPABILITY_KEYBOARD | WL_SEAT_CAPABILITY_POINTER;
	bool has_touch = seat->priv->seats->priv->has_touch;
	wlr_seat_set_capabilities(seat->wlr, capabilities | (has_touch ? WL_SEAT_CAPABILITY_TOUCH : 0));
}

static void seat_create(struct seats *seats, struct instance *instance) {
	struct seat *seat = xcalloc(1, sizeof(*seat));
	seat->instance = instance;
	gate_expect(seats->priv->gate, "wl_seat", instance);
	seat->wlr = wlr_seat_create(seats->priv->display, "seat0");
	if (seat->wlr == NULL) {
		log_error("%s: out of memory for its seat", instance->name);
		abort();
	}
	gate_admit(seats->priv->gate, seat->wlr->global);
	seat->wlr->data = seat;

	struct seat_private *priv = seat->priv = xcalloc(1, sizeof(*priv));
	priv->seat = seat;
	priv->seats = seats;
	wl_list_insert(&seats->priv->list, &priv->link);

	wlr_keyboard_init(&seat->keyboard, &keyboard_impl, "cofferdam");
	priv->modifiers.notify = handle_modifiers;
	wl_signal_add(&seat->keyboard.events.modifiers, &priv->modifiers);
	wlr_seat_set_keyboard(seat->wlr, &seat->keyboard);
	apply_capabilities(seat);
	apply_keymap(seat);

	struct wlr_seat *wlr_seat = seat->wlr;
	priv->request_set_selection.notify = handle_request_set_selection;
	wl_signal_add(&wlr_seat->events.request_set_selection, &priv->request_set_selection);
	priv->request_set_primary_selection.notify = handle_request_set_primary_selection;
	wl_signal_add(&wlr_seat->events.request_set_primary_selection, &priv->request_set_primary_selection);
	priv->request_start_drag.notify = handle_request_start_drag;
	wl_signal_add(&wlr_seat->events.request_start_drag, &priv->request_start_drag);
	priv->start_drag.notify = handle_start_drag;
	wl_signal_add(&wlr_seat->events.start_drag, &priv->start_drag);
	priv->request_set_cursor.notify = handle_request_set_cursor;
	wl_signal_add(&wlr_seat->events.request_set_cursor, &priv->request_set_cursor);
	priv->instance_destroy.notify = handle_instance_destroy;
	wl_signal_add(&instance->events.destroy, &priv->instance_destroy);
	instance->seat = seat;
}

static void seat_destroy(struct seat *seat) {
	struct seat_private *priv = seat->priv;
	seat_end_grabs(seat);
	wl_list_remove(&priv->instance_destroy.link);
	wl_list_remove(&priv->modifiers.link);
	wl_list_remove(&priv->request_set_selection.link);
	wl_list_remove(&priv->request_set_primary_selection.link);
	wl_list_remove(&priv->request_start_drag.link);
	wl_list_remove(&priv->start_drag.link);
	wl_list_remove(&priv->request_set_cursor.link);
	wl_list_remove(&priv->link);
	gate_dismiss(priv->seats->priv->gate, seat->wlr->global);
	wlr_seat_destroy(seat->wlr);
	wlr_keyboard_finish(&seat->keyboard);
	seat->instance->seat = NULL;
	free(priv);
	free(seat);
}

static void handle_instance_created(struct wl_listener *listener, void *data) {
	struct seats_private *priv = wl_container_of(listener, priv, instance_created);
	seat_create(priv->seats, data);
}

struct seats *seats_create(struct wl_display *display, struct gate *gate, struct instances *instances) {
	struct seats *seats = xcalloc(1, sizeof(*seats));
	struct seats_private *priv = seats->priv = xcalloc(1, sizeof(*priv));
	priv->seats = seats;
	priv->display = display;
	priv->gate = gate;
	wl_list_init(&priv->list);
	wl_signal_init(&seats->events.selection);
	wl_signal_init(&seats->events.set_cursor);
	wl_signal_init(&seats->events.start_drag);
	wl_signal_init(&seats->events.layout);
	priv->instance_created.notify = handle_instance_created;
	wl_signal_add(&instances->events.created, &priv->instance_created);
	seat_create(seats, instances->shell);
	struct instance *instance;
	wl_list_for_each(instance, &instances->list, link) {
		seat_create(seats, instance);
	}
	return seats;
}

void seats_destroy(struct seats *seats) {
	if (seats == NULL) {
		return;
	}
	struct seat_private *seat, *next;
	wl_list_for_each_safe(seat, next, &seats->priv->list, link) {
		seat_destroy(seat->seat);
	}
	wl_list_remove(&seats->priv->instance_created.link);
	xkb_keymap_unref(seats->priv->keymap);
	free(seats->priv);
	free(seats);
}

void seats_set_keymap(struct seats *seats, struct xkb_keymap *keymap, const char *layouts, int32_t repeat_rate,
		int32_t repeat_delay) {
	struct seats_private *priv = seats->priv;
	xkb_keymap_unref(priv->keymap);
	priv->keymap = xkb_keymap_ref(keymap);
	copy_string(priv->layouts, sizeof(priv->layouts), layouts);
	priv->repeat_rate = repeat_rate;
	priv->repeat_delay = repeat_delay;
	struct seat_private *seat;
	wl_list_for_each(seat, &priv->list, link) {
		apply_keymap(seat->seat);
	}
}

void seats_set_touch(struct seats *seats, bool has_touch) {
	seats->priv->has_touch = has_touch;
	struct seat_private *seat;
	wl_list_for_each(seat, &seats->priv->list, link) {
		apply_capabilities(seat->seat);
	}
}

void seats_end_popup_grabs(struct seats *seats, const struct seat *except) {
	struct seat_private *priv;
	wl_list_for_each(priv, &seats->priv->list, link) {
		struct wlr_seat *wlr_seat = priv->seat->wlr;
		if (priv->seat != except && wlr_seat_pointer_has_grab(wlr_seat) &&
				!seat_is_dragging(priv->seat, WLR_DRAG_GRAB_KEYBOARD_POINTER)) {
			wlr_seat_pointer_end_grab(wlr_seat);
			wlr_seat_keyboard_end_grab(wlr_seat);
			wlr_seat_touch_end_grab(wlr_seat);
		}
	}
}

/* Feeds the xkb state. wlroots' own list of held keys stays empty: a wl_keyboard made now would be told of them. */
static void update_state(struct seat *seat, uint32_t time_msec, uint32_t keycode, bool pressed) {
	struct wlr_keyboard_key_event event = {
		.time_msec = time_msec,
		.keycode = keycode,
		.update_state = true,
		.state = pressed ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED,
	};
	wlr_keyboard_notify_key(&seat->keyboard, &event);
	seat->keyboard.num_keycodes = 0;
}

static void remember(struct seat_private *priv, uint32_t keycode, bool pressed) {
	for (size_t i = 0; i < priv->held_len; i++) {
		if (priv->held[i] == keycode) {
			priv->held[i] = priv->held[--priv->held_len];
			break;
		}
	}
	if (pressed && priv->held_len < HELD_MAX) {
		priv->held[priv->held_len++] = keycode;
	}
}

/* A device with symbols of its own: its codes mean something only under its keymap. */
static void follow_keymap(struct seat *seat, struct xkb_keymap *keymap) {
	if (keymap != NULL && keymap != seat->keyboard.keymap) {
		seat->priv->held_len = 0;
		wlr_keyboard_set_keymap(&seat->keyboard, keymap);
	}
}

void seat_key(struct seat *seat, uint32_t time_msec, uint32_t keycode, bool pressed, struct xkb_keymap *keymap) {
	struct seat_private *priv = seat->priv;
	follow_keymap(seat, keymap);
	if (pressed) {
		seat_touch_input(seat);
	}
	remember(priv, keycode, pressed);
	wlr_seat_keyboard_notify_key(seat->wlr, time_msec, keycode,
		pressed ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
	update_state(seat, time_msec, keycode, pressed);
}

void seat_modifiers(struct seat *seat, const struct wlr_keyboard_modifiers *modifiers, struct xkb_keymap *keymap) {
	follow_keymap(seat, keymap);
	wlr_keyboard_notify_modifiers(&seat->keyboard, modifiers->depressed, modifiers->latched, modifiers->locked,
		modifiers->group);
}

/* What was held or latched under one focus is not told to the next; what is locked belongs to the instance. */
static void forget_held(struct seat *seat) {
	struct seat_private *priv = seat->priv;
	while (priv->held_len > 0) {
		update_state(seat, 0, priv->held[--priv->held_len], false);
	}
	const struct wlr_keyboard_modifiers *modifiers = &seat->keyboard.modifiers;
	wlr_keyboard_notify_modifiers(&seat->keyboard, 0, 0, modifiers->locked, modifiers->group);
}

static void release_buttons(struct seat *seat) {
	struct wlr_seat_pointer_state *state = &seat->wlr->pointer_state;
	while (state->button_count > 0) {
		/* Several devices may hold the same button: each call takes one off. */
		wlr_seat_pointer_notify_button(seat->wlr, (uint32_t)clock_now(), state->buttons[0].button,
			WL_POINTER_BUTTON_STATE_RELEASED);
	}
	wlr_seat_pointer_notify_frame(seat->wlr);
}

void seat_end_drag(struct seat *seat) {
	if (seat->wlr->drag != NULL) {
		end_drag(seat->wlr->drag);
	}
}

bool seat_is_dragging(const struct seat *seat, enum wlr_drag_grab_type type) {
	const struct wlr_drag *drag = seat->wlr->drag;
	if (drag == NULL || drag->grab_type != type) {
		return false;
	}
	return type == WLR_DRAG_GRAB_KEYBOARD_TOUCH ? seat->wlr->touch_state.grab == &drag->touch_grab :
		seat->wlr->pointer_state.grab == &drag->pointer_grab;
}

void seat_end_grabs(struct seat *seat) {
	/* Drags and grabs first: a release that reached a drag would drop it. */
	seat_end_drag(seat);
	wlr_seat_pointer_end_grab(seat->wlr);
	wlr_seat_keyboard_end_grab(seat->wlr);
	wlr_seat_touch_end_grab(seat->wlr);
	release_buttons(seat);
	wlr_seat_pointer_notify_clear_focus(seat->wlr);
}

void seat_enter(struct seat *seat, struct wlr_surface *surface) {
	if (seat->wlr->keyboard_state.focused_surface == surface) {
		return;
	}
	seat_end_drag(seat);
	if (wlr_seat_keyboard_has_grab(seat->wlr)) {
		wlr_seat_pointer_end_grab(seat->wlr);
		wlr_seat_keyboard_end_grab(seat->wlr);
		wlr_seat_touch_end_grab(seat->wlr);
	}
	if (surface == NULL) {
		wlr_seat_keyboard_notify_clear_focus(seat->wlr);
		forget_held(seat);
		return;
	}
	forget_held(seat);
	wlr_seat_keyboard_notify_enter(seat->wlr, surface, NULL, 0, &seat->keyboard.modifiers);
}

const char *seat_layout_short(struct seat *seat, char *out, size_t size) {
	const char *at = seat->priv->seats->priv->layouts;
	for (xkb_layout_index_t i = 0; i < seat->priv->group && *at != '\0'; i++) {
		at += strcspn(at, ",");
		at += *at == ',';
	}
	snprintf(out, size, "%.*s", (int)strcspn(at, ","), at);
	return out;
}

void seat_layout_next(struct seat *seat) {
	struct xkb_keymap *keymap = seat->keyboard.keymap;
	if (keymap == NULL) {
		return;
	}
	xkb_layout_index_t count = xkb_keymap_num_layouts(keymap);
	const struct wlr_keyboard_modifiers *modifiers = &seat->keyboard.modifiers;
	wlr_keyboard_notify_modifiers(&seat->keyboard, modifiers->depressed, modifiers->latched, modifiers->locked,
		count > 0 ? (modifiers->group + 1) % count : 0);
}
