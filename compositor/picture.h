#ifndef COMPOSITOR_PICTURE_H
#define COMPOSITOR_PICTURE_H

/*
 * Whose picture is painted, and when: one output's after the other's, each in slices, one in each turn of the loop and
 * after the clients' requests. So a request waits for a slice at most, and no flood of requests stops a picture. What
 * clients and we have to hear or do for a picture is done when it takes the state of the scene. doc/fairness.md.
 */

#include <wlr/types/wlr_scene.h>
#include "compositor/fairness.h"
#include "compositor/record.h"

struct pictures;
struct picture;

struct picture_handler {
	void (*taking)(void *data); /* the state of the scene is about to be taken: what it shows may still be put right */
	void (*taken)(void *data);
};

/*
 * recorder: NULL where the renderer hands its work over to a graphics card. Both are borrowed. clock: in ns; NULL for the
 * kernel's.
 */
struct pictures *pictures_create(struct wl_event_loop *loop, struct fairness *fairness, struct recorder *recorder,
	int64_t (*clock)(void));
/* After all pictures. NULL is allowed. */
void pictures_destroy(struct pictures *pictures);
/* To be called in each turn of the loop. Returns whether there is more to paint, so that the loop should not wait. */
bool pictures_turn(struct pictures *pictures);

struct picture *picture_create(struct pictures *pictures, struct wlr_scene_output *scene_output,
	const struct picture_handler *handler, void *data);
/* Before the scene's output goes. What is under way is dropped. NULL is allowed. */
void picture_destroy(struct picture *picture);
/* The output wants a frame. It has one in turn, for which the loop wakes if need be; the one under way is as good. */
void picture_want(struct picture *picture);

#endif
