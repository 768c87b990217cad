#ifndef COMPOSITOR_ROUTING_H
#define COMPOSITOR_ROUTING_H

/*
 * Picks the seat: keys go to the seat of the instance that has the focus, pointer and touch to the seat of the
 * instance whose surface is under them (or was, when the button or finger went down). No other file sends input.
 */

#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_pointer_gestures_v1.h>
#include <wlr/types/wlr_relative_pointer_v1.h>
#include "compositor/focus.h"
#include "compositor/node.h"
#include "compositor/seat.h"

struct routing;

struct routing *routing_create(struct focus *focus);
void routing_destroy(struct routing *routing);
/* Both are borrowed, and NULL until set: nothing of their kind is sent then. */
void routing_set_managers(struct routing *routing, struct wlr_pointer_gestures_v1 *gestures,
	struct wlr_relative_pointer_manager_v1 *relative);

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
/* The same where the scene moved and the pointer did not: a client hears of it only where anything changed for it. */
void routing_pointer_rebase(struct routing *routing, uint32_t time_msec, const struct node_hit *hit, double lx, double ly);
/* The device's own motion, to the surface that has the pointer (attack F6). */
void routing_pointer_relative(struct routing *routing, const struct wlr_pointer_motion_event *event);
/* The pointer was put elsewhere on the surface that has it, at the wish of that surface's client: no motion is sent. */
void routing_pointer_warp(struct routing *routing, double sx, double sy);
/* Returns false where nobody got it: a release whose press was not sent is never sent. */
bool routing_pointer_button(struct routing *routing, uint32_t time_msec, uint32_t button,
	enum wl_pointer_button_state state);
void routing_pointer_axis(struct routing *routing, const struct wlr_pointer_axis_event *event);
void routing_pointer_frame(struct routing *routing);
/* A button that was sent down is still held: the implicit grab. */
bool routing_pointer_is_grabbed(const struct routing *routing);
/* A drag of this seat's follows the pointer: what is under it is told by the drag alone. */
bool routing_pointer_is_dragging(const struct routing *routing);
/* The seat that has the pointer, or NULL. */
struct seat *routing_pointer_seat(const struct routing *routing);

/* Swipe, pinch and hold: a gesture belongs to the surface that had the pointer as it began, and is cancelled with that. */
enum routing_gesture { ROUTING_SWIPE, ROUTING_PINCH, ROUTING_HOLD };
void routing_gesture_begin(struct routing *routing, enum routing_gesture gesture, uint32_t time_msec, uint32_t fingers);
/* scale and rotation (degrees) are a pinch's only. */
void routing_gesture_update(struct routing *routing, enum routing_gesture gesture, uint32_t time_msec, double dx, double dy,
	double scale, double rotation);
void routing_gesture_end(struct routing *routing, enum routing_gesture gesture, uint32_t time_msec, bool cancelled);

void routing_touch_down(struct routing *routing, uint32_t time_msec, int32_t touch_id, const struct node_hit *hit,
	double lx, double ly);
/* hit is what the finger is over now: only a drag asks, and enters none but its own instance's surfaces. */
void routing_touch_motion(struct routing *routing, uint32_t time_msec, int32_t touch_id, const struct node_hit *hit,
	double lx, double ly);
void routing_touch_up(struct routing *routing, uint32_t time_msec, int32_t touch_id);
void routing_touch_cancel(struct routing *routing);
void routing_touch_frame(struct routing *routing);

/* Buttons and fingers held are forgotten, grabs and drags ended, pointer focus cleared, on every seat. */
void routing_end_grabs(struct routing *routing);

#endif
