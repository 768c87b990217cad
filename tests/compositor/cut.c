#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compositor/cut.h"

/* An L, two far parts, and a column of one pixel. */
static const pixman_box32_t shapes[] = {
	{0, 0, 100, 20}, {0, 20, 30, 90}, {-50, -40, -10, -30}, {200, 5, 280, 40}, {300, 0, 301, 200},
};
static const int64_t sizes[] = {0, 1, 29, 30, 31, 100, 700, 2000, 5000, INT64_MAX};

static int64_t count_pixels(const pixman_region32_t *region) {
	int count;
	const pixman_box32_t *boxes = pixman_region32_rectangles(region, &count);
	int64_t pixels = 0;
	for (int i = 0; i < count; i++) {
		pixels += (int64_t)(boxes[i].x2 - boxes[i].x1) * (boxes[i].y2 - boxes[i].y1);
	}
	return pixels;
}

static void check_pieces(const pixman_region32_t *region, int64_t size) {
	struct cut cut = {0};
	pixman_region32_t all, piece, common;
	pixman_region32_init(&all);
	pixman_region32_init(&piece);
	pixman_region32_init(&common);
	while (!cut_is_whole(&cut, region)) {
		assert_true(cut_next(&cut, region, size, &piece));
		int64_t pixels = count_pixels(&piece);
		assert_true(pixels > 0);
		const pixman_box32_t *extents = pixman_region32_extents(&piece);
		bool is_row = pixman_region32_n_rects(&piece) == 1 && extents->y2 - extents->y1 == 1;
		assert_true(pixels <= size || is_row);
		/* Nothing is painted twice: what is translucent would be so no more. */
		pixman_region32_intersect(&common, &all, &piece);
		assert_false(pixman_region32_not_empty(&common));
		pixman_region32_union(&all, &all, &piece);
	}
	assert_true(pixman_region32_equal(&all, region));
	assert_false(cut_next(&cut, region, size, &piece));
	assert_false(pixman_region32_not_empty(&piece));
	pixman_region32_fini(&all);
	pixman_region32_fini(&piece);
	pixman_region32_fini(&common);
}

static void test_pieces(void **state) {
	pixman_region32_t region;
	assert_true(pixman_region32_init_rects(&region, shapes, sizeof(shapes) / sizeof(shapes[0])));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		check_pieces(&region, sizes[i]);
	}
	pixman_region32_fini(&region);
}

/* So many rectangles of one pixel have their price by their number. */
static void test_crumbs(void **state) {
	pixman_region32_t region, piece;
	pixman_region32_init(&region);
	pixman_region32_init(&piece);
	for (int i = 0; i < 1000; i++) {
		pixman_region32_union_rect(&region, &region, i % 40 * 2, i / 40 * 2, 1, 1);
	}
	struct cut cut = {0};
	int pieces = 0;
	while (cut_next(&cut, &region, INT64_MAX, &piece)) {
		assert_true(pixman_region32_n_rects(&piece) <= CUT_RECTANGLES_MAX);
		pieces++;
	}
	assert_int_equal(pieces, (1000 + CUT_RECTANGLES_MAX - 1) / CUT_RECTANGLES_MAX);
	check_pieces(&region, 10);
	pixman_region32_fini(&region);
	pixman_region32_fini(&piece);
}

static void test_empty(void **state) {
	pixman_region32_t region, piece;
	pixman_region32_init(&region);
	pixman_region32_init(&piece);
	struct cut cut = {0};
	assert_true(cut_is_whole(&cut, &region));
	assert_false(cut_next(&cut, &region, 1000, &piece));
	pixman_region32_fini(&region);
	pixman_region32_fini(&piece);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_crumbs),
		cmocka_unit_test(test_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
