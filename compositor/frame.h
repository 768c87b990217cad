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

/* It shows nothing before its first frame_update(). The instance outlives it. NULL where there is no memory. */
struct frame *frame_create(struct wlr_scene_tree *parent, struct painter *painter, struct instance *instance);
/* With its tree and what is left in it. NULL is allowed. */
void frame_destroy(struct frame *frame);

struct wlr_scene_tree *frame_get_tree(struct frame *frame);
/* Its origin is the content box's top left corner. */
struct wlr_scene_tree *frame_get_content(struct frame *frame);

/* FRAME_COVER: fullscreen as `cover` shows it: no band, an edge of BORDER_WIDTH, above the content as ever. */
/* FRAME_BARE: fullscreen below the strip, which says whose it is: the content has the whole box. */
enum frame_style { FRAME_WINDOW, FRAME_COVER, FRAME_BARE };
struct frame_look {
	struct box box;    /* layout coordinates, the whole frame */
	/*
	 * output->full of the output it is on: only with it do the band's pixels fall on those of a fractional scale. Of a
	 * band that leaves it on either side, the part that is on it shows the name and the title. Empty: no output.
	 */
	struct box output;
	/* Of that, what no panel of the shell's lies on: there the name and the title are to be read. Empty: all of it. */
	struct box room;
	enum frame_style style;
	double scale;      /* of that output; 0 counts as 1 */
	bool focused, urgent, not_answering, frozen;
	const char *title; /* cleaned by label_clean(); copied; NULL as "" */
};
/*
 * Draws only what changed. A title that changes faster than its output shows frames is drawn once a frame, so that
 * no client has the compositor paint more than it shows.
 */
void frame_update(struct frame *frame, const struct frame_look *look);
/* The instance's colour changed. */
void frame_recolor(struct frame *frame);

#endif
