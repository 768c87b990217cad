#ifndef COMPOSITOR_SEAT_H
#define COMPOSITOR_SEAT_H

/*
 * An instance's own wl_seat with its own virtual keyboard: wlroots keeps focus, grabs, selections and drags per
 * seat, so all of that is apart by construction. Only this file and routing.c speak to a wlr_seat's input.
 */

#include <stdbool.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_seat.h>
#include "compositor/gate.h"
#include "compositor/instance.h"

struct seat {
	struct wlr_seat *wlr;
	struct instance *instance;
	struct wlr_keyboard keyboard; /* virtual: locks, latches and layout belong to the instance */
	/* The present selection was set while the instance had the focus and recent input: it may be taken. */
	bool selection_by_person;
	struct seat_private *priv;
};

/* All seats: one for each instance, made and ended with it, the shell's included. */
struct seats {
	struct {
		struct wl_signal selection;  /* struct seat *: it has another selection */
		struct wl_signal set_cursor; /* struct wlr_seat_pointer_request_set_cursor_event *; seat->data is the struct seat */
		struct wl_signal start_drag; /* struct wlr_drag *: has begun; drag->seat->data is the struct seat */
		struct wl_signal layout;     /* struct seat *: another xkb layout is active */
	} events;
	struct seats_private *priv;
};

struct seats *seats_create(struct wl_display *display, struct gate *gate, struct instances *instances);
void seats_destroy(struct seats *seats);
/* For every seat, now and later. layouts: the config's "us,de", for the strip; copied. */
void seats_set_keymap(struct seats *seats, struct xkb_keymap *keymap, const char *layouts, int32_t repeat_rate,
	int32_t repeat_delay);
/* There is a touch screen. */
void seats_set_touch(struct seats *seats, bool has_touch);
/* The person pressed elsewhere: popup grabs end on every seat but this one (NULL: on all). */
void seats_end_popup_grabs(struct seats *seats, const struct seat *except);

/*
 * Keyboard focus comes to a surface of this instance, with no key held; NULL takes it away, ends every popup grab
 * and drag of this seat, and clears depressed and latched modifiers.
 */
void seat_enter(struct seat *seat, struct wlr_surface *surface);
/* A key that keys.c gave to this instance. keymap is the device's: the virtual keyboard follows it. */
void seat_key(struct seat *seat, uint32_t time_msec, uint32_t keycode, bool pressed, struct xkb_keymap *keymap);
/* A device that says its modifiers apart from its keys (the shell's virtual keyboards); Super is the caller's to leave out. */
void seat_modifiers(struct seat *seat, const struct wlr_keyboard_modifiers *modifiers, struct xkb_keymap *keymap);
/* Ends popup grabs, drags and pointer buttons held, and clears pointer focus. Always safe. */
void seat_end_grabs(struct seat *seat);
/* Ends a drag; its source hears that it was cancelled. */
void seat_end_drag(struct seat *seat);
/* A drag by pointer or touch is on, and no other grab has taken its place. */
bool seat_is_dragging(const struct seat *seat, enum wlr_drag_grab_type type);

/* A button or finger was delivered: see seat_is_active(). seat_key() does it itself. */
void seat_touch_input(struct seat *seat);
/* It has the keyboard, and a real key, button or finger was delivered in the last SEAT_RECENT_MS. */
bool seat_is_active(const struct seat *seat);
#define SEAT_RECENT_MS 5000

/* The active xkb layout in the config's short form, such as "us", into out. Returns out. */
const char *seat_layout_short(struct seat *seat, char *out, size_t size);
void seat_layout_next(struct seat *seat);

#endif
