#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_output.h>
#include <wlr/render/allocator.h>
#include <wlr/render/pixman.h>

#include "compositor/picture.h"

/* Outputs of a headless backend side by side, each with some rectangles, and the turns of a loop by hand. */

#define OUTPUTS 2
#define RECTS 6
#define TURNS_MAX 1000

/* ---- what is charged ---- */

struct fairness {
	int pictures, slices;
	bool in_slice;
};

void fairness_begin_picture(struct fairness *fairness) {
	assert_true(fairness->in_slice);
	fairness->pictures++;
}

void fairness_add_painted(struct fairness *fairness, struct wl_client *client, int64_t pixels) {
	fail();
}

void fairness_begin_slice(struct fairness *fairness) {
	assert_false(fairness->in_slice);
	fairness->in_slice = true;
	fairness->slices++;
}

void fairness_end_slice(struct fairness *fairness) {
	assert_true(fairness->in_slice);
	fairness->in_slice = false;
}

/* ---- the stage ---- */

struct place {
	struct world *world;
	struct wlr_output *output;
	struct wlr_scene_output *scene_output;
	struct picture *picture;
	struct wlr_scene_rect *rects[RECTS];
	struct wl_listener commit;
	int commits;
};

struct world {
	struct wl_event_loop *backends, *loop; /* the backend's own, since its timers come when they like */
	struct wlr_backend *backend;
	struct wlr_renderer *renderer;
	struct recorder *recorder;
	struct wlr_allocator *allocator;
	struct wlr_scene *scene;
	struct fairness fairness;
	struct pictures *pictures;
	struct place places[OUTPUTS];
	char order[64]; /* p0: the first output's picture is about to be taken, q0: it is, c0: it is committed */
};

/* Much later at each look: a slice is one piece. */
static int64_t late(void) {
	static int64_t time;
	return time += 1000000000;
}

static void note(struct world *world, char what, const struct place *place) {
	char text[] = {what, (char)('0' + (place - world->places)), '\0'};
	if (strlen(world->order) + sizeof(text) < sizeof(world->order)) {
		strcat(world->order, text);
	}
}

static void handle_taking(void *data) {
	const struct place *place = data;
	note(place->world, 'p', place);
}

static void handle_taken(void *data) {
	const struct place *place = data;
	note(place->world, 'q', place);
}

static const struct picture_handler handler = {.taking = handle_taking, .taken = handle_taken};

static void handle_commit(struct wl_listener *listener, void *data) {
	struct place *place = wl_container_of(listener, place, commit);
	const struct wlr_output_event_commit *event = data;
	if (event->state->committed & WLR_OUTPUT_STATE_DAMAGE) {
		place->commits++;
		note(place->world, 'c', place);
	}
}

static void set_mode(struct wlr_output *output, int width, int height) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, true);
	wlr_output_state_set_custom_mode(&state, width, height, 0);
	assert_true(wlr_output_commit_state(output, &state));
	wlr_output_state_finish(&state);
}

static void add_place(struct world *world, struct place *place, int x) {
	place->world = world;
	place->output = wlr_headless_add_output(world->backend, 100, 100);
	assert_true(wlr_output_init_render(place->output, world->allocator, world->renderer));
	set_mode(place->output, 100, 100);
	place->scene_output = wlr_scene_output_create(world->scene, place->output);
	wlr_scene_output_set_position(place->scene_output, x, 0);
	for (int i = 0; i < RECTS; i++) {
		place->rects[i] = wlr_scene_rect_create(&world->scene->tree, 100, 100, (const float[]){0.1f, 0.1f, 0.1f, 0.2f});
		wlr_scene_node_set_position(&place->rects[i]->node, x, 0);
	}
	place->commit.notify = handle_commit;
	wl_signal_add(&place->output->events.commit, &place->commit);
	place->picture = picture_create(world->pictures, place->scene_output, &handler, place);
}

static void remove_place(struct place *place) {
	if (place->output == NULL) {
		return;
	}
	wl_list_remove(&place->commit.link);
	picture_destroy(place->picture);
	wlr_scene_output_destroy(place->scene_output);
	wlr_output_destroy(place->output);
	place->output = NULL;
}

static int set_up(void **state) {
	struct world *world = *state = calloc(1, sizeof(*world));
	world->loop = wl_event_loop_create();
	world->backends = wl_event_loop_create();
	world->backend = wlr_headless_backend_create(world->backends);
	world->recorder = recorder_create(wlr_pixman_renderer_create());
	world->renderer = recorder_get_renderer(world->recorder);
	world->allocator = wlr_allocator_autocreate(world->backend, world->renderer);
	world->scene = wlr_scene_create();
	world->pictures = pictures_create(world->loop, &world->fairness, world->recorder, late);
	for (int i = 0; i < OUTPUTS; i++) {
		add_place(world, &world->places[i], i * 100);
	}
	return 0;
}

static int tear_down(void **state) {
	struct world *world = *state;
	for (int i = 0; i < OUTPUTS; i++) {
		remove_place(&world->places[i]);
	}
	pictures_destroy(world->pictures);
	wlr_scene_node_destroy(&world->scene->tree.node);
	wlr_backend_destroy(world->backend);
	wlr_allocator_destroy(world->allocator);
	wlr_renderer_destroy(world->renderer);
	wl_event_loop_destroy(world->loop);
	wl_event_loop_destroy(world->backends);
	free(world);
	return 0;
}

/* Returns how many turns it took. */
static int paint_all(struct world *world) {
	int turns = 1;
	while (pictures_turn(world->pictures)) {
		assert_true(turns < TURNS_MAX);
		turns++;
	}
	return turns;
}

static void change(struct place *place, int index, float alpha) {
	wlr_scene_rect_set_color(place->rects[index], (const float[]){0, 0, 0, alpha});
}

/* ---- what happens ---- */

/* Where nobody wants a frame nothing is done, and the loop may wait. */
static void test_idle(void **state) {
	struct world *world = *state;
	assert_false(pictures_turn(world->pictures));
	assert_int_equal(world->fairness.slices, 0);
	picture_want(world->places[0].picture);
	paint_all(world);
	assert_int_equal(world->places[0].commits, 1);
	/* The backend's next frame: nothing has changed, which is one turn, and no commit. */
	picture_want(world->places[0].picture);
	assert_false(pictures_turn(world->pictures));
	assert_int_equal(world->places[0].commits, 1);
	assert_string_equal(world->order, "p0q0c0p0q0");
}

static bool wakes(struct world *world) {
	struct pollfd poll_fd = {.fd = wl_event_loop_get_fd(world->loop), .events = POLLIN};
	return poll(&poll_fd, 1, 0) > 0;
}

/* A loop that is about to wait, and has looked here already, looks once more; and then waits. */
static void test_wakes(void **state) {
	struct world *world = *state;
	assert_false(wakes(world));
	picture_want(world->places[0].picture);
	assert_true(wakes(world));
	wl_event_loop_dispatch(world->loop, 0);
	assert_false(wakes(world));
	paint_all(world);
	assert_false(wakes(world));
}

/* One after the other, in the order of asking, each in its slices. */
static void test_in_turn(void **state) {
	struct world *world = *state;
	picture_want(world->places[1].picture);
	picture_want(world->places[0].picture);
	picture_want(world->places[1].picture);
	assert_true(pictures_turn(world->pictures));
	picture_want(world->places[1].picture);
	int turns = paint_all(world);
	assert_true(turns > 2 * RECTS);
	assert_string_equal(world->order, "p1q1c1p0q0c0");
	assert_int_equal(world->fairness.pictures, 2);
	assert_int_equal(world->fairness.slices, turns + 1);
}

/* A change during the painting is for the next frame, which the output is asked for. */
static void test_change(void **state) {
	struct world *world = *state;
	struct place *place = &world->places[0];
	picture_want(place->picture);
	assert_true(pictures_turn(world->pictures));
	change(place, 3, 0.5f);
	picture_want(place->picture);
	paint_all(world);
	assert_int_equal(place->commits, 1);
	assert_true(wlr_scene_output_needs_frame(place->scene_output));
	wlr_output_send_frame(place->output);
	picture_want(place->picture);
	paint_all(world);
	assert_int_equal(place->commits, 2);
	assert_false(wlr_scene_output_needs_frame(place->scene_output));
}

/* An output goes while its picture is painted, or waits; the other has its own all the same. */
static void test_gone(void **state) {
	struct world *world = *state;
	for (int i = 0; i < OUTPUTS; i++) {
		picture_want(world->places[0].picture);
		picture_want(world->places[1].picture);
		assert_true(pictures_turn(world->pictures));
		remove_place(&world->places[i]);
		paint_all(world);
		assert_int_equal(world->places[1 - i].commits, 1);
		add_place(world, &world->places[i], i * 100);
		world->places[0].commits = world->places[1].commits = 0;
		change(&world->places[1 - i], 0, 0.7f);
	}
}

/* All of it ends while a picture is painted. */
static void test_end(void **state) {
	struct world *world = *state;
	picture_want(world->places[0].picture);
	picture_want(world->places[1].picture);
	assert_true(pictures_turn(world->pictures));
}

/* Whoever makes pictures stale again and again, with captures or modes, does not stop them: each second one is painted in one go. */
static void test_stale(void **state) {
	struct world *world = *state;
	struct place *place = &world->places[0];
	for (int i = 0; i < 3; i++) {
		change(place, 0, 0.3f + 0.1f * (float)i);
		picture_want(place->picture);
		assert_true(pictures_turn(world->pictures));
		wlr_output_lock_attach_render(place->output, true);
		paint_all(world);
		assert_int_equal(place->commits, i);
		picture_want(place->picture);
		assert_false(pictures_turn(world->pictures));
		assert_int_equal(place->commits, i + 1);
	}
	change(place, 0, 0.9f);
	picture_want(place->picture);
	assert_true(pictures_turn(world->pictures));
	set_mode(place->output, 60, 60);
	paint_all(world);
	assert_int_equal(place->commits, 3);
	picture_want(place->picture);
	paint_all(world);
	assert_int_equal(place->commits, 4);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_idle, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wakes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_in_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stale, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
