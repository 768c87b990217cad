#ifndef COMPOSITOR_FRAME_H
#define COMPOSITOR_FRAME_H

/*
 * A window's frame: border, band, opaque backing, and the content tree into which alone its client is put,
 * clipped. The frame is above its content in the scene, so nothing of the client can be drawn over it.
 */

#include "compositor/instance.h"
#include "compositor/paint.h"
#include "compositor/scene.h"
#include "policy/geometry.h"

struct frame;

struct frame *frame_create(struct wlr_scene_tree *parent, struct painter *painter, struct instance *instance);
void frame_destroy(struct frame *frame);

struct wlr_scene_tree *frame_get_tree(struct frame *frame);
/* Its origin is the content box's top left corner. */
struct wlr_scene_tree *frame_get_content(struct frame *frame);

enum frame_style { FRAME_WINDOW, FRAME_COVER };
struct frame_look {
	struct box box;    /* layout coordinates, the whole frame */
	enum frame_style style;
	double scale;      /* of the output it is on */
	bool focused, urgent, not_answering, frozen;
	const char *title; /* cleaned by label_clean(); copied */
};
/* Draws only what changed. */
void frame_update(struct frame *frame, const struct frame_look *look);
/* The instance's colour changed. */
void frame_recolor(struct frame *frame);

#endif
