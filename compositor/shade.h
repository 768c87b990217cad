#ifndef COMPOSITOR_SHADE_H
#define COMPOSITOR_SHADE_H

/* What prompts and the owners view stand on: everything but the strip dimmed, on every output. */

#include "compositor/output.h"
#include "compositor/scene.h"

/*
 * A new tree above all others, marked as NODE_MODAL so that input ends there, with a shade of this opacity over each
 * output below its strip. The caller draws into it and destroys it. NULL without memory.
 */
struct wlr_scene_tree *shade_create(struct scene *scene, struct outputs *outputs, float opacity);

#endif
