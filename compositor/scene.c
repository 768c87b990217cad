#include "compositor/scene.h"

#include <stdlib.h>

#include "base/memory.h"

struct scene *scene_create(void) {
	struct scene *scene = xcalloc(1, sizeof(*scene));
	scene->wlr = wlr_scene_create();
	if (scene->wlr == NULL) {
		free(scene);
		return NULL;
	}
	struct wlr_scene_tree **layers[] = {
		&scene->background, &scene->shell_background, &scene->shell_bottom, &scene->tiled, &scene->floating,
		&scene->shell_top, &scene->fullscreen, &scene->popups, &scene->shell_overlay, &scene->drag,
		&scene->strip, &scene->modal,
	};
	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
		*layers[i] = wlr_scene_tree_create(&scene->wlr->tree);
		if (*layers[i] == NULL) {
			scene_destroy(scene);
			return NULL;
		}
	}
	return scene;
}

void scene_destroy(struct scene *scene) {
	if (scene == NULL) {
		return;
	}
	wlr_scene_node_destroy(&scene->wlr->tree.node);
	free(scene);
}

void scene_color(uint32_t color, float alpha, float out[static 4]) {
	out[0] = (float)(color >> 16 & 0xff) / 255 * alpha;
	out[1] = (float)(color >> 8 & 0xff) / 255 * alpha;
	out[2] = (float)(color & 0xff) / 255 * alpha;
	out[3] = alpha;
}
