#ifndef COMPOSITOR_SCENE_H
#define COMPOSITOR_SCENE_H

/* The layers of the picture, from the bottom up. What is trusted is above what is not. */

#include <wlr/types/wlr_scene.h>

struct scene {
	struct wlr_scene *wlr;
	struct wlr_scene_tree *background;    /* the desktop's colour */
	struct wlr_scene_tree *shell_background, *shell_bottom; /* layer shell */
	struct wlr_scene_tree *tiled;
	struct wlr_scene_tree *floating;
	struct wlr_scene_tree *shell_top;
	struct wlr_scene_tree *fullscreen;
	struct wlr_scene_tree *popups;
	struct wlr_scene_tree *shell_overlay;
	struct wlr_scene_tree *drag;          /* drag icons */
	struct wlr_scene_tree *strip;
	struct wlr_scene_tree *modal;         /* owners, prompts */
};

struct scene *scene_create(void);
void scene_destroy(struct scene *scene);

/* 0xRRGGBB to wlr_scene's premultiplied floats. */
void scene_color(uint32_t color, float alpha, float out[static 4]);

#endif
