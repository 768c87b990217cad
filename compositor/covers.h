#ifndef COMPOSITOR_COVERS_H
#define COMPOSITOR_COVERS_H

/* The owners view's covers: every window of an output in its instance's colour, with the name in large letters. */

#include "compositor/choices.h"

struct covers_label {
	const char *name, *facts;
	uint32_t text_color;
};
/* In what part of a cover of width × height its label is drawn, from its corner; empty where it has no room. */
struct box covers_label_place(int width, int height);
/* On a canvas of that place's size. */
void covers_label_draw(struct paint *paint, const struct covers_label *label);

/*
 * Draws into this tree, whose origin is the layout's, a cover for each part of a window that is to be seen on the output:
 * as they stand on each other, but the selected one, which gets an outline, before all. Labels keep away from avoid,
 * which may be NULL.
 */
void covers_add(struct wlr_scene_tree *tree, struct painter *painter, struct desk *desk, struct output *output,
	const struct choices *choices, const struct box *avoid);

#endif
