#ifndef COMPOSITOR_NODE_H
#define COMPOSITOR_NODE_H

/* Whose a scene node is: the one place that says so. */

#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_scene.h>
#include "compositor/instance.h"

enum node_kind {
	NODE_WINDOW,  /* a window's frame and everything in it; object: struct window */
	NODE_POPUP,   /* object: struct popup */
	NODE_LAYER,   /* object: struct layer */
	NODE_STRIP,   /* object: struct strip_line */
	NODE_MODAL,   /* owners and prompts; no object */
	NODE_DRAG,    /* drag icons, on a layer of the scene: shown, and never hit; no object */
};

struct node {
	enum node_kind kind;
	struct instance *instance; /* NULL for the compositor's own */
	void *object;
};

/* Marks a node and all below it. Freed with the node. */
void node_attach(struct wlr_scene_node *scene_node, enum node_kind kind, struct instance *instance, void *object);
/* The nearest mark from this node upward, or NULL. */
const struct node *node_of(struct wlr_scene_node *scene_node);

struct node_hit {
	const struct node *node;     /* NULL: nobody's */
	struct wlr_surface *surface; /* NULL: the compositor's own pixels (frame, strip, modal) */
	double sx, sy;               /* in the surface */
};
/* What is at this point of the layout. A surface of an instance other than its node's never comes out. */
struct node_hit node_at(struct wlr_scene *scene, double lx, double ly);

#endif
