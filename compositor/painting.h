#ifndef COMPOSITOR_PAINTING_H
#define COMPOSITOR_PAINTING_H

/*
 * One picture of one output, from what the scene shows when it begins to the commit. With a recorder it is painted in
 * slices, between which the loop turns and the scene may change: that is for the next picture. Without one it is painted
 * at once, as the graphics card's driver wants it.
 */

#include <stdint.h>
#include <wlr/types/wlr_scene.h>
#include "compositor/record.h"

struct painting;

enum painting_progress {
	PAINTING_UNDER_WAY,
	PAINTING_WHOLE,  /* to be shown */
	PAINTING_STALE,  /* to be dropped: the output became another one, or somebody asked for a newer picture of it */
	PAINTING_FAILED, /* to be dropped */
};

/* Takes the state of the scene. NULL where there is no buffer for it. recorder may be NULL. */
struct painting *painting_begin(struct wlr_scene_output *scene_output, struct recorder *recorder);
/* Paints until the clock, which is in ns, is at until or all is painted: a piece at least, and at most one beyond it. */
enum painting_progress painting_go_on(struct painting *painting, int64_t (*clock)(void), int64_t until);
/* Commits a whole picture, and ends it. Returns whether the output took it. What changed meanwhile has its frame then. */
bool painting_show(struct painting *painting);
/* Ends it; the output is painted anew, wholly. To be called before the scene's output goes. */
void painting_drop(struct painting *painting);
/* The same, but not before something changes. */
void painting_give_up(struct painting *painting);

#endif
