#ifndef COMPOSITOR_LAYER_H
#define COMPOSITOR_LAYER_H

/*
 * Layer shell, for the trusted shell alone: panels, menus, wallpapers, notifications. They take their place from
 * the outputs' usable boxes. Nothing of them is above the strip.
 */

#include "compositor/focus.h"
#include "compositor/gate.h"
#include "compositor/node.h"
#include "compositor/popup.h"

struct layer;
struct layers;

struct layers *layers_create(struct wl_display *display, struct gate *gate, struct scene *scene,
	struct outputs *outputs, struct focus *focus, struct popups *popups);
void layers_destroy(struct layers *layers);

/* The layer surface that a node belongs to; NULL for any other node, a popup's included. */
struct layer *layer_from_node(const struct node *node);
/* A button or finger came down on it: it takes the keyboard where it wants it on demand or always. */
void layer_clicked(struct layer *layer);

#endif
