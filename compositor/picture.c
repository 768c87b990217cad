#include "compositor/picture.h"

#include <stdlib.h>
#include <time.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_presentation_time.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/alarm.h"
#include "compositor/painting.h"

/* As much as an instance's bite: a request waits for one slice, and for one bite of each of the others. */
#define SLICE_NS 40000
#define AT_ONCE 1 /* ns of the alarm's clock: long ago */

struct picture {
	struct pictures *pictures;
	struct wlr_scene_output *scene_output;
	const struct picture_handler *handler;
	void *data;
	bool waiting;    /* is in pictures.waiting */
	bool again;      /* a frame was wanted while this one was painted */
	bool at_once;    /* the next one: the last was dropped, and that shall not happen for ever */
	struct wl_list link; // pictures.waiting
};

struct pictures {
	struct fairness *fairness;
	struct recorder *recorder; /* or NULL */
	int64_t (*clock)(void);
	struct alarm *alarm;
	struct wl_list waiting;    // picture.link; who wanted a frame first comes first
	struct picture *current;   /* whose painting is under way; or NULL */
	struct painting *painting;
};

/* Not its place, but how much of the output it can be at most. */
static int64_t count_pixels(const struct wlr_scene_buffer *buffer, const struct wlr_output *output) {
	int width = buffer->dst_width < output->width ? buffer->dst_width : output->width;
	int height = buffer->dst_height < output->height ? buffer->dst_height : output->height;
	return (int64_t)width * height;
}

/*
 * A surface on this output is part of the frame, whether or not any of its pixels are painted anew: the scene counts only
 * those that are, and would tell the others with a frame that the victim or the pointer causes (attack F8).
 */
static void sample(struct wlr_scene_buffer *buffer, int sx, int sy, void *data) {
	const struct picture *picture = data;
	struct wlr_output *output = picture->scene_output->output;
	struct wlr_scene_surface *scene_surface = wlr_scene_surface_try_from_buffer(buffer);
	if (scene_surface != NULL) {
		wlr_presentation_surface_textured_on_output(scene_surface->surface, output);
		fairness_add_painted(picture->pictures->fairness, wl_resource_get_client(scene_surface->surface->resource),
			count_pixels(buffer, output));
	}
}

/*
 * Takes the state of the scene: all that is said of it is said now. Surfaces hear that they were taken before they are
 * painted, so that a costly picture is no time lost for those that wait to draw their next one.
 */
static void begin(struct picture *picture) {
	struct pictures *pictures = picture->pictures;
	struct wlr_scene_output *scene_output = picture->scene_output;
	picture->again = false;
	picture->handler->taking(picture->data);
	fairness_begin_picture(pictures->fairness);
	wlr_scene_output_for_each_buffer(scene_output, sample, picture);
	if (wlr_scene_output_needs_frame(scene_output)) {
		pictures->painting = painting_begin(scene_output, pictures->recorder);
		pictures->current = pictures->painting != NULL ? picture : NULL;
	}
	picture->handler->taken(picture->data);
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	wlr_scene_output_send_frame_done(scene_output, &now);
}

static void begin_next(struct pictures *pictures) {
	struct picture *picture = wl_container_of(pictures->waiting.next, picture, link);
	wl_list_remove(&picture->link);
	picture->waiting = false;
	begin(picture);
}

static void go_on(struct pictures *pictures, int64_t until) {
	struct picture *picture = pictures->current;
	struct painting *painting = pictures->painting;
	enum painting_progress progress = painting_go_on(painting, pictures->clock, picture->at_once ? INT64_MAX : until);
	if (progress == PAINTING_UNDER_WAY) {
		return;
	}
	pictures->current = NULL;
	pictures->painting = NULL;
	picture->at_once = progress == PAINTING_STALE;
	if (progress == PAINTING_STALE) {
		painting_drop(painting);
	} else if (progress == PAINTING_FAILED) {
		painting_give_up(painting);
	} else if (!painting_show(painting) && picture->again) {
		wlr_output_schedule_frame(picture->scene_output->output);
	}
}

bool pictures_turn(struct pictures *pictures) {
	if (pictures->current == NULL && wl_list_empty(&pictures->waiting)) {
		return false;
	}
	int64_t until = pictures->clock() + SLICE_NS;
	fairness_begin_slice(pictures->fairness);
	if (pictures->current == NULL) {
		begin_next(pictures);
	}
	if (pictures->current != NULL) {
		go_on(pictures, until);
	}
	fairness_end_slice(pictures->fairness);
	return pictures->current != NULL || !wl_list_empty(&pictures->waiting);
}

/* Frames are often due where the loop does other things before it waits: then it would not look here before. */
void picture_want(struct picture *picture) {
	if (picture->pictures->current == picture) {
		picture->again = true;
	} else if (!picture->waiting) {
		picture->waiting = true;
		wl_list_insert(picture->pictures->waiting.prev, &picture->link);
		alarm_set(picture->pictures->alarm, AT_ONCE);
	}
}

struct picture *picture_create(struct pictures *pictures, struct wlr_scene_output *scene_output,
		const struct picture_handler *handler, void *data) {
	struct picture *picture = xcalloc(1, sizeof(*picture));
	picture->pictures = pictures;
	picture->scene_output = scene_output;
	picture->handler = handler;
	picture->data = data;
	return picture;
}

void picture_destroy(struct picture *picture) {
	if (picture == NULL) {
		return;
	}
	struct pictures *pictures = picture->pictures;
	if (pictures->current == picture) {
		painting_give_up(pictures->painting);
		pictures->painting = NULL;
		pictures->current = NULL;
	}
	if (picture->waiting) {
		wl_list_remove(&picture->link);
	}
	free(picture);
}

static int64_t real_clock(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

struct pictures *pictures_create(struct wl_event_loop *loop, struct fairness *fairness, struct recorder *recorder,
		int64_t (*clock)(void)) {
	struct pictures *pictures = xcalloc(1, sizeof(*pictures));
	pictures->fairness = fairness;
	pictures->recorder = recorder;
	pictures->clock = clock != NULL ? clock : real_clock;
	pictures->alarm = alarm_create(loop);
	if (pictures->alarm == NULL) {
		log_error("no timer for pictures");
		abort();
	}
	wl_list_init(&pictures->waiting);
	return pictures;
}

void pictures_destroy(struct pictures *pictures) {
	if (pictures == NULL) {
		return;
	}
	alarm_destroy(pictures->alarm);
	free(pictures);
}
