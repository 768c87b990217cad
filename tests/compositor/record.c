#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>
#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/allocator.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/interface.h>
#include <wlr/render/pixman.h>

#include "compositor/record.h"
#include "tests/compositor/pixels.h"

/*
 * The same passes twice: once by pixman's renderer as they come, once recorded and painted in pieces by another one of
 * the kind. What comes out has to be the same, pixel for pixel.
 */

#define WIDTH 97
#define HEIGHT 61
#define TEXTURE_WIDTH 40
#define TEXTURE_HEIGHT 24
#define ROUNDS 400
#define OPERATIONS 8

struct world {
	struct wl_event_loop *loop;
	struct wlr_backend *backend;
	struct wlr_renderer *plain, *recording;
	struct recorder *recorder;
	struct wlr_allocator *allocator;
	uint32_t random;
};

/* What the rounds are made of is the same each time: xorshift. */
static int choose(struct world *world, int count) {
	world->random ^= world->random << 13;
	world->random ^= world->random >> 17;
	world->random ^= world->random << 5;
	return (int)(world->random % (uint32_t)count);
}

static struct wlr_buffer *make_target(struct world *world) {
	const struct wlr_drm_format *format =
		wlr_drm_format_set_get(wlr_renderer_get_texture_formats(world->plain, WLR_BUFFER_CAP_DATA_PTR), DRM_FORMAT_XRGB8888);
	assert_non_null(format);
	struct wlr_buffer *buffer = wlr_allocator_create_buffer(world->allocator, WIDTH, HEIGHT, format);
	assert_non_null(buffer);
	return buffer;
}

/* Premultiplied, with all kinds of alpha. */
static struct wlr_texture *make_texture(struct world *world, struct wlr_renderer *renderer, uint32_t seed, bool opaque) {
	uint32_t pixels[TEXTURE_WIDTH * TEXTURE_HEIGHT];
	world->random = seed;
	for (size_t i = 0; i < sizeof(pixels) / sizeof(pixels[0]); i++) {
		uint32_t alpha = (uint32_t)choose(world, 256);
		pixels[i] = alpha << 24;
		for (int shift = 0; shift < 24; shift += 8) {
			pixels[i] |= (uint32_t)choose(world, (int)alpha + 1) << shift;
		}
	}
	struct wlr_texture *texture = wlr_texture_from_pixels(renderer, opaque ? DRM_FORMAT_XRGB8888 : DRM_FORMAT_ARGB8888,
		TEXTURE_WIDTH * 4, TEXTURE_WIDTH, TEXTURE_HEIGHT, pixels);
	assert_non_null(texture);
	return texture;
}

static void add_rect(struct world *world, struct wlr_render_pass *pass, const struct wlr_box *box,
		const pixman_region32_t *clip) {
	float alpha = (float)choose(world, 5) / 4;
	wlr_render_pass_add_rect(pass, &(struct wlr_render_rect_options){
		.box = *box, .clip = clip,
		.color = {.r = alpha * 0.7f, .g = alpha * 0.2f, .b = alpha * 0.4f, .a = alpha},
		.blend_mode = choose(world, 2) == 0 ? WLR_RENDER_BLEND_MODE_NONE : WLR_RENDER_BLEND_MODE_PREMULTIPLIED,
	});
}

static void add_texture(struct world *world, struct wlr_render_pass *pass, struct wlr_texture *texture,
		const struct wlr_box *box, const pixman_region32_t *clip) {
	static const float alphas[] = {1, 0.5f, 0.1f, 0};
	struct wlr_render_texture_options options = {
		.texture = texture, .dst_box = *box, .clip = clip,
		.alpha = choose(world, 2) == 0 ? NULL : &alphas[choose(world, 4)],
		.transform = (enum wl_output_transform)choose(world, 8),
		.filter_mode = choose(world, 2) == 0 ? WLR_SCALE_FILTER_BILINEAR : WLR_SCALE_FILTER_NEAREST,
		.blend_mode = choose(world, 2) == 0 ? WLR_RENDER_BLEND_MODE_NONE : WLR_RENDER_BLEND_MODE_PREMULTIPLIED,
	};
	if (choose(world, 2) == 0) {
		options.src_box = (struct wlr_fbox){
			.x = choose(world, 10), .y = choose(world, 10), .width = 5 + choose(world, 25), .height = 5 + choose(world, 9),
		};
	}
	wlr_render_pass_add_texture(pass, &options);
}

/* Some are turned or scaled, some not; some go beyond the edges, some are outside. */
static struct wlr_box choose_box(struct world *world) {
	switch (choose(world, 6)) {
	case 0:
		return (struct wlr_box){0};
	case 1:
		return (struct wlr_box){choose(world, 60), choose(world, 40), TEXTURE_WIDTH, TEXTURE_HEIGHT};
	case 2:
		return (struct wlr_box){choose(world, 60), choose(world, 40), TEXTURE_HEIGHT, TEXTURE_WIDTH};
	case 3:
		return (struct wlr_box){-20, -15, 300, 200};
	case 4:
		return (struct wlr_box){WIDTH + choose(world, 5) - 2, choose(world, 40), 30, 30};
	default:
		return (struct wlr_box){choose(world, 150) - 50, choose(world, 120) - 50, 1 + choose(world, 90), 1 + choose(world, 70)};
	}
}

static void add_operations(struct world *world, struct wlr_render_pass *pass, struct wlr_texture *const textures[2]) {
	for (int i = 0; i < OPERATIONS; i++) {
		struct wlr_box box = choose_box(world);
		pixman_region32_t clip;
		pixman_region32_init(&clip);
		for (int j = choose(world, 6); j > 0; j--) {
			pixman_region32_union_rect(&clip, &clip, choose(world, WIDTH), choose(world, HEIGHT),
				(unsigned)(1 + choose(world, 60)), (unsigned)(1 + choose(world, 40)));
		}
		const pixman_region32_t *used = choose(world, 4) == 0 ? NULL : &clip;
		int kind = choose(world, 3);
		if (kind == 0) {
			add_rect(world, pass, &box, used);
		} else {
			add_texture(world, pass, textures[kind - 1], &box, used);
		}
		pixman_region32_fini(&clip);
	}
}

static void begin(struct wlr_renderer *renderer, struct wlr_buffer *target, struct wlr_render_pass **pass) {
	*pass = wlr_renderer_begin_buffer_pass(renderer, target, NULL);
	assert_non_null(*pass);
}

static struct recording *record(struct world *world, struct wlr_buffer *target, uint32_t seed,
		struct wlr_texture *const textures[2]) {
	struct wlr_render_pass *pass;
	recorder_begin(world->recorder);
	begin(world->recording, target, &pass);
	world->random = seed;
	add_operations(world, pass, textures);
	assert_true(wlr_render_pass_submit(pass));
	struct recording *recording = recorder_end(world->recorder);
	assert_non_null(recording);
	return recording;
}

static int play(struct recording *recording, int64_t pixels) {
	int pieces = 0;
	while (recording_count_left(recording) > 0) {
		assert_true(recording_paint(recording, pixels));
		pieces++;
	}
	assert_true(recording_paint(recording, pixels)); /* there is nothing left: no harm */
	return pieces;
}

/* In colour: the fourth byte of a pixel is nobody's. */
static void check_same(struct wlr_buffer *a, struct wlr_buffer *b) {
	for (int row = 0; row < HEIGHT; row++) {
		for (int column = 0; column < WIDTH; column++) {
			assert_int_equal(pixel_at(a, column, row) & 0xffffff, pixel_at(b, column, row) & 0xffffff);
		}
	}
}

static int set_up(void **state) {
	struct world *world = *state = calloc(1, sizeof(*world));
	world->loop = wl_event_loop_create();
	world->backend = wlr_headless_backend_create(world->loop);
	world->plain = wlr_pixman_renderer_create();
	world->recorder = recorder_create(wlr_pixman_renderer_create());
	world->recording = recorder_get_renderer(world->recorder);
	world->allocator = wlr_allocator_autocreate(world->backend, world->recording);
	assert_non_null(world->allocator);
	return 0;
}

static int tear_down(void **state) {
	struct world *world = *state;
	wlr_allocator_destroy(world->allocator);
	wlr_renderer_destroy(world->plain);
	wlr_renderer_destroy(world->recording);
	wlr_backend_destroy(world->backend);
	wl_event_loop_destroy(world->loop);
	free(world);
	return 0;
}

static void test_same_pixels(void **state) {
	struct world *world = *state;
	static const int64_t sizes[] = {1, 100, 2000, INT64_MAX};
	struct wlr_buffer *targets[] = {make_target(world), make_target(world)};
	struct wlr_texture *textures[2][2];
	for (size_t i = 0; i < 2; i++) {
		textures[0][i] = make_texture(world, world->plain, 1 + (uint32_t)i, i == 1);
		textures[1][i] = make_texture(world, world->recording, 1 + (uint32_t)i, i == 1);
	}
	int pieces[4] = {0};
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		struct wlr_render_pass *pass;
		begin(world->plain, targets[0], &pass);
		world->random = round;
		add_operations(world, pass, textures[0]);
		assert_true(wlr_render_pass_submit(pass));
		struct recording *recording = record(world, targets[1], round, textures[1]);
		pieces[round % 4] += play(recording, sizes[round % 4]);
		recording_destroy(recording);
		check_same(targets[0], targets[1]);
	}
	/* Smaller pieces are more, or nothing was cut. */
	assert_true(pieces[0] > pieces[1] && pieces[1] > pieces[2]);
	for (size_t i = 0; i < 2; i++) {
		wlr_texture_destroy(textures[0][i]);
		wlr_texture_destroy(textures[1][i]);
		wlr_buffer_drop(targets[i]);
	}
}

/* Nothing is painted before it is asked for, and other passes meanwhile are, at once. */
static void test_at_once(void **state) {
	struct world *world = *state;
	struct wlr_buffer *targets[] = {make_target(world), make_target(world)};
	const struct wlr_render_rect_options red = {.color = {.r = 1, .a = 1}}, blue = {.color = {.b = 1, .a = 1}};
	struct wlr_render_pass *passes[2];
	recorder_begin(world->recorder);
	begin(world->recording, targets[0], &passes[0]);
	begin(world->recording, targets[1], &passes[1]);
	wlr_render_pass_add_rect(passes[0], &red);
	wlr_render_pass_add_rect(passes[1], &blue);
	assert_true(wlr_render_pass_submit(passes[1]));
	assert_true(wlr_render_pass_submit(passes[0]));
	struct recording *recording = recorder_end(world->recorder);
	assert_int_equal(count_color(targets[0], 0, 0, WIDTH, HEIGHT, 0xff0000), 0);
	assert_int_equal(count_color(targets[1], 0, 0, WIDTH, HEIGHT, 0x0000ff), WIDTH * HEIGHT);
	begin(world->recording, targets[1], &passes[1]);
	wlr_render_pass_add_rect(passes[1], &red);
	assert_true(wlr_render_pass_submit(passes[1]));
	assert_int_equal(count_color(targets[1], 0, 0, WIDTH, HEIGHT, 0xff0000), WIDTH * HEIGHT);
	assert_true(recording_paint(recording, 1));
	assert_int_equal(count_color(targets[0], 0, 0, WIDTH, HEIGHT, 0xff0000), WIDTH);
	assert_int_equal(recording_count_left(recording), 1);
	play(recording, 10);
	assert_int_equal(count_color(targets[0], 0, 0, WIDTH, HEIGHT, 0xff0000), WIDTH * HEIGHT);
	recording_destroy(recording);
	recorder_begin(world->recorder);
	assert_null(recorder_end(world->recorder));
	wlr_buffer_drop(targets[0]);
	wlr_buffer_drop(targets[1]);
}

/* A texture goes with its surface while it is recorded; it is painted, and its buffer is kept until then and no longer. */
static void test_destroyed_texture(void **state) {
	struct world *world = *state;
	struct wlr_buffer *source = make_target(world), *target = make_target(world);
	struct wlr_render_pass *pass;
	begin(world->recording, source, &pass);
	wlr_render_pass_add_rect(pass, &(struct wlr_render_rect_options){.color = {.g = 1, .a = 1}});
	assert_true(wlr_render_pass_submit(pass));
	struct wlr_texture *texture = wlr_texture_from_buffer(world->recording, source);
	recorder_begin(world->recorder);
	begin(world->recording, target, &pass);
	wlr_render_pass_add_texture(pass, &(struct wlr_render_texture_options){.texture = texture});
	assert_true(wlr_render_pass_submit(pass));
	struct recording *recording = recorder_end(world->recorder);
	assert_int_equal(target->n_locks, 1);
	wlr_texture_destroy(texture);
	wlr_buffer_lock(source);
	wlr_buffer_drop(source);
	assert_int_equal(source->n_locks, 2);
	play(recording, 200);
	assert_int_equal(count_color(target, 0, 0, WIDTH, HEIGHT, 0x00ff00), WIDTH * HEIGHT);
	recording_destroy(recording);
	assert_int_equal(source->n_locks, 1);
	assert_int_equal(target->n_locks, 0);
	wlr_buffer_unlock(source);
	wlr_buffer_drop(target);
}

/* Memory as a client's pool has it, which is somewhere else whenever it was resized. */
struct moving {
	struct wlr_buffer base;
	uint32_t *pixels;
	int accesses;
	bool is_open;
};

static void moving_destroy(struct wlr_buffer *base) {
	struct moving *moving = wl_container_of(base, moving, base);
	wlr_buffer_finish(base);
	free(moving->pixels);
	free(moving);
}

static bool moving_begin_access(struct wlr_buffer *base, uint32_t flags, void **data, uint32_t *format, size_t *stride) {
	struct moving *moving = wl_container_of(base, moving, base);
	moving->is_open = true;
	moving->accesses++;
	*data = moving->pixels;
	*format = DRM_FORMAT_XRGB8888;
	*stride = (size_t)base->width * 4;
	return true;
}

static void moving_end_access(struct wlr_buffer *base) {
	struct moving *moving = wl_container_of(base, moving, base);
	moving->is_open = false;
}

static const struct wlr_buffer_impl moving_impl = {
	.destroy = moving_destroy, .begin_data_ptr_access = moving_begin_access, .end_data_ptr_access = moving_end_access,
};

static void move(struct moving *moving) {
	const size_t size = WIDTH * HEIGHT * 4;
	uint32_t *pixels = malloc(size);
	memset(pixels, 0x40, size);
	free(moving->pixels);
	moving->pixels = pixels;
}

/* No buffer is held open between two pieces: it may move, and only while it is open is its shrinking guarded against. */
static void test_access(void **state) {
	struct world *world = *state;
	struct moving *moving = calloc(1, sizeof(*moving));
	move(moving);
	wlr_buffer_init(&moving->base, &moving_impl, WIDTH, HEIGHT);
	struct wlr_texture *texture = wlr_texture_from_buffer(world->recording, &moving->base);
	struct wlr_buffer *target = make_target(world);
	struct wlr_render_pass *pass;
	recorder_begin(world->recorder);
	begin(world->recording, target, &pass);
	wlr_render_pass_add_texture(pass, &(struct wlr_render_texture_options){.texture = texture});
	assert_true(wlr_render_pass_submit(pass));
	struct recording *recording = recorder_end(world->recorder);
	assert_false(moving->is_open);
	for (int before = moving->accesses; recording_count_left(recording) > 0; before = moving->accesses) {
		move(moving);
		assert_true(recording_paint(recording, WIDTH * 5));
		assert_true(moving->accesses > before);
		assert_false(moving->is_open);
	}
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		assert_int_equal(pixel_at(target, i % WIDTH, i / WIDTH) & 0xffffff, 0x404040);
	}
	recording_destroy(recording);
	wlr_texture_destroy(texture);
	wlr_buffer_drop(&moving->base);
	wlr_buffer_drop(target);
}

/* Half of it painted: all is given back. */
static void test_dropped(void **state) {
	struct world *world = *state;
	struct wlr_buffer *target = make_target(world);
	struct wlr_texture *textures[] = {
		make_texture(world, world->recording, 1, false), make_texture(world, world->recording, 2, true),
	};
	struct recording *recording = record(world, target, 5, textures);
	size_t left = recording_count_left(recording);
	while (recording_count_left(recording) > left / 2) {
		assert_true(recording_paint(recording, 100));
	}
	recording_destroy(recording);
	assert_int_equal(target->n_locks, 0);
	wlr_texture_destroy(textures[0]);
	wlr_texture_destroy(textures[1]);
	wlr_buffer_drop(target);
}

/* What captures use: a texture of the output's buffer, and its pixels. */
static void test_read_pixels(void **state) {
	struct world *world = *state;
	struct wlr_buffer *source = make_target(world);
	struct wlr_render_pass *pass;
	begin(world->recording, source, &pass);
	world->random = 11;
	struct wlr_texture *textures[] = {
		make_texture(world, world->recording, 1, false), make_texture(world, world->recording, 2, true),
	};
	add_operations(world, pass, textures);
	assert_true(wlr_render_pass_submit(pass));
	struct wlr_texture *texture = wlr_texture_from_buffer(world->recording, source);
	assert_int_equal(wlr_texture_preferred_read_format(texture), DRM_FORMAT_XRGB8888);
	uint32_t pixels[WIDTH * HEIGHT];
	assert_true(wlr_texture_read_pixels(texture, &(struct wlr_texture_read_pixels_options){
		.data = pixels, .format = DRM_FORMAT_XRGB8888, .stride = WIDTH * 4,
	}));
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		assert_int_equal(pixels[i] & 0xffffff, pixel_at(source, i % WIDTH, i / WIDTH) & 0xffffff);
	}
	wlr_texture_destroy(texture);
	wlr_texture_destroy(textures[0]);
	wlr_texture_destroy(textures[1]);
	wlr_buffer_drop(source);
}

/* A renderer goes with the textures that are left, as pixman's does. */
static void test_left_textures(void **state) {
	struct world *world = *state;
	make_texture(world, world->recording, 4, false);
	make_texture(world, world->recording, 5, true);
}

/* Corners beyond every integer. */
static void test_far_boxes(void **state) {
	struct world *world = *state;
	struct wlr_buffer *target = make_target(world);
	struct wlr_render_pass *pass;
	recorder_begin(world->recorder);
	begin(world->recording, target, &pass);
	wlr_render_pass_add_rect(pass, &(struct wlr_render_rect_options){
		.box = {INT32_MAX - 5, 0, INT32_MAX, 10}, .color = {.r = 1, .a = 1},
	});
	wlr_render_pass_add_rect(pass, &(struct wlr_render_rect_options){
		.box = {INT32_MIN, INT32_MIN, 10, 10}, .color = {.r = 1, .a = 1},
	});
	assert_true(wlr_render_pass_submit(pass));
	struct recording *recording = recorder_end(world->recorder);
	assert_int_equal(recording_count_left(recording), 0);
	recording_destroy(recording);
	wlr_buffer_drop(target);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same_pixels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_destroyed_texture, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_access, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dropped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read_pixels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_left_textures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_far_boxes, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
