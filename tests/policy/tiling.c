#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/tiling.h"

#define WINDOWS_MAX 13

static void assert_boxes(const struct box *boxes, const struct box *expected, size_t len) {
	for (size_t i = 0; i < len; i++) {
		const struct box *a = &boxes[i], *b = &expected[i];
		if (a->x != b->x || a->y != b->y || a->width != b->width || a->height != b->height) {
			fail_msg("box %zu: %d,%d %dx%d, expected %d,%d %dx%d", i, a->x, a->y, a->width, a->height,
				b->x, b->y, b->width, b->height);
		}
	}
}

static void test_examples(void **state) {
	static const struct {
		struct tiling tiling;
		struct box usable;
		size_t len;
		struct box boxes[6];
	} rows[] = {
		{{0.5, 1, 8}, {0, 28, 1000, 700}, 1, {{8, 36, 984, 684}}},
		{{0.5, 1, 8}, {0, 28, 1000, 700}, 2, {{8, 36, 488, 684}, {504, 36, 488, 684}}},
		{{0.5, 2, 8}, {0, 28, 1000, 700}, 2, {{8, 36, 984, 338}, {8, 382, 984, 338}}},
		{{0.6, 1, 10}, {5, 0, 1030, 331}, 4,
			{{15, 10, 600, 311}, {625, 10, 400, 97}, {625, 117, 400, 97}, {625, 224, 400, 97}}},
		{{0.1, 1, 0}, {0, 0, 101, 169}, 3, {{0, 0, 10, 169}, {10, 0, 91, 85}, {10, 85, 91, 84}}},
		/* Out of range: as the nearest in range. */
		{{NAN, 0, -3}, {0, 0, 100, 10}, 2, {{0, 0, 10, 10}, {10, 0, 90, 10}}},
		{{-1, INT_MIN, 0}, {0, 0, 100, 10}, 2, {{0, 0, 10, 10}, {10, 0, 90, 10}}},
		{{7, INT_MAX, 0}, {0, 0, 100, 160}, 2, {{0, 0, 100, 80}, {0, 80, 100, 80}}},
		{{INFINITY, 1, 0}, {0, 0, 100, 10}, 2, {{0, 0, 90, 10}, {90, 0, 10, 10}}},
		/* No room: the gap gives way, then the last cell is shared. */
		{{0.5, 1, INT_MAX}, {0, 0, 10, 100}, 1, {{4, 4, 2, 92}}},
		{{0.5, 1, INT_MAX}, {0, 0, 10, 10}, 1, {{0, 0, 10, 10}}},
		{{0.5, 1, 8}, {0, 0, 1000, 260}, 6,
			{{5, 5, 493, 250}, {503, 5, 492, 80}, {503, 90, 492, 80}, {503, 175, 492, 80}, {503, 175, 492, 80},
				{503, 175, 492, 80}}},
		{{0.5, 4, 8}, {0, 0, 10, 2}, 4, {{0, 0, 10, 2}, {0, 0, 10, 2}, {0, 0, 10, 2}, {0, 0, 10, 2}}},
		{{0.5, 1, 8}, {3, 4, 0, -5}, 2, {{3, 4, 1, 1}, {3, 4, 1, 1}}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct box boxes[6] = {0};
		tiling_arrange(&rows[i].tiling, &rows[i].usable, rows[i].len, boxes);
		assert_boxes(boxes, rows[i].boxes, 6);
	}
	tiling_arrange(&rows[0].tiling, &rows[0].usable, 0, NULL);
}

/* How many a column has room for. */
static size_t capacity(const struct box *usable) {
	return usable->height < WINDOW_MIN_HEIGHT ? 1 : (size_t)(usable->height / WINDOW_MIN_HEIGHT);
}

static size_t at_most(size_t value, size_t most) {
	return value < most ? value : most;
}

/*
 * A column's boxes start and end one gap inside usable and follow each other at one gap, equal to within 1 px. Those
 * past its capacity are where the last one is.
 */
static void check_column(const struct box *boxes, size_t len, const struct box *usable, int gap) {
	int y = usable->y + gap;
	size_t cells = at_most(len, capacity(usable));
	for (size_t i = cells; i < len; i++) {
		assert_boxes(&boxes[i], &boxes[cells - 1], 1);
	}
	for (size_t i = 0; i < cells; i++) {
		assert_true(boxes[i].height >= WINDOW_MIN_HEIGHT || (cells == 1 && boxes[i].height == usable->height));
		assert_true(boxes[i].width >= 1 && boxes[i].height >= 1);
		assert_int_equal(boxes[i].x, boxes[0].x);
		assert_int_equal(boxes[i].width, boxes[0].width);
		assert_int_equal(boxes[i].y, y);
		int less = boxes[0].height - boxes[i].height;
		assert_true(less == 0 || less == 1);
		y += boxes[i].height + gap;
	}
	assert_int_equal(y, usable->y + usable->height);
}

/* What is no frame is gap, exactly. Counted per pixel would say the same: columns span usable, boxes span columns. */
static void check_cover(const struct tiling *tiling, const struct box *usable, size_t len) {
	struct box boxes[WINDOWS_MAX + 1] = {0};
	boxes[len] = (struct box){-7, -7, -7, -7};
	tiling_arrange(tiling, usable, len, boxes);
	assert_int_equal(boxes[len].x, -7);

	size_t main_len = (size_t)tiling->main_count < len ? (size_t)tiling->main_count : len;
	const struct box *left = &boxes[0], *right = main_len < len ? &boxes[main_len] : left;
	int gap = left->x - usable->x;
	int rows = (int)at_most(len - main_len > main_len ? len - main_len : main_len, capacity(usable));
	int columns = right == left ? 1 : 2;
	int least = usable->height < WINDOW_MIN_HEIGHT ? usable->height : WINDOW_MIN_HEIGHT;
	/* The gap is what was asked for, or the most that leaves a pixel of width and the least height to each. */
	int most_x = (usable->width - columns) / (columns + 1);
	int most_y = (usable->height - rows * least) / (rows + 1);
	int most = most_x < most_y ? most_x : most_y;
	assert_int_equal(gap, tiling->gap < most ? tiling->gap : most);

	check_column(left, main_len, usable, gap);
	assert_int_equal(right->x + right->width + gap, usable->x + usable->width);
	if (right != left) {
		assert_int_equal(left->x + left->width + gap, right->x);
		check_column(right, len - main_len, usable, gap);
		double room = left->width + right->width;
		double wish = room * tiling->main_ratio;
		assert_true(fabs(left->width - wish) <= 1 || left->width == 1 || right->width == 1);
	}
}

static void test_exact_cover(void **state) {
	static const int sizes[] = {13, 14, 31, 97, 240, 641, 1051, 1920, 16384};
	static const int gaps[] = {0, 1, 3, 8, 500};
	static const double ratios[] = {0.1, 1.0 / 3, 0.55, 0.9};
	for (size_t w = 0; w < 9; w++) {
		for (size_t h = 0; h < 9; h++) {
			for (size_t g = 0; g < 5; g++) {
				for (int n = 0; n < 4 * 4 * WINDOWS_MAX; n++) {
					const struct tiling tiling = {ratios[n % 4], n / 4 % 4 + 1, gaps[g]};
					const struct box usable = {-50, 28, sizes[w], sizes[h]};
					check_cover(&tiling, &usable, (size_t)(n / 16) + 1);
				}
			}
		}
	}
}

/* Fewer pixels than windows: each has one still, and none is outside. */
static void test_no_room(void **state) {
	for (int width = -1; width < 12; width++) {
		for (int height = -1; height < 12; height++) {
			for (size_t len = 1; len <= WINDOWS_MAX; len++) {
				const struct tiling tiling = {0.5, 2, 8};
				const struct box usable = {100, 200, width, height};
				struct box boxes[WINDOWS_MAX];
				tiling_arrange(&tiling, &usable, len, boxes);
				for (size_t i = 0; i < len; i++) {
					assert_true(boxes[i].width >= 1 && boxes[i].height >= 1);
					assert_true(boxes[i].x >= 100 && boxes[i].y >= 200);
					assert_true(boxes[i].x + boxes[i].width <= 100 + (width < 1 ? 1 : width));
					assert_true(boxes[i].y + boxes[i].height <= 200 + (height < 1 ? 1 : height));
				}
			}
		}
	}
}

static void test_neighbours(void **state) {
	/*
	 * 0 │ 2
	 * 0 │ 3    and a small floating 5 over the corner of 0, 2 and 3; 6 far away, right and below
	 * 1 │ 4
	 */
	static const struct box boxes[] = {
		{0, 0, 100, 200}, {0, 200, 100, 100}, {110, 0, 100, 95}, {110, 105, 100, 90},
		{110, 205, 100, 95}, {90, 80, 40, 40}, {900, 900, 50, 50},
	};
	static const struct {
		size_t len, from;
		enum tiling_side side;
		size_t to;
	} rows[] = {
		{5, 0, SIDE_RIGHT, 3}, /* 2 and 3 are as near: the one at the same height */
		{5, 0, SIDE_DOWN, 1},
		{5, 0, SIDE_UP, 0}, /* none, though 2 is higher up */
		{5, 0, SIDE_LEFT, 0},
		{5, 1, SIDE_RIGHT, 4},
		{5, 1, SIDE_UP, 0},
		{5, 2, SIDE_LEFT, 0},
		{5, 2, SIDE_DOWN, 3},
		{5, 3, SIDE_UP, 2},
		{5, 3, SIDE_DOWN, 4},
		{5, 4, SIDE_LEFT, 1},
		{5, 4, SIDE_RIGHT, 4},
		{5, 4, SIDE_DOWN, 4},
		{7, 5, SIDE_LEFT, 0}, /* they overlap: the centre counts */
		{7, 5, SIDE_RIGHT, 3},
		{7, 4, SIDE_RIGHT, 6}, /* wholly beyond, though no row is shared */
		{7, 6, SIDE_LEFT, 4},
		{7, 6, SIDE_UP, 4},
		{1, 0, SIDE_RIGHT, 0},
		{5, 6, SIDE_LEFT, 6}, /* not an index at all */
		{0, 0, SIDE_RIGHT, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t to = tiling_neighbour(boxes, rows[i].len, rows[i].from, rows[i].side);
		if (to != rows[i].to) {
			fail_msg("row %zu: %zu, expected %zu", i, to, rows[i].to);
		}
	}
	/* One box exactly over another is in no direction of it. */
	static const struct box stacked[] = {{5, 5, 50, 50}, {5, 5, 50, 50}};
	for (int side = SIDE_LEFT; side <= SIDE_DOWN; side++) {
		assert_int_equal(tiling_neighbour(stacked, 2, 0, (enum tiling_side)side), 0);
	}
	/* A corner that touches shares no row: 2 does, though it is further off. */
	static const struct box corner[] = {{0, 0, 50, 50}, {50, 50, 50, 50}, {70, 0, 50, 50}};
	assert_int_equal(tiling_neighbour(corner, 3, 0, SIDE_RIGHT), 2);
	assert_int_equal(tiling_neighbour(corner, 3, 0, SIDE_DOWN), 1);
	/* Boxes at the ends of the plane. */
	static const struct box far_apart[] = {
		{INT_MIN, INT_MIN, INT_MAX, INT_MAX}, {INT_MAX, INT_MAX, INT_MAX, INT_MAX},
	};
	assert_int_equal(tiling_neighbour(far_apart, 2, 0, SIDE_RIGHT), 1);
	assert_int_equal(tiling_neighbour(far_apart, 2, 1, SIDE_UP), 0);
	assert_int_equal(tiling_neighbour(far_apart, 2, 1, SIDE_DOWN), 1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_exact_cover),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_neighbours),
	};
	return cmocka_run_group_tests_name("policy tiling", tests, NULL, NULL);
}
