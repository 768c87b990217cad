#include "compositor/painting.h"

#include <stdlib.h>
#include <wlr/types/wlr_damage_ring.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/region.h>

#include "base/memory.h"

/* How long a piece may take, and how many pixels the first of each kind has: a copied pixel is a hundred times cheaper
 * than one that is turned and blended. */
#define PIECE_NS 15000
#define PIECE_FIRST 2048
#define PIECE_MAX (1 << 20)

struct painting {
	struct wlr_scene_output *scene_output;
	struct wlr_output_state state;
	struct recording *recording; /* NULL: painted already */
	size_t left;    /* of the recording, after the last piece */
	int64_t pixels; /* for the next piece */
	int captures;   /* of the output, when it began */
	bool stale;
	struct wl_listener commit;
};

/* Who captures the output locks it, for the next picture or for longer, and may want the pointer in it. */
static int count_captures(const struct wlr_output *output) {
	return output->attach_render_locks + output->software_cursor_locks;
}

/* Another commit than ours: what was taken of the scene is not for this output as it is now. */
static void handle_commit(struct wl_listener *listener, void *data) {
	struct painting *painting = wl_container_of(listener, painting, commit);
	const struct wlr_output_event_commit *event = data;
	painting->stale |= (event->state->committed & (WLR_OUTPUT_STATE_BUFFER | WLR_OUTPUT_STATE_MODE |
		WLR_OUTPUT_STATE_ENABLED | WLR_OUTPUT_STATE_SCALE | WLR_OUTPUT_STATE_TRANSFORM |
		WLR_OUTPUT_STATE_RENDER_FORMAT)) != 0;
}

static void end(struct painting *painting) {
	wl_list_remove(&painting->commit.link);
	recording_destroy(painting->recording);
	wlr_output_state_finish(&painting->state);
	free(painting);
}

struct painting *painting_begin(struct wlr_scene_output *scene_output, struct recorder *recorder) {
	struct painting *painting = xcalloc(1, sizeof(*painting));
	painting->scene_output = scene_output;
	painting->captures = count_captures(scene_output->output);
	painting->commit.notify = handle_commit;
	wl_signal_add(&scene_output->output->events.commit, &painting->commit);
	wlr_output_state_init(&painting->state);
	if (recorder != NULL) {
		recorder_begin(recorder);
	}
	bool ok = wlr_scene_output_build_state(scene_output, &painting->state, NULL);
	painting->recording = recorder != NULL ? recorder_end(recorder) : NULL;
	if (!ok) {
		end(painting);
		return NULL;
	}
	painting->left = painting->recording != NULL ? recording_count_left(painting->recording) : 0;
	painting->pixels = PIECE_FIRST;
	return painting;
}

/* For the next piece, from what the last one took. */
static void learn(struct painting *painting, int64_t taken) {
	size_t left = recording_count_left(painting->recording);
	if (left != painting->left) {
		painting->left = left;
		painting->pixels = PIECE_FIRST;
	} else if (taken > PIECE_NS) {
		painting->pixels = painting->pixels / 2 > 1 ? painting->pixels / 2 : 1;
	} else if (taken < PIECE_NS / 4 && painting->pixels < PIECE_MAX) {
		painting->pixels *= 4;
	}
}

enum painting_progress painting_go_on(struct painting *painting, int64_t (*clock)(void), int64_t until) {
	if (painting->stale || count_captures(painting->scene_output->output) > painting->captures) {
		return PAINTING_STALE;
	}
	int64_t time = clock();
	while (painting->recording != NULL && recording_count_left(painting->recording) > 0) {
		if (!recording_paint(painting->recording, painting->pixels)) {
			return PAINTING_FAILED;
		}
		int64_t began = time;
		time = clock();
		learn(painting, time - began);
		if (time >= until && recording_count_left(painting->recording) > 0) {
			return PAINTING_UNDER_WAY;
		}
	}
	return PAINTING_WHOLE;
}

/* In the coordinates of output.events.damage, by which wlr_scene also hears of software cursors. */
static void damage(struct wlr_output *output, const pixman_region32_t *region) {
	if (pixman_region32_not_empty(region)) {
		struct wlr_output_event_damage event = {.output = output, .damage = region};
		wl_signal_emit_mutable(&output->events.damage, &event);
	}
}

/*
 * What was damaged since the painting began is in the ring, which a new buffer turns. But for a commit wlr_scene takes all
 * that this one's damage covers for shown: the same area has to be named again, or it would have no frame, and the
 * backend would not hear of it.
 */
static void damage_again(struct wlr_scene_output *scene_output) {
	struct wlr_output *output = scene_output->output;
	pixman_region32_t region;
	pixman_region32_init(&region);
	wlr_region_transform(&region, &scene_output->damage_ring.current, output->transform, output->width, output->height);
	damage(output, &region);
	pixman_region32_fini(&region);
}

bool painting_show(struct painting *painting) {
	struct wlr_scene_output *scene_output = painting->scene_output;
	bool ok = wlr_output_commit_state(scene_output->output, &painting->state);
	if (ok) {
		damage_again(scene_output);
	}
	end(painting);
	return ok;
}

/* The ring takes its buffer for painted. */
void painting_give_up(struct painting *painting) {
	wlr_damage_ring_add_whole(&painting->scene_output->damage_ring);
	end(painting);
}

void painting_drop(struct painting *painting) {
	struct wlr_output *output = painting->scene_output->output;
	painting_give_up(painting);
	int width, height;
	wlr_output_transformed_resolution(output, &width, &height);
	pixman_region32_t whole;
	pixman_region32_init_rect(&whole, 0, 0, (unsigned)width, (unsigned)height);
	damage(output, &whole);
	pixman_region32_fini(&whole);
}
