#include "compositor/scene.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compositor/paint.h"

#define DESKTOP_SIZE (1 << 20) /* px */

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
	/* Larger than any layout of outputs: what nothing else covers. */
	float color[4];
	scene_color(COLOR_DESKTOP, 1, color);
	struct wlr_scene_rect *desktop = wlr_scene_rect_create(scene->background, DESKTOP_SIZE, DESKTOP_SIZE, color);
	if (desktop == NULL) {
		scene_destroy(scene);
		return NULL;
	}
	wlr_scene_node_set_position(&desktop->node, -DESKTOP_SIZE / 2, -DESKTOP_SIZE / 2);
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
