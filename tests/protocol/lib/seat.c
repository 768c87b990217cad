#include "tests/protocol/lib/seat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"

static struct seat_event *add_event(struct seat *seat, enum seat_event_type type, void *device) {
	seat->events = xrealloc_array(seat->events, seat->events_len + 1, sizeof(seat->events[0]));
	struct seat_event *event = &seat->events[seat->events_len++];
	*event = (struct seat_event){ .type = type, .device = device };
	return event;
}

/* ---- keyboard ---- */

static void handle_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size) {
	struct seat *seat = data;
	char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (format != WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1 || text == MAP_FAILED) {
		return;
	}
	xkb_state_unref(seat->state);
	xkb_keymap_unref(seat->keymap);
	seat->keymap = xkb_keymap_new_from_buffer(
		seat->xkb, text, strnlen(text, size), XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	seat->state = seat->keymap != NULL ? xkb_state_new(seat->keymap) : NULL;
	munmap(text, size);
}

static void handle_keyboard_enter(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface, struct wl_array *keys) {
	struct seat *seat = data;
	struct seat_event *event = add_event(seat, SEAT_KEYBOARD_ENTER, keyboard);
	event->serial = serial;
	event->surface = surface;
	uint32_t *key;
	wl_array_for_each(key, keys) {
		if (event->keys_len < SEAT_KEYS_MAX) {
			event->keys[event->keys_len] = *key;
		}
		event->keys_len++;
	}
	seat->keyboard_focus = surface;
	seat->enter_serial = serial;
	seat->serial = serial;
}

static void handle_keyboard_leave(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface) {
	struct seat *seat = data;
	struct seat_event *event = add_event(seat, SEAT_KEYBOARD_LEAVE, keyboard);
	event->serial = serial;
	event->surface = surface;
	seat->keyboard_focus = NULL;
}

static void handle_key(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time, uint32_t code, uint32_t state) {
	struct seat *seat = data;
	struct seat_event *event = add_event(seat, SEAT_KEY, keyboard);
	event->serial = serial;
	event->code = code;
	event->state = state;
	seat->serial = serial;
}

static void handle_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t depressed,
	uint32_t latched, uint32_t locked, uint32_t group) {
	struct seat_event *event = add_event(data, SEAT_MODIFIERS, keyboard);
	event->serial = serial;
	event->depressed = depressed;
	event->latched = latched;
	event->locked = locked;
	event->group = group;
}

static void handle_repeat_info(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay) {
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = handle_keymap,
	.enter = handle_keyboard_enter,
	.leave = handle_keyboard_leave,
	.key = handle_key,
	.modifiers = handle_modifiers,
	.repeat_info = handle_repeat_info,
};

struct wl_keyboard *seat_add_keyboard(struct seat *seat) {
	struct wl_keyboard *keyboard = wl_seat_get_keyboard(seat->wl_seat);
	wl_keyboard_add_listener(keyboard, &keyboard_listener, seat);
	return keyboard;
}

/* ---- pointer ---- */

static void handle_pointer_enter(
	void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y) {
	struct seat *seat = data;
	struct seat_event *event = add_event(seat, SEAT_POINTER_ENTER, pointer);
	event->serial = serial;
	event->surface = surface;
	event->x = wl_fixed_to_double(x);
	event->y = wl_fixed_to_double(y);
	seat->pointer_focus = surface;
	seat->serial = serial;
}

static void handle_pointer_leave(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface) {
	struct seat *seat = data;
	struct seat_event *event = add_event(seat, SEAT_POINTER_LEAVE, pointer);
	event->serial = serial;
	event->surface = surface;
	seat->pointer_focus = NULL;
}

static void handle_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	struct seat_event *event = add_event(data, SEAT_MOTION, pointer);
	event->x = wl_fixed_to_double(x);
	event->y = wl_fixed_to_double(y);
}

static void handle_button(
	void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time, uint32_t button, uint32_t state) {
	struct seat *seat = data;
	struct seat_event *event = add_event(seat, SEAT_BUTTON, pointer);
	event->serial = serial;
	event->code = button;
	event->state = state;
	seat->serial = serial;
}

static void handle_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis, wl_fixed_t value) {
	struct seat_event *event = add_event(data, SEAT_AXIS, pointer);
	event->code = axis;
	event->x = wl_fixed_to_double(value);
}

static void handle_pointer_frame(void *data, struct wl_pointer *pointer) {
}

static void handle_axis_source(void *data, struct wl_pointer *pointer, uint32_t source) {
}

static void handle_axis_stop(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis) {
}

static void handle_axis_number(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t number) {
}

static void handle_axis_direction(void *data, struct wl_pointer *pointer, uint32_t axis, uint32_t direction) {
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = handle_pointer_enter,
	.leave = handle_pointer_leave,
	.motion = handle_motion,
	.button = handle_button,
	.axis = handle_axis,
	.frame = handle_pointer_frame,
	.axis_source = handle_axis_source,
	.axis_stop = handle_axis_stop,
	.axis_discrete = handle_axis_number,
	.axis_value120 = handle_axis_number,
	.axis_relative_direction = handle_axis_direction,
};

/* ---- touch ---- */

static void handle_touch_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
	struct wl_surface *surface, int32_t finger, wl_fixed_t x, wl_fixed_t y) {
	struct seat_event *event = add_event(data, SEAT_TOUCH_DOWN, touch);
	event->serial = serial;
	event->surface = surface;
	event->code = (uint32_t)finger;
	event->x = wl_fixed_to_double(x);
	event->y = wl_fixed_to_double(y);
}

static void handle_touch_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t finger) {
	struct seat_event *event = add_event(data, SEAT_TOUCH_UP, touch);
	event->serial = serial;
	event->code = (uint32_t)finger;
}

static void handle_touch_motion(
	void *data, struct wl_touch *touch, uint32_t time, int32_t finger, wl_fixed_t x, wl_fixed_t y) {
	struct seat_event *event = add_event(data, SEAT_TOUCH_MOTION, touch);
	event->code = (uint32_t)finger;
	event->x = wl_fixed_to_double(x);
	event->y = wl_fixed_to_double(y);
}

static void handle_touch_nothing(void *data, struct wl_touch *touch) {
}

static void handle_touch_shape(void *data, struct wl_touch *touch, int32_t finger, wl_fixed_t major, wl_fixed_t minor) {
}

static void handle_touch_orientation(void *data, struct wl_touch *touch, int32_t finger, wl_fixed_t angle) {
}

static const struct wl_touch_listener touch_listener = {
	.down = handle_touch_down,
	.up = handle_touch_up,
	.motion = handle_touch_motion,
	.frame = handle_touch_nothing,
	.cancel = handle_touch_nothing,
	.shape = handle_touch_shape,
	.orientation = handle_touch_orientation,
};

/* ---- seat ---- */

static void handle_capabilities(void *data, struct wl_seat *wl_seat, uint32_t capabilities) {
	struct seat *seat = data;
	seat->capabilities = capabilities;
	if ((capabilities & WL_SEAT_CAPABILITY_KEYBOARD) != 0 && seat->keyboard == NULL) {
		seat->keyboard = seat_add_keyboard(seat);
	}
	if ((capabilities & WL_SEAT_CAPABILITY_POINTER) != 0 && seat->pointer == NULL) {
		seat->pointer = wl_seat_get_pointer(wl_seat);
		wl_pointer_add_listener(seat->pointer, &pointer_listener, seat);
	}
	if ((capabilities & WL_SEAT_CAPABILITY_TOUCH) != 0 && seat->touch == NULL) {
		seat->touch = wl_seat_get_touch(wl_seat);
		wl_touch_add_listener(seat->touch, &touch_listener, seat);
	}
}

static void handle_seat_name(void *data, struct wl_seat *wl_seat, const char *name) {
}

static const struct wl_seat_listener seat_listener = {
	.capabilities = handle_capabilities,
	.name = handle_seat_name,
};

struct seat *seat_create(struct client *client) {
	struct seat *seat = xcalloc(1, sizeof(*seat));
	seat->client = client;
	seat->xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	seat->wl_seat = client_wl_seat(client);
	wl_seat_add_listener(seat->wl_seat, &seat_listener, seat);
	/* Once for the capabilities, once for what the devices have to say. */
	client_roundtrip(client);
	client_roundtrip(client);
	return seat;
}

/* ---- the log ---- */

void seat_forget(struct seat *seat) {
	seat->events_len = 0;
}

size_t seat_count(const struct seat *seat, enum seat_event_type type) {
	size_t count = 0;
	for (size_t i = 0; i < seat->events_len; i++) {
		count += seat->events[i].type == type;
	}
	return count;
}

const struct seat_event *seat_last(const struct seat *seat, enum seat_event_type type) {
	for (size_t i = seat->events_len; i > 0; i--) {
		if (seat->events[i - 1].type == type) {
			return &seat->events[i - 1];
		}
	}
	return NULL;
}

size_t seat_count_key(const struct seat *seat, uint32_t code, uint32_t state) {
	size_t count = 0;
	for (size_t i = 0; i < seat->events_len; i++) {
		const struct seat_event *event = &seat->events[i];
		count += event->type == SEAT_KEY && event->code == code && event->state == state;
	}
	return count;
}

const char *seat_text(struct seat *seat) {
	static char text[4096]; /* for the caller's message; cases have one thread */
	size_t len = 0;
	for (size_t i = 0; i < seat->events_len && seat->state != NULL; i++) {
		const struct seat_event *event = &seat->events[i];
		if (event->device != seat->keyboard) {
			continue;
		}
		if (event->type == SEAT_MODIFIERS) {
			xkb_state_update_mask(seat->state, event->depressed, event->latched, event->locked, 0, 0, event->group);
		} else if (event->type == SEAT_KEY && event->state == WL_KEYBOARD_KEY_STATE_PRESSED) {
			char utf8[16];
			int size = xkb_state_key_get_utf8(seat->state, event->code + 8, utf8, sizeof(utf8));
			if (size > 0 && len + (size_t)size < sizeof(text) - 1) {
				memcpy(text + len, utf8, (size_t)size);
				len += (size_t)size;
			}
		}
	}
	text[len] = '\0';
	return text;
}

bool seat_has_focus(const struct seat *seat, const struct wl_surface *surface) {
	return surface != NULL && seat->keyboard_focus == surface;
}

const char *seat_describe(const struct seat *seat) {
	static const char *const names[] = {
		[SEAT_KEYBOARD_ENTER] = "keyboard enter",
		[SEAT_KEYBOARD_LEAVE] = "keyboard leave",
		[SEAT_KEY] = "key",
		[SEAT_MODIFIERS] = "modifiers",
		[SEAT_POINTER_ENTER] = "pointer enter",
		[SEAT_POINTER_LEAVE] = "pointer leave",
		[SEAT_MOTION] = "motion",
		[SEAT_BUTTON] = "button",
		[SEAT_AXIS] = "axis",
		[SEAT_TOUCH_DOWN] = "touch down",
		[SEAT_TOUCH_UP] = "touch up",
		[SEAT_TOUCH_MOTION] = "touch motion",
	};
	char *text = xstrdup(seat->events_len == 0 ? "(nothing)" : "");
	for (size_t i = 0; i < seat->events_len; i++) {
		const struct seat_event *event = &seat->events[i];
		char *longer = xasprintf("%s%s%s code %u state %u mods %x/%x/%x keys %zu at %.1f,%.1f", text,
			i == 0 ? "" : "\n", names[event->type], event->code, event->state, event->depressed, event->latched,
			event->locked, event->keys_len, event->x, event->y);
		free(text);
		text = longer;
	}
	return text;
}
