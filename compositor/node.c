#include "compositor/node.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compositor/client.h"

struct node_mark {
	struct node node;
	struct wl_listener destroy;
};

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct node_mark *mark = wl_container_of(listener, mark, destroy);
	wl_list_remove(&mark->destroy.link);
	free(mark);
}

void node_attach(struct wlr_scene_node *scene_node, enum node_kind kind, struct instance *instance, void *object) {
	struct node_mark *mark = xcalloc(1, sizeof(*mark));
	mark->node.kind = kind;
	mark->node.instance = instance;
	mark->node.object = object;
	mark->destroy.notify = handle_destroy;
	wl_signal_add(&scene_node->events.destroy, &mark->destroy);
	scene_node->data = mark;
}

const struct node *node_of(struct wlr_scene_node *scene_node) {
	/* Only node_attach() writes the data of a scene node, so whatever is there is a mark. */
	while (scene_node != NULL) {
		if (scene_node->data != NULL) {
			const struct node_mark *mark = scene_node->data;
			return &mark->node;
		}
		scene_node = scene_node->parent != NULL ? &scene_node->parent->node : NULL;
	}
	return NULL;
}

/* From the uppermost layer down, past what only accompanies the pointer. */
static struct wlr_scene_node *find_at(struct wlr_scene *scene, double lx, double ly, double *sx, double *sy) {
	struct wlr_scene_node *layer;
	wl_list_for_each_reverse(layer, &scene->tree.children, link) {
		const struct node *node = node_of(layer);
		if (node != NULL && node->kind == NODE_DRAG) {
			continue;
		}
		struct wlr_scene_node *found = wlr_scene_node_at(layer, lx, ly, sx, sy);
		if (found != NULL) {
			return found;
		}
	}
	return NULL;
}

struct node_hit node_at(struct wlr_scene *scene, double lx, double ly) {
	struct node_hit hit = {0};
	struct wlr_scene_node *scene_node = find_at(scene, lx, ly, &hit.sx, &hit.sy);
	if (scene_node == NULL) {
		return hit;
	}
	hit.node = node_of(scene_node);
	if (hit.node == NULL || scene_node->type != WLR_SCENE_NODE_BUFFER) {
		return hit;
	}
	struct wlr_scene_surface *scene_surface =
		wlr_scene_surface_try_from_buffer(wlr_scene_buffer_from_node(scene_node));
	/* The mark and the surface's own client must agree; if they ever do not, nobody gets the input. */
	if (scene_surface != NULL && hit.node->instance != NULL &&
			resource_instance(scene_surface->surface->resource) == hit.node->instance) {
		hit.surface = scene_surface->surface;
	}
	return hit;
}
