#include "compositor/shade.h"

#include "compositor/node.h"

struct wlr_scene_tree *shade_create(struct scene *scene, struct outputs *outputs, float opacity) {
	struct wlr_scene_tree *tree = wlr_scene_tree_create(scene->modal);
	if (tree == NULL) {
		return NULL;
	}
	node_attach(&tree->node, NODE_MODAL, NULL, NULL);
	float color[4];
	scene_color(0x000000, opacity, color);
	struct output *output;
	wl_list_for_each(output, &outputs->list, link) {
		const struct box *box = &output->below_strip;
		if (box_is_empty(box)) {
			continue;
		}
		struct wlr_scene_rect *rect = wlr_scene_rect_create(tree, box->width, box->height, color);
		if (rect != NULL) {
			wlr_scene_node_set_position(&rect->node, box->x, box->y);
		}
	}
	return tree;
}
