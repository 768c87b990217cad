#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "compositor/paint.h"
#include "tests/compositor/pixels.h"

static const double scales[] = {1, 1.25, 1.5, 1.75, 2, 3};
#define SCALES_LEN (sizeof(scales) / sizeof(scales[0]))

static int set_up(void **state) {
	*state = painter_create("");
	return *state == NULL;
}

static int tear_down(void **state) {
	painter_destroy(*state);
	return 0;
}

/* ---- canvases ---- */

static void test_begin_bounds(void **state) {
	static const struct {
		int width, height;
		double scale;
		bool ok;
	} rows[] = {
		{1, 1, 1, true}, {0, 1, 1, false}, {1, 0, 1, false}, {-1, 5, 1, false}, {5, INT32_MIN, 1, false},
		{PAINT_SIZE_MAX, 1, 1, true}, {PAINT_SIZE_MAX + 1, 1, 1, false}, {1, INT32_MAX, 1, false},
		{PAINT_SIZE_MAX, 1, 1.5, false}, {20, 10, 0, true}, {20, 10, -3, true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct paint paint;
		bool ok = paint_begin(&paint, *state, 0, 0, rows[i].width, rows[i].height, rows[i].scale);
		assert_int_equal(ok, rows[i].ok);
		if (ok) {
			wlr_buffer_drop(paint_finish(&paint));
		}
	}
}

/* The scene gives a box round(end × scale) − round(start × scale) pixels: a picture of that size is never resampled. */
static void test_pixels(void **state) {
	assert_int_equal(paint_pixels(0, 750, 1), 750);
	assert_int_equal(paint_pixels(11, 3, 1.5), 4);
	assert_int_equal(paint_pixels(10, 3, 1.5), 5);
	for (size_t i = 0; i < SCALES_LEN; i++) {
		for (int x = -7; x < 7; x++) {
			struct paint paint;
			assert_true(paint_begin(&paint, *state, x, 3 * x, 33, 24, scales[i]));
			struct wlr_buffer *buffer = paint_finish(&paint);
			assert_int_equal(buffer->width, (int)(round((x + 33) * scales[i]) - round(x * scales[i])));
			assert_int_equal(buffer->height, (int)(round((3 * x + 24) * scales[i]) - round(3 * x * scales[i])));
			wlr_buffer_drop(buffer);
		}
	}
}

static void test_buffer_is_read_only(void **state) {
	struct paint paint;
	assert_true(paint_begin(&paint, *state, 0, 0, 4, 4, 1));
	struct wlr_buffer *buffer = paint_finish(&paint);
	void *data;
	uint32_t format;
	size_t stride;
	const uint32_t write = WLR_BUFFER_DATA_PTR_ACCESS_WRITE, read = WLR_BUFFER_DATA_PTR_ACCESS_READ;
	assert_false(wlr_buffer_begin_data_ptr_access(buffer, write, &data, &format, &stride));
	assert_true(wlr_buffer_begin_data_ptr_access(buffer, read, &data, &format, &stride));
	assert_int_equal(format, DRM_FORMAT_ARGB8888);
	wlr_buffer_end_data_ptr_access(buffer);
	wlr_buffer_drop(buffer);
}

/* ---- shapes ---- */

/* At no scale is an edge blurred, and what reaches the canvas's end fills it to its last pixel. */
static void test_rect_is_crisp(void **state) {
	for (size_t i = 0; i < SCALES_LEN; i++) {
		for (int x = 0; x < 4; x++) {
			struct paint paint;
			assert_true(paint_begin(&paint, *state, x, 0, 31, 9, scales[i]));
			paint_rect(&paint, 0, 0, 31, 9, 0x102030, 1);
			paint_rect(&paint, 5, 3, 7, 3, 0xffffff, 1);
			struct wlr_buffer *buffer = paint_finish(&paint);
			int all = buffer->width * buffer->height;
			int white = count_color(buffer, 0, 0, buffer->width, buffer->height, 0xffffff);
			assert_int_equal(count_color(buffer, 0, 0, buffer->width, buffer->height, 0x102030) + white, all);
			int width = (int)(round(12 * scales[i]) - round(5 * scales[i]));
			int height = (int)(round(6 * scales[i]) - round(3 * scales[i]));
			assert_int_equal(white, width * height);
			wlr_buffer_drop(buffer);
		}
	}
}

/* ---- text ---- */

static double width_of(struct painter *painter, const char *text) {
	return paint_text_width(painter, &(struct paint_text){.text = text, .size = TEXT_SIZE});
}

static void test_text_is_no_markup(void **state) {
	assert_true(width_of(*state, "<b>bank</b>") > width_of(*state, "bank") + width_of(*state, "<"));
	assert_true(width_of(*state, "&amp;") > 2 * width_of(*state, "&"));
	assert_true(width_of(*state, "") == 0);
	assert_true(width_of(*state, NULL) == 0);
}

static struct wlr_buffer *draw(
		struct painter *painter, const struct paint_text *text, double x, int width, double scale) {
	struct paint paint;
	assert_true(paint_begin(&paint, painter, 0, 0, width, 60, scale));
	paint_rect(&paint, 0, 0, width, 60, 0x000000, 1);
	paint_text(&paint, text, x, 30);
	return paint_finish(&paint);
}

/* Lines, Hebrew, stacks of marks, a flood: each stays in one line, right of where it begins, left of where it ends. */
static void test_text_stays_in_its_place(void **state) {
	char flood[20000];
	memset(flood, 'W', sizeof(flood) - 1);
	flood[sizeof(flood) - 1] = '\0';
	const char *texts[] = {
		"plain", "two\nlines\n\nand more", "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
		"H\u0301\u0302\u0303\u0304 g\u0323\u0324\u0325\u0330", "\u0628\u0633\u0645", flood, "\u2028\u2029",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct paint_text text = {.text = texts[i], .size = 20, .color = 0xffffff, .max_width = 120};
		struct wlr_buffer *buffer = draw(*state, &text, 40, 240, 1);
		assert_int_equal(count_other(buffer, 0, 0, 38, 60, 0), 0);
		assert_int_equal(count_other(buffer, 163, 0, 77, 60, 0), 0);
		assert_int_equal(count_other(buffer, 0, 0, 240, 13, 0), 0);
		assert_int_equal(count_other(buffer, 0, 47, 240, 13, 0), 0);
		wlr_buffer_drop(buffer);
	}
}

/* A title in Hebrew begins where any other does: it never moves to the other end. */
static void test_text_direction(void **state) {
	struct paint_text text = {
		.text = "\u05e9\u05dc\u05d5\u05dd", .size = 20, .color = 0xffffff, .max_width = 400,
	};
	struct wlr_buffer *buffer = draw(*state, &text, 10, 440, 1);
	assert_true(count_other(buffer, 8, 0, 110, 60, 0) > 0);
	assert_int_equal(count_other(buffer, 118, 0, 322, 60, 0), 0);
	wlr_buffer_drop(buffer);
}

/* Capital letters have as much room above them as below, at every scale, to the pixel. */
static void test_text_is_centred(void **state) {
	for (size_t i = 0; i < SCALES_LEN; i++) {
		struct paint_text text = {.text = "HHHH", .size = TEXT_SIZE, .bold = true, .color = 0xffffff};
		struct wlr_buffer *buffer = draw(*state, &text, 10, 100, scales[i]);
		int above = 0, below = 0;
		while (count_other(buffer, 0, above, buffer->width, 1, 0) == 0) {
			above++;
		}
		while (count_other(buffer, 0, buffer->height - 1 - below, buffer->width, 1, 0) == 0) {
			below++;
		}
		assert_true(abs(above - below) <= 2);
		wlr_buffer_drop(buffer);
	}
}

/* ---- tags ---- */

static void test_tag(void **state) {
	struct paint_tag tag = {.name = "work", .color = 0x1775fd, .text_color = 0x000000, .height = 24};
	double width = paint_tag_width(*state, "work");
	struct paint paint;
	assert_true(paint_begin(&paint, *state, 0, 0, 200, 24, 1));
	assert_true(paint_tag(&paint, &tag, 0, 12) == width);
	struct wlr_buffer *buffer = paint_finish(&paint);
	assert_int_equal(count_color(buffer, 0, 0, 8, 24, 0x1775fd), 8 * 24);
	assert_int_equal(count_color(buffer, (int)width - 8, 0, 8, 24, 0x1775fd), 8 * 24);
	assert_true(count_color(buffer, 10, 4, (int)width - 20, 16, 0x000000) > 0);
	assert_int_equal(pixel_at(buffer, (int)width, 12), 0);
	wlr_buffer_drop(buffer);
}

static void test_tag_is_cut(void **state) {
	struct paint_tag tag = {
		.name = "abcdefghijklmnopqrstuvwxyz12345", .color = 0xe0f42f, .height = 24, .max_width = 90,
	};
	struct paint paint;
	assert_true(paint_begin(&paint, *state, 0, 0, 400, 24, 1));
	assert_true(paint_tag(&paint, &tag, 0, 12) == 90);
	struct wlr_buffer *buffer = paint_finish(&paint);
	assert_int_equal(count_color(buffer, 0, 0, 90, 1, 0xe0f42f), 90);
	assert_int_equal(count_other(buffer, 81, 0, 9, 24, 0xe0f42f), 0);
	assert_int_equal(pixel_at(buffer, 90, 12), 0);
	wlr_buffer_drop(buffer);
}

/* ---- the font ---- */

struct counter {
	struct wl_listener listener;
	int count;
};
static void handle_changed(struct wl_listener *listener, void *data) {
	struct counter *counter = wl_container_of(listener, counter, listener);
	counter->count++;
}

static void test_font_change_is_told(void **state) {
	struct painter *painter = painter_create("");
	struct counter counter = {.listener.notify = handle_changed};
	wl_signal_add(painter_get_changed(painter), &counter.listener);
	painter_set_font(painter, "");
	assert_int_equal(counter.count, 0);
	painter_set_font(painter, "monospace");
	assert_int_equal(counter.count, 1);
	painter_set_font(painter, "monospace");
	assert_int_equal(counter.count, 1);
	painter_set_font(painter, "a font that nobody has");
	assert_int_equal(counter.count, 2);
	assert_true(width_of(painter, "work") > 0);
	wl_list_remove(&counter.listener.link);
	painter_destroy(painter);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin_bounds),
		cmocka_unit_test(test_pixels),
		cmocka_unit_test(test_buffer_is_read_only),
		cmocka_unit_test(test_rect_is_crisp),
		cmocka_unit_test(test_text_is_no_markup),
		cmocka_unit_test(test_text_stays_in_its_place),
		cmocka_unit_test(test_text_direction),
		cmocka_unit_test(test_text_is_centred),
		cmocka_unit_test(test_tag),
		cmocka_unit_test(test_tag_is_cut),
		cmocka_unit_test(test_font_change_is_told),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
