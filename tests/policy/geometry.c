#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/geometry.h"

static const int hostile[] = {
	INT_MIN, INT_MIN + 1, -WINDOW_SIZE_MAX, -100, -1, 0, 1, 2, 47, 48, 53, 54, 119, 120, 700,
	WINDOW_SIZE_MAX, WINDOW_SIZE_MAX + 1, INT_MAX - 1, INT_MAX,
};
#define HOSTILE_LEN (sizeof(hostile) / sizeof(hostile[0]))

/* Screens less the strip: usual ones, odd ones, one too small for a window, ones with nothing. */
static const struct box screens[] = {
	{0, 28, 1920, 1052}, {-1920, -200, 1280, 692}, {3840, 28, 51, 20}, {0, 0, 119, 79}, {7, 7, 1, 1},
	{0, 0, 0, 0}, {5, 5, -10, INT_MIN}, {0, 0, 40000, 30000}, {-100000, -100000, 200000, 200000},
};
#define SCREENS_LEN (sizeof(screens) / sizeof(screens[0]))

static int64_t overlap(int64_t a, int64_t a_end, int64_t b, int64_t b_end) {
	int64_t start = a > b ? a : b, end = a_end < b_end ? a_end : b_end;
	return end > start ? end - start : 0;
}

static int64_t minimum(int64_t a, int64_t b) {
	return a < b ? a : b;
}

/* A screen without room counts as one pixel. */
static struct box at_least_a_pixel(struct box box) {
	box.width = box.width < 1 ? 1 : box.width;
	box.height = box.height < 1 ? 1 : box.height;
	return box;
}

static void assert_box(const struct box *box, int x, int y, int width, int height) {
	if (box->x != x || box->y != y || box->width != width || box->height != height) {
		fail_msg("%d,%d %dx%d, expected %d,%d %dx%d", box->x, box->y, box->width, box->height,
			x, y, width, height);
	}
}

static void assert_edges_fit(const struct box *box) {
	assert_true(box->width >= 0 && box->height >= 0);
	assert_true((int64_t)box->x + box->width <= INT_MAX);
	assert_true((int64_t)box->y + box->height <= INT_MAX);
}

static void test_empty_and_contains(void **state) {
	assert_true(box_is_empty(&(struct box){0, 0, 0, 5}));
	assert_true(box_is_empty(&(struct box){0, 0, 5, 0}));
	assert_true(box_is_empty(&(struct box){0, 0, -1, -1}));
	assert_false(box_is_empty(&(struct box){0, 0, 1, 1}));

	const struct box box = {10, 20, 30, 40};
	assert_true(box_contains(&box, 10, 20));
	assert_true(box_contains(&box, 39.99, 59.99));
	assert_false(box_contains(&box, 9.99, 30));
	assert_false(box_contains(&box, 40, 30));
	assert_false(box_contains(&box, 20, 19.99));
	assert_false(box_contains(&box, 20, 60));
	assert_false(box_contains(&box, NAN, 30));
	assert_false(box_contains(&box, 20, NAN));
	assert_false(box_contains(&box, INFINITY, 30));
	assert_false(box_contains(&(struct box){0, 0, -5, 5}, -2, 2));
	assert_true(box_contains(&(struct box){INT_MAX, INT_MAX, INT_MAX, INT_MAX}, 4e9, 4e9));
}

static void test_intersect(void **state) {
	static const struct {
		struct box a, b, both;
	} rows[] = {
		{{0, 0, 10, 10}, {5, 5, 10, 10}, {5, 5, 5, 5}},
		{{0, 0, 10, 10}, {2, 3, 4, 5}, {2, 3, 4, 5}},
		{{0, 0, 10, 10}, {10, 0, 10, 10}, {0, 0, 0, 0}},
		{{0, 0, 10, 10}, {0, 10, 10, 10}, {0, 0, 0, 0}},
		{{0, 0, 10, 10}, {-20, -20, 5, 5}, {0, 0, 0, 0}},
		{{0, 0, 0, 10}, {0, 0, 10, 10}, {0, 0, 0, 0}},
		{{0, 0, 10, 10}, {0, 0, -5, 10}, {0, 0, 0, 0}},
		{{INT_MAX - 5, 0, INT_MAX, 1}, {0, 0, INT_MAX, 1}, {INT_MAX - 5, 0, 5, 1}},
		{{INT_MIN, INT_MIN, INT_MAX, INT_MAX}, {-100, -100, 200, 200}, {-100, -100, 99, 99}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct box *both = &rows[i].both;
		struct box out = {1, 2, 3, 4};
		assert_int_equal(box_intersect(&out, &rows[i].a, &rows[i].b), both->width > 0);
		assert_box(&out, both->x, both->y, both->width, both->height);
		out = rows[i].b;
		assert_int_equal(box_intersect(&out, &out, &rows[i].a), both->width > 0);
		assert_box(&out, both->x, both->y, both->width, both->height);
	}
}

static void test_content(void **state) {
	const struct box frame = {100, 50, 400, 300};
	struct box content = frame_content(&frame);
	assert_box(&content, 100 + BORDER_WIDTH, 50 + BORDER_WIDTH + BAND_HEIGHT, 400 - 2 * BORDER_WIDTH,
		300 - 2 * BORDER_WIDTH - BAND_HEIGHT);
	content = frame_content_cover(&frame);
	assert_box(&content, 103, 53, 394, 294);

	struct box back = frame_for_content(100, 50, 394, 270);
	assert_box(&back, 100, 50, 400, 300);
	/* Too small a wish, and too large a one. */
	back = frame_for_content(1, 2, 10, 10);
	assert_box(&back, 1, 2, WINDOW_MIN_WIDTH, WINDOW_MIN_HEIGHT);
	back = frame_for_content(0, 0, INT_MIN, INT_MAX);
	assert_box(&back, 0, 0, WINDOW_MIN_WIDTH, WINDOW_SIZE_MAX);
	back = frame_for_content(INT_MAX, INT_MIN, 1000, 1000);
	assert_box(&back, INT_MAX - 1006, INT_MIN, 1006, 1030);
}

/* The content stays within its frame and never covers border or band, whatever the frame is. */
static void check_content(const struct box *frame) {
	struct box content = frame_content(frame), cover = frame_content_cover(frame);
	assert_edges_fit(&content);
	assert_edges_fit(&cover);
	if (!box_is_empty(&content)) {
		assert_true((int64_t)content.x - frame->x >= BORDER_WIDTH || content.x + content.width == INT_MAX);
		assert_int_equal((int64_t)frame->width - content.width, 2 * BORDER_WIDTH);
		assert_int_equal((int64_t)frame->height - content.height, 2 * BORDER_WIDTH + BAND_HEIGHT);
	}
	if (!box_is_empty(&cover)) {
		assert_int_equal((int64_t)frame->width - cover.width, 2 * BORDER_WIDTH);
		assert_int_equal((int64_t)frame->height - cover.height, 2 * BORDER_WIDTH);
	}
}

/* The promise of P7, for one screen and one wish. */
static void check_visible(const struct box *usable, const struct box *wish) {
	struct box frame = frame_keep_visible(wish, usable);
	struct box room = at_least_a_pixel(*usable);
	int64_t right = (int64_t)room.x + room.width, bottom = (int64_t)room.y + room.height;
	assert_edges_fit(&frame);
	assert_true(frame.width >= minimum(WINDOW_MIN_WIDTH, room.width));
	assert_true(frame.width <= minimum(WINDOW_SIZE_MAX, room.width));
	assert_true(frame.height >= minimum(WINDOW_MIN_HEIGHT, room.height));
	assert_true(frame.height <= minimum(WINDOW_SIZE_MAX, room.height));

	int64_t band_left = (int64_t)frame.x + BORDER_WIDTH;
	int64_t band_right = (int64_t)frame.x + frame.width - BORDER_WIDTH;
	int64_t most = minimum(BAND_VISIBLE_MIN, band_right - band_left);
	int64_t seen = overlap(band_left, band_right, room.x, right);
	assert_true(seen >= most);
	/* Where 48 px of band do not fit on the screen, the whole frame does. */
	int64_t frame_right = (int64_t)frame.x + frame.width;
	assert_true(overlap(frame.x, frame_right, room.x, right) >= minimum(BAND_VISIBLE_MIN + BORDER_WIDTH, frame.width));

	assert_true(frame.y >= room.y);
	int64_t head = BORDER_WIDTH + BAND_HEIGHT;
	assert_true(frame.y + minimum(head, frame.height) <= bottom);

	/* What is right already stays, and doing it twice changes nothing. */
	struct box again = frame_keep_visible(&frame, usable);
	assert_box(&again, frame.x, frame.y, frame.width, frame.height);
}

static void for_each_wish(void (*check)(const struct box *usable, const struct box *wish)) {
	for (size_t s = 0; s < SCREENS_LEN; s++) {
		for (size_t i = 0; i < HOSTILE_LEN * HOSTILE_LEN * HOSTILE_LEN * HOSTILE_LEN; i++) {
			struct box wish = {
				hostile[i % HOSTILE_LEN],
				hostile[i / HOSTILE_LEN % HOSTILE_LEN],
				hostile[i / HOSTILE_LEN / HOSTILE_LEN % HOSTILE_LEN],
				hostile[i / HOSTILE_LEN / HOSTILE_LEN / HOSTILE_LEN],
			};
			check(&screens[s], &wish);
		}
	}
}

static void check_all(const struct box *usable, const struct box *wish) {
	check_visible(usable, wish);
	check_content(wish);
}

static void test_band_stays_visible(void **state) {
	for_each_wish(check_all);
}

static void test_keep_visible(void **state) {
	const struct box usable = {0, 28, 1000, 700};
	static const struct {
		struct box wish, frame;
	} rows[] = {
		{{100, 100, 400, 300}, {100, 100, 400, 300}},   /* fine as it is */
		{{100, 0, 400, 300}, {100, 28, 400, 300}},      /* under the strip */
		{{-1000, 100, 400, 300}, {-349, 100, 400, 300}}, /* 51 px of frame are 48 of band */
		{{5000, 100, 400, 300}, {949, 100, 400, 300}},
		{{100, 5000, 400, 300}, {100, 701, 400, 300}},  /* the band's whole height */
		{{100, 100, 4000, 3000}, {100, 100, 1000, 700}},
		{{100, 100, 0, -7}, {100, 100, WINDOW_MIN_WIDTH, WINDOW_MIN_HEIGHT}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct box *expected = &rows[i].frame;
		struct box frame = frame_keep_visible(&rows[i].wish, &usable);
		assert_box(&frame, expected->x, expected->y, expected->width, expected->height);
	}
}

static void test_resize(void **state) {
	const struct box usable = {0, 28, 1000, 700};
	static const struct {
		struct box placed;
		int width, height;
		struct box frame;
	} rows[] = {
		{{100, 100, 400, 300}, 500, 350, {100, 100, 500, 350}},   /* there is room */
		{{100, 100, 400, 300}, 200, 150, {100, 100, 200, 150}},
		{{700, 500, 200, 150}, 400, 300, {600, 428, 400, 300}},   /* back from the edges that it would cross */
		{{700, 500, 200, 150}, 5000, 4000, {0, 28, 1000, 700}},
		{{700, 500, 200, 150}, INT_MIN, -1, {700, 500, WINDOW_MIN_WIDTH, WINDOW_MIN_HEIGHT}},
		{{900, 600, 300, 300}, 400, 400, {800, 500, 400, 400}},   /* out by 200 and 172 as before, not by more */
		{{900, 600, 300, 300}, 200, 200, {900, 600, 200, 200}},
		{{-200, 100, 300, 300}, 800, 300, {-200, 100, 800, 300}}, /* towards the inside there is room */
		{{-200, 100, 300, 300}, 120, 300, {-69, 100, 120, 300}},  /* and its band is not left out there */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct box *expected = &rows[i].frame;
		struct box frame = frame_resize_floating(&rows[i].placed, rows[i].width, rows[i].height, &usable);
		assert_box(&frame, expected->x, expected->y, expected->width, expected->height);
	}
}

static void check_resized(const struct box *usable, const struct box *wish) {
	const struct box placed = frame_keep_visible(wish, usable);
	struct box frame = frame_resize_floating(&placed, wish->height, wish->x, usable);
	struct box again = frame_keep_visible(&frame, usable);
	assert_edges_fit(&frame);
	assert_box(&again, frame.x, frame.y, frame.width, frame.height);
	/* Back to its size, it is back at its place. */
	frame = frame_resize_floating(&placed, placed.width, placed.height, usable);
	assert_box(&frame, placed.x, placed.y, placed.width, placed.height);
}

static void test_any_resize(void **state) {
	for_each_wish(check_resized);
}

static void check_placed(const struct box *usable, const struct box *wish) {
	struct box room = at_least_a_pixel(*usable);
	struct box by_parent = frame_place_floating(wish->width, wish->height, usable, wish, 0);
	struct box by_index = frame_place_floating(wish->width, wish->height, usable, NULL, wish->x);
	const struct box *both[] = {&by_parent, &by_index};
	for (size_t i = 0; i < 2; i++) {
		assert_edges_fit(both[i]);
		assert_true(both[i]->width > 0 && both[i]->height > 0);
		assert_true(both[i]->x >= room.x && both[i]->y >= room.y);
		assert_true((int64_t)both[i]->x + both[i]->width <= (int64_t)room.x + room.width);
		assert_true((int64_t)both[i]->y + both[i]->height <= (int64_t)room.y + room.height);
	}
}

static void test_place(void **state) {
	const struct box usable = {0, 28, 1000, 700}, parent = {200, 200, 400, 300};
	struct box frame = frame_place_floating(200, 100, &usable, &parent, 3);
	assert_box(&frame, 300, 300, 200, 100);
	/* A parent that is half away: the dialog is whole all the same. */
	frame = frame_place_floating(200, 100, &usable, &(struct box){-390, 30, 400, 100}, 0);
	assert_box(&frame, 0, 30, 200, 100);
	/* No parent, or one of no size: a cascade in which each band shows, and which comes round again. */
	frame = frame_place_floating(900, 600, &usable, NULL, 0);
	assert_box(&frame, 0, 28, 900, 600);
	frame = frame_place_floating(900, 600, &usable, &(struct box){1, 1, 0, 0}, 1);
	assert_box(&frame, 27, 55, 900, 600);
	frame = frame_place_floating(900, 600, &usable, NULL, 4);
	assert_box(&frame, 0, 28, 900, 600);
	for_each_wish(check_placed);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_and_contains),
		cmocka_unit_test(test_intersect),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_keep_visible),
		cmocka_unit_test(test_band_stays_visible),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_any_resize),
		cmocka_unit_test(test_place),
	};
	return cmocka_run_group_tests_name("policy geometry", tests, NULL, NULL);
}
