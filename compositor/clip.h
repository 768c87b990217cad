#ifndef COMPOSITOR_CLIP_H
#define COMPOSITOR_CLIP_H

/*
 * A client's surface with all its subsurfaces, shown in a box that none of their pixels leaves (attack P1). The scene
 * of wlroots 0.20 can clip such a tree, but not all of it: a subsurface's own children keep the place of their clip
 * when it moves, and surfaces that are turned make it abort. This file watches for both.
 */

#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_scene.h>

struct clip;

/* Nothing shows until clip_show(). Destroy it before the parent's node; that the surface ends before is fine. */
struct clip *clip_create(struct wlr_scene_tree *parent, struct wlr_surface *surface);
void clip_destroy(struct clip *clip);

/*
 * Shows what lies in the box of width × height whose left upper corner is x, y in the surface (the client's window
 * geometry, any value of int), with that corner at the parent's origin. A box without a pixel shows nothing.
 */
void clip_show(struct clip *clip, int x, int y, int width, int height);

#endif
