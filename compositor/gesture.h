#ifndef COMPOSITOR_GESTURE_H
#define COMPOSITOR_GESTURE_H

/* Swipes, pinches and holds of a touchpad (pointer-gestures-unstable-v1): handed on to who has the pointer. */

#include <wlr/types/wlr_cursor.h>
#include "compositor/gate.h"
#include "compositor/routing.h"

struct gestures;

/* wlr_cursor is borrowed: its devices make the gestures. */
struct gestures *gestures_create(
	struct wl_display *display, struct gate *gate, struct routing *routing, struct wlr_cursor *wlr_cursor);
void gestures_destroy(struct gestures *gestures);
struct wlr_pointer_gestures_v1 *gestures_get_manager(struct gestures *gestures);

#endif
