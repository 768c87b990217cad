#ifndef COMPOSITOR_TOUCH_H
#define COMPOSITOR_TOUCH_H

/* Fingers on touch screens: each is its surface's from when it comes down to when it is lifted. */

#include <wlr/types/wlr_cursor.h>
#include "compositor/click.h"
#include "compositor/device.h"
#include "compositor/drag.h"
#include "compositor/idle.h"
#include "compositor/routing.h"

struct touches;

/* wlr_cursor is borrowed: its devices are the screens. */
struct touches *touches_create(struct wlr_cursor *wlr_cursor, struct devices *devices, struct scene *scene,
	struct clicks *clicks, struct drags *drags, struct routing *routing, struct idle *idle);
void touches_destroy(struct touches *touches);

#endif
