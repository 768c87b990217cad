#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>
#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_output.h>
#include <wlr/render/allocator.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/interface.h>
#include <wlr/render/pixman.h>
#include <wlr/render/swapchain.h>
#include <wlr/types/wlr_output_layout.h>

#include "compositor/painting.h"
#include "tests/compositor/pixels.h"

/*
 * A scene on two outputs of the same kind and place. One is painted in pieces, while the scene changes between them; the
 * other shows what the scene was when the painting began: it is painted in one go and wholly. They must be the same. A
 * screen beside them takes of each picture only what the commit says is damaged, and must be the same too.
 */

#define WIDTH 120
#define HEIGHT 80
#define NODES 6
#define BUFFERS 3
#define PICTURES 40

struct world {
	struct wl_event_loop *loop;
	struct wlr_backend *backend;
	struct wlr_renderer *renderer;
	struct recorder *recorder;
	struct wlr_allocator *allocator;
	struct wlr_scene *scene;
	struct wlr_output *output, *other;
	struct wlr_scene_output *scene_output, *other_scene;
	struct wlr_buffer *buffers[BUFFERS];
	struct wlr_scene_buffer *nodes[NODES];
	struct wlr_scene_rect *rect;
	struct wlr_output_cursor *cursors[2];
	uint32_t screen[WIDTH * HEIGHT], reference[WIDTH * HEIGHT], shown[WIDTH * HEIGHT];
	struct wl_listener commit;
	size_t commits;
	uint32_t random;
};

/* Much later at each look: a slice is one piece, and each piece smaller than the last. */
static int64_t late(void) {
	static int64_t time;
	return time += 1000000000;
}

static int choose(struct world *world, int count) {
	world->random ^= world->random << 13;
	world->random ^= world->random >> 17;
	world->random ^= world->random << 5;
	return (int)(world->random % (uint32_t)count);
}

/* ---- the stage ---- */

static struct wlr_buffer *make_buffer(struct world *world, int width, int height) {
	const struct wlr_drm_format *format = wlr_drm_format_set_get(
		wlr_renderer_get_texture_formats(world->renderer, WLR_BUFFER_CAP_DATA_PTR), DRM_FORMAT_ARGB8888);
	struct wlr_buffer *buffer = wlr_allocator_create_buffer(world->allocator, width, height, format);
	assert_non_null(buffer);
	struct wlr_render_pass *pass = wlr_renderer_begin_buffer_pass(world->renderer, buffer, NULL);
	for (int i = 0; i < 30; i++) {
		float alpha = (float)choose(world, 5) / 4;
		wlr_render_pass_add_rect(pass, &(struct wlr_render_rect_options){
			.box = {choose(world, width), choose(world, height), 1 + choose(world, 20), 1 + choose(world, 20)},
			.color = {alpha * (float)choose(world, 2), alpha * (float)choose(world, 2), alpha * 0.5f, alpha},
		});
	}
	assert_true(wlr_render_pass_submit(pass));
	return buffer;
}

static void set_state(struct wlr_output *output, int width, int height, enum wl_output_transform transform, float scale) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, true);
	wlr_output_state_set_custom_mode(&state, width, height, 0);
	wlr_output_state_set_transform(&state, transform);
	wlr_output_state_set_scale(&state, scale);
	assert_true(wlr_output_commit_state(output, &state));
	wlr_output_state_finish(&state);
}

static void copy_pixels(uint32_t *to, struct wlr_buffer *buffer, const pixman_region32_t *region) {
	int count;
	const pixman_box32_t *boxes = pixman_region32_rectangles(region, &count);
	for (int i = 0; i < count; i++) {
		for (int y = boxes[i].y1; y < boxes[i].y2; y++) {
			for (int x = boxes[i].x1; x < boxes[i].x2; x++) {
				to[y * WIDTH + x] = pixel_at(buffer, x, y) & 0xffffff;
			}
		}
	}
}

static void copy_whole(uint32_t *to, struct wlr_buffer *buffer) {
	pixman_region32_t whole;
	pixman_region32_init_rect(&whole, 0, 0, (unsigned)buffer->width, (unsigned)buffer->height);
	copy_pixels(to, buffer, &whole);
	pixman_region32_fini(&whole);
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct world *world = wl_container_of(listener, world, commit);
	const struct wlr_output_event_commit *event = data;
	if ((event->state->committed & WLR_OUTPUT_STATE_BUFFER) == 0) {
		return;
	}
	world->commits++;
	copy_whole(world->shown, event->state->buffer);
	if (event->state->committed & WLR_OUTPUT_STATE_DAMAGE) {
		copy_pixels(world->screen, event->state->buffer, &event->state->damage);
	} else {
		copy_whole(world->screen, event->state->buffer);
	}
}

static struct wlr_output *add_output(struct world *world, struct wlr_scene_output **scene_output) {
	struct wlr_output *output = wlr_headless_add_output(world->backend, WIDTH, HEIGHT);
	assert_true(wlr_output_init_render(output, world->allocator, world->renderer));
	wlr_output_lock_software_cursors(output, true);
	set_state(output, WIDTH, HEIGHT, WL_OUTPUT_TRANSFORM_NORMAL, 1);
	*scene_output = wlr_scene_output_create(world->scene, output);
	return output;
}

static int set_up(void **state) {
	struct world *world = *state = calloc(1, sizeof(*world));
	world->random = 7;
	world->loop = wl_event_loop_create();
	world->backend = wlr_headless_backend_create(world->loop);
	world->recorder = recorder_create(wlr_pixman_renderer_create());
	world->renderer = recorder_get_renderer(world->recorder);
	world->allocator = wlr_allocator_autocreate(world->backend, world->renderer);
	world->scene = wlr_scene_create();
	world->output = add_output(world, &world->scene_output);
	world->other = add_output(world, &world->other_scene);
	world->commit.notify = handle_commit;
	wl_signal_add(&world->output->events.commit, &world->commit);
	for (int i = 0; i < BUFFERS; i++) {
		world->buffers[i] = make_buffer(world, 30 + 25 * i, 50 - 10 * i);
	}
	wlr_scene_rect_create(&world->scene->tree, WIDTH, HEIGHT, (const float[]){0.2f, 0.4f, 0.1f, 1});
	for (int i = 0; i < NODES; i++) {
		world->nodes[i] = wlr_scene_buffer_create(&world->scene->tree, world->buffers[i % BUFFERS]);
		wlr_scene_node_set_position(&world->nodes[i]->node, i * 17 - 5, i * 9 - 10);
	}
	world->rect = wlr_scene_rect_create(&world->scene->tree, 30, 20, (const float[]){0.3f, 0, 0, 0.5f});
	for (int i = 0; i < 2; i++) {
		world->cursors[i] = wlr_output_cursor_create(i == 0 ? world->output : world->other);
		wlr_output_cursor_set_buffer(world->cursors[i], world->buffers[0], 3, 4);
	}
	return 0;
}

static int tear_down(void **state) {
	struct world *world = *state;
	wl_list_remove(&world->commit.link);
	wlr_scene_node_destroy(&world->scene->tree.node);
	for (int i = 0; i < BUFFERS; i++) {
		wlr_buffer_drop(world->buffers[i]);
	}
	wlr_backend_destroy(world->backend);
	wlr_allocator_destroy(world->allocator);
	wlr_renderer_destroy(world->renderer);
	wl_event_loop_destroy(world->loop);
	free(world);
	return 0;
}

/* ---- what happens ---- */

static void change(struct world *world) {
	struct wlr_scene_buffer *node = world->nodes[choose(world, NODES)];
	switch (choose(world, 8)) {
	case 0:
		wlr_scene_node_set_position(&node->node, choose(world, WIDTH) - 20, choose(world, HEIGHT) - 20);
		break;
	case 1:
		wlr_scene_buffer_set_buffer(node, world->buffers[choose(world, BUFFERS)]);
		break;
	case 2:
		wlr_scene_buffer_set_opacity(node, (float)choose(world, 3) / 2);
		break;
	case 3:
		wlr_scene_buffer_set_transform(node, (enum wl_output_transform)choose(world, 8));
		break;
	case 4:
		wlr_scene_buffer_set_dest_size(node, 1 + choose(world, 90), 1 + choose(world, 60));
		break;
	case 5:
		wlr_scene_node_set_enabled(&node->node, choose(world, 4) > 0);
		break;
	case 6:
		wlr_scene_rect_set_size(world->rect, 1 + choose(world, WIDTH), 1 + choose(world, HEIGHT));
		break;
	case 7:;
		int x = choose(world, WIDTH), y = choose(world, HEIGHT);
		wlr_output_cursor_move(world->cursors[0], x, y);
		wlr_output_cursor_move(world->cursors[1], x, y);
		break;
	}
}

/* What the scene shows now, painted in one go. */
static void refer(struct world *world) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_damage_ring_add_whole(&world->other_scene->damage_ring);
	assert_true(wlr_scene_output_build_state(world->other_scene, &state, NULL));
	copy_whole(world->reference, state.buffer);
	assert_true(wlr_output_commit_state(world->other, &state));
	wlr_output_state_finish(&state);
}

static struct painting *begin(struct world *world) {
	struct painting *painting = painting_begin(world->scene_output, world->recorder);
	assert_non_null(painting);
	refer(world);
	return painting;
}

/* Paints all, with so many changes before each piece. Returns how many pieces there were. */
static int paint(struct world *world, struct painting *painting, int changes) {
	enum painting_progress progress;
	int pieces = 0;
	do {
		for (int i = 0; i < changes; i++) {
			change(world);
		}
		progress = painting_go_on(painting, late, 0);
		pieces++;
	} while (progress == PAINTING_UNDER_WAY);
	assert_int_equal(progress, PAINTING_WHOLE);
	size_t commits = world->commits;
	assert_true(painting_show(painting));
	assert_int_equal(world->commits, commits + 1);
	return pieces;
}

static void check_shown(const struct world *world) {
	assert_memory_equal(world->shown, world->reference, sizeof(world->shown));
	assert_memory_equal(world->screen, world->reference, sizeof(world->screen));
}

/* Nothing is left to paint, and the screen shows the scene as it is. */
static void check_settled(struct world *world) {
	assert_false(wlr_scene_output_needs_frame(world->scene_output));
	refer(world);
	check_shown(world);
}

static void settle(struct world *world) {
	while (wlr_scene_output_needs_frame(world->scene_output)) {
		paint(world, begin(world), 0);
		check_shown(world);
	}
	check_settled(world);
}

static void test_pictures(void **state) {
	struct world *world = *state;
	static const float scales[] = {1, 1.25f, 2};
	for (int i = 0; i < 8 * 3; i++) {
		set_state(world->output, WIDTH, HEIGHT, (enum wl_output_transform)(i % 8), scales[i / 8]);
		set_state(world->other, WIDTH, HEIGHT, (enum wl_output_transform)(i % 8), scales[i / 8]);
		settle(world);
		int pieces = 0;
		for (int j = 0; j < PICTURES; j++) {
			for (int k = choose(world, 3); k >= 0; k--) {
				change(world);
			}
			if (wlr_scene_output_needs_frame(world->scene_output)) {
				pieces += paint(world, begin(world), choose(world, 3));
				check_shown(world);
			}
		}
		assert_true(pieces > 2 * PICTURES);
		settle(world);
	}
}

/* Who changes the same place during every painting is seen in every picture, and so is what else changes there. */
static void test_same_place(void **state) {
	struct world *world = *state;
	settle(world);
	wlr_scene_node_raise_to_top(&world->nodes[1]->node);
	for (int i = 0; i < 10; i++) {
		wlr_scene_buffer_set_buffer_with_damage(world->nodes[1], world->buffers[i % 2], NULL);
		assert_true(wlr_scene_output_needs_frame(world->scene_output));
		struct painting *painting = begin(world);
		wlr_scene_buffer_set_buffer_with_damage(world->nodes[1], world->buffers[(i + 1) % 2], NULL);
		paint(world, painting, 0);
		check_shown(world);
		assert_true(wlr_scene_output_needs_frame(world->scene_output));
		assert_true(world->output->needs_frame);
	}
	settle(world);
}

/* What a painting was taken from goes before it is painted. */
static void test_gone_nodes(void **state) {
	struct world *world = *state;
	struct painting *painting = begin(world);
	for (int i = 0; i < NODES; i++) {
		wlr_scene_node_destroy(&world->nodes[i]->node);
	}
	for (int i = 0; i < BUFFERS; i++) {
		wlr_buffer_drop(world->buffers[i]);
	}
	paint(world, painting, 0);
	check_shown(world);
	settle(world);
	for (int i = 0; i < BUFFERS; i++) {
		world->buffers[i] = make_buffer(world, 10, 10);
	}
}

static size_t count_acquired(const struct wlr_swapchain *swapchain) {
	size_t count = 0;
	for (size_t i = 0; swapchain != NULL && i < WLR_SWAPCHAIN_CAP; i++) {
		count += swapchain->slots[i].acquired;
	}
	return count;
}

/* The output is given another mode, or switched off and on, while a picture for it as it was is under way. */
static void test_stale(void **state) {
	struct world *world = *state;
	settle(world);
	for (int i = 0; i < 3; i++) {
		wlr_damage_ring_add_whole(&world->scene_output->damage_ring);
		struct painting *painting = begin(world);
		assert_int_equal(painting_go_on(painting, late, 0), PAINTING_UNDER_WAY);
		if (i == 0) {
			struct wlr_output_state off;
			wlr_output_state_init(&off);
			wlr_output_state_set_enabled(&off, false);
			assert_true(wlr_output_commit_state(world->output, &off));
			wlr_output_state_finish(&off);
		} else {
			set_state(world->output, WIDTH / (i + 1), HEIGHT / 2, WL_OUTPUT_TRANSFORM_90, 1);
		}
		assert_int_equal(painting_go_on(painting, late, 0), PAINTING_STALE);
		painting_drop(painting);
		assert_int_equal(count_acquired(world->output->swapchain), 0);
		set_state(world->output, WIDTH, HEIGHT, WL_OUTPUT_TRANSFORM_NORMAL, 1);
		assert_true(wlr_scene_output_needs_frame(world->scene_output));
		settle(world);
	}
}

/* Somebody captures the output, and wants the pointer in the picture: not one that was begun before that was said. */
static void test_captured(void **state) {
	struct world *world = *state;
	settle(world);
	void (*locks[])(struct wlr_output *output, bool lock) = {wlr_output_lock_attach_render, wlr_output_lock_software_cursors};
	for (size_t i = 0; i < 2; i++) {
		change(world);
		wlr_damage_ring_add_whole(&world->scene_output->damage_ring);
		struct painting *painting = begin(world);
		assert_int_equal(painting_go_on(painting, late, 0), PAINTING_UNDER_WAY);
		locks[i](world->output, true);
		wl_event_loop_dispatch_idle(world->loop);
		wlr_output_send_frame(world->output);
		assert_null(world->output->idle_frame);
		assert_int_equal(painting_go_on(painting, late, 0), PAINTING_STALE);
		painting_drop(painting);
		assert_non_null(world->output->idle_frame);
		paint(world, begin(world), 0);
		check_shown(world);
		locks[i](world->output, false);
		settle(world);
	}
}

/* Half a picture that was dropped is no damage's end: all of it is painted again, in whichever buffer. */
static void test_dropped(void **state) {
	struct world *world = *state;
	settle(world);
	for (int i = 0; i < 20; i++) {
		change(world);
		wlr_damage_ring_add_whole(&world->scene_output->damage_ring);
		struct painting *painting = begin(world);
		for (int j = choose(world, 4); j > 0; j--) {
			assert_int_equal(painting_go_on(painting, late, 0), PAINTING_UNDER_WAY);
			change(world);
		}
		if (choose(world, 2) == 0) {
			painting_drop(painting);
			assert_true(wlr_scene_output_needs_frame(world->scene_output));
		} else {
			painting_give_up(painting);
		}
		assert_int_equal(count_acquired(world->output->swapchain), 0);
		change(world);
		if (choose(world, 2) == 0) {
			settle(world);
		}
	}
	settle(world);
}

/* Until it is done, where nothing calls it away; and at once where there is no recorder. */
static void test_one_go(void **state) {
	struct world *world = *state;
	for (int i = 0; i < 2; i++) {
		change(world);
		struct painting *painting = painting_begin(world->scene_output, i == 0 ? world->recorder : NULL);
		refer(world);
		assert_int_equal(painting_go_on(painting, late, i == 0 ? INT64_MAX : 0), PAINTING_WHOLE);
		assert_true(painting_show(painting));
		check_shown(world);
	}
	settle(world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pictures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_same_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone_nodes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stale, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_captured, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dropped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_go, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
