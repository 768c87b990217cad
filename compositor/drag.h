#ifndef COMPOSITOR_DRAG_H
#define COMPOSITOR_DRAG_H

/*
 * What a drag shows beside the pointer or the finger: opaque, clipped to a bounded box, framed in its instance's colour,
 * never far from where the person points, and never in the way of what is below it (attack C7).
 */

#include "compositor/node.h"
#include "compositor/scene.h"
#include "compositor/seat.h"

#define DRAG_ICON_SIZE_MAX 256  /* logical px, either way */
#define DRAG_ICON_DISTANCE 64   /* px from the pointer at most */
#define DRAG_ICON_BORDER_WIDTH 2

struct drags;

struct drags *drags_create(struct seats *seats, struct scene *scene);
void drags_destroy(struct drags *drags);
/* Layout coordinates: where the pointer is, where a finger is. */
void drags_follow_pointer(struct drags *drags, double lx, double ly);
void drags_follow_touch(struct drags *drags, int32_t touch_id, double lx, double ly);

#endif
