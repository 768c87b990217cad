#ifndef COMPOSITOR_ROUTING_H
#define COMPOSITOR_ROUTING_H

/*
 * Picks the seat: keys go to the seat of the instance that has the focus, pointer and touch to the seat of the
 * instance whose surface is under them (or was, when the button or finger went down). No other file sends input.
 */

#include "compositor/focus.h"
#include "compositor/node.h"
#include "compositor/seat.h"

struct routing;

struct routing *routing_create(struct focus *focus);
void routing_destroy(struct routing *routing);

/* A key that policy/keys.c forwards. keymap is the device's. */
void routing_key(struct routing *routing, uint32_t time_msec, uint32_t keycode, bool pressed, struct xkb_keymap *keymap);
/* See seat_modifiers(). */
void routing_modifiers(struct routing *routing, const struct wlr_keyboard_modifiers *modifiers,
	struct xkb_keymap *keymap);

/*
 * The pointer is over this (hit->surface may be NULL: nobody's or our own pixels). While the routed seat has a
 * button down, its surface keeps the pointer and a drag only ever enters surfaces of its own seat.
 */
void routing_pointer_motion(struct routing *routing, uint32_t time_msec, const struct node_hit *hit, double lx, double ly);
/* Returns false where nobody got it: a release whose press was not sent is never sent. */
bool routing_pointer_button(struct routing *routing, uint32_t time_msec, uint32_t button,
	enum wl_pointer_button_state state);
void routing_pointer_axis(struct routing *routing, const struct wlr_pointer_axis_event *event);
void routing_pointer_frame(struct routing *routing);
/* A button that was sent down is still held: the implicit grab. */
bool routing_pointer_is_grabbed(const struct routing *routing);
/* The seat that has the pointer, or NULL. */
struct seat *routing_pointer_seat(const struct routing *routing);

void routing_touch_down(struct routing *routing, uint32_t time_msec, int32_t touch_id, const struct node_hit *hit,
	double lx, double ly);
void routing_touch_motion(struct routing *routing, uint32_t time_msec, int32_t touch_id, double lx, double ly);
void routing_touch_up(struct routing *routing, uint32_t time_msec, int32_t touch_id);
void routing_touch_cancel(struct routing *routing);
void routing_touch_frame(struct routing *routing);

/* Buttons and fingers held are forgotten, grabs and drags ended, pointer focus cleared, on every seat. */
void routing_end_grabs(struct routing *routing);

#endif
