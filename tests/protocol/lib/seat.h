#ifndef SEAT_H
#define SEAT_H

/* A client's seat with a log of all that it was told: what an attacker would write down. */

#include <stddef.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

#include "tests/protocol/lib/client.h"

enum seat_event_type {
	SEAT_KEYBOARD_ENTER, /* surface, keys */
	SEAT_KEYBOARD_LEAVE, /* surface */
	SEAT_KEY, /* code, state */
	SEAT_MODIFIERS, /* depressed, latched, locked, group */
	SEAT_POINTER_ENTER, /* surface, x, y */
	SEAT_POINTER_LEAVE, /* surface */
	SEAT_MOTION, /* x, y */
	SEAT_BUTTON, /* code, state */
	SEAT_AXIS, /* code: the axis; x: the value */
	SEAT_TOUCH_DOWN, /* surface, code: the finger, x, y */
	SEAT_TOUCH_UP, /* code */
	SEAT_TOUCH_MOTION, /* code, x, y */
};

#define SEAT_KEYS_MAX 32

struct seat_event {
	enum seat_event_type type;
	void *device; /* the wl_keyboard, wl_pointer or wl_touch that told it */
	uint32_t serial;
	struct wl_surface *surface;
	uint32_t code, state;
	uint32_t depressed, latched, locked, group;
	double x, y;
	uint32_t keys[SEAT_KEYS_MAX];
	size_t keys_len; /* may be more than SEAT_KEYS_MAX */
};

struct seat {
	struct client *client;
	struct wl_seat *wl_seat;
	uint32_t capabilities;
	struct wl_keyboard *keyboard;
	struct wl_pointer *pointer;
	struct wl_touch *touch;
	struct seat_event *events;
	size_t events_len;
	/* Now. */
	struct wl_surface *keyboard_focus, *pointer_focus;
	uint32_t enter_serial; /* of the last keyboard enter */
	uint32_t serial; /* of the last enter, key or button */
	/* The meaning of keys, as the compositor sent it. */
	struct xkb_context *xkb;
	struct xkb_keymap *keymap;
	struct xkb_state *state;
};

/* Binds the client's seat and each device that it has, or comes to have. */
struct seat *seat_create(struct client *client);

/* One more wl_keyboard that logs into the same list. */
struct wl_keyboard *seat_add_keyboard(struct seat *seat);

/* Forgets the log; the next checks are about what comes after. */
void seat_forget(struct seat *seat);
size_t seat_count(const struct seat *seat, enum seat_event_type type);
/* The last event of this type, or NULL. */
const struct seat_event *seat_last(const struct seat *seat, enum seat_event_type type);
/* How often this key was pressed (1) or released (0). */
size_t seat_count_key(const struct seat *seat, uint32_t code, uint32_t state);
/* The text that the logged key presses make with the compositor's keymap; valid until the next call. */
const char *seat_text(struct seat *seat);
/* Has the surface the keyboard focus, as far as the client was told? */
bool seat_has_focus(const struct seat *seat, const struct wl_surface *surface);
/* The log as lines, for a failure's message; valid until the end of the case. */
const char *seat_describe(const struct seat *seat);

#endif
