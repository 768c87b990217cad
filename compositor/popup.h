#ifndef COMPOSITOR_POPUP_H
#define COMPOSITOR_POPUP_H

/*
 * Popups: framed in their instance's colour, on the output, below the strip, above all windows, whatever their
 * positioner says (attack P3).
 */

#include "compositor/node.h"
#include "compositor/window.h"

struct popups;

struct popups *popups_create(struct windows *windows, struct scene *scene, struct outputs *outputs);
void popups_destroy(struct popups *popups);
/* Ends every popup of the instance (NULL: of all): on focus switches and Super+Escape. */
void popups_dismiss(struct popups *popups, struct instance *instance);

/* The window that a popup's node hangs on in the end; NULL for a layer surface's, and for any other node. */
struct window *window_from_popup_node(const struct node *node);

/*
 * For layer.c. A popup of the shell that was made without a parent belongs to this layer surface, whose scene tree
 * and output these are; above is the layer it goes into. The tree outlives the popup: wlroots ends the popups of a
 * layer surface before it.
 */
void popups_adopt(struct popups *popups, struct wlr_xdg_popup *wlr_popup, struct wlr_scene_tree *surface_tree,
	struct output *output, struct wlr_scene_tree *above);
/* The layer surface has moved, and its popups with it. */
void popups_follow(struct popups *popups, const struct wlr_scene_tree *surface_tree);

#endif
