#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "compositor/strip_view.h"
#include "policy/geometry.h"
#include "tests/compositor/pixels.h"

#define BLUE 0x1775fd
#define RED 0xc12408

static int set_up(void **state) {
	*state = painter_create("");
	return *state == NULL;
}

static int tear_down(void **state) {
	painter_destroy(*state);
	return 0;
}

static struct strip_view a_view(int width) {
	struct strip_view view;
	memset(&view, 0, sizeof(view));
	view.width = width;
	view.scale = 1;
	view.has_keys = true;
	for (int i = 0; i < 4; i++) {
		view.workspaces[i].listed = true;
	}
	view.workspaces[0].current = true;
	view.tag = (struct strip_tag){.name = "work", .color = BLUE};
	view.source = (struct strip_tag){.name = "bank", .color = RED, .text_color = 0xffffff};
	copy_string(view.text, sizeof(view.text), "report.md — editor");
	copy_string(view.held, sizeof(view.held), "text · 42 B");
	copy_string(view.left, sizeof(view.left), "58 s");
	copy_string(view.layout, sizeof(view.layout), "us");
	copy_string(view.time, sizeof(view.time), "14:07");
	return view;
}

static struct wlr_buffer *draw(struct painter *painter, const struct strip_view *view) {
	struct strip_layout layout;
	strip_view_lay_out(painter, view, &layout);
	struct paint paint;
	assert_true(paint_begin(&paint, painter, 0, 0, view->width, STRIP_HEIGHT, view->scale));
	strip_view_draw(&paint, view, &layout);
	return paint_finish(&paint);
}

/* ---- what goes where ---- */

/* From a wall of screens to a watch: nothing overlaps, and both names stay whole as long as they fit. */
static void test_every_width(void **state) {
	static const char *const names[] = {"w", "work", "abcdefghijklmnopqrstuvwxyz12345"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (int width = 40; width < 1400; width += 3) {
			struct strip_view view = a_view(width);
			copy_string(view.tag.name, sizeof(view.tag.name), names[i]);
			struct strip_layout layout;
			strip_view_lay_out(*state, &view, &layout);
			double name = paint_tag_width(*state, names[i]), source = paint_tag_width(*state, "bank");
			double least = layout.cells[0].x + 22 + 16 + name + 18 + source + 12;
			if (width >= least) {
				assert_true(layout.middle_right - layout.middle_left >= name);
				assert_true(layout.source_width == source);
			}
			double ends[] = {
				layout.word_x, layout.source_x, layout.source_x + layout.source_width, layout.held_x, layout.layout_x,
				layout.time_x, width,
			};
			double end = layout.middle_right;
			for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
				if (ends[k] >= 0) {
					assert_true(ends[k] >= end);
					end = ends[k];
				}
			}
		}
	}
}

static void test_room_is_given_up_in_order(void **state) {
	int word = 0, keyboard = 0, time = 0;
	for (int width = 1400; width > 100; width--) {
		struct strip_view view = a_view(width);
		struct strip_layout layout;
		strip_view_lay_out(*state, &view, &layout);
		word = layout.word_x >= 0 ? width : word;
		keyboard = layout.layout_x >= 0 ? width : keyboard;
		time = layout.time_x >= 0 ? width : time;
	}
	assert_true(word > keyboard && keyboard > time && time > 100);
}

/* Seconds that go from two digits to one, or a minute that passes, move nothing. */
static void test_counting_moves_nothing(void **state) {
	static const char *const left[] = {"58 s", "11 s", "9 s", "1 s"}, *const times[] = {"14:07", "11:11", "00:00"};
	struct strip_view view = a_view(1000);
	struct strip_layout first, layout;
	strip_view_lay_out(*state, &view, &first);
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 3; k++) {
			copy_string(view.left, sizeof(view.left), left[i]);
			copy_string(view.time, sizeof(view.time), times[k]);
			strip_view_lay_out(*state, &view, &layout);
			assert_true(layout.word_x == first.word_x && layout.source_x == first.source_x);
			assert_true(layout.held_x == first.held_x && layout.time_x == first.time_x);
		}
	}
}

static void test_workspace_at(void **state) {
	struct strip_view view = a_view(1000);
	view.workspaces[1].listed = false;
	struct strip_layout layout;
	strip_view_lay_out(*state, &view, &layout);
	static const struct {
		double x;
		int number;
	} rows[] = {
		{-1, 0}, {0, 0}, {5.9, 0}, {6, 1}, {8, 1}, {29, 1}, {31.9, 1}, {32, 3}, {57.9, 3}, {58, 4}, {83.9, 4}, {84, 0},
		{500, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(strip_view_workspace_at(&layout, rows[i].x), rows[i].number);
	}
}

/* ---- what is seen ---- */

static void test_whose_keys(void **state) {
	struct strip_view view = a_view(1000);
	struct strip_layout layout;
	strip_view_lay_out(*state, &view, &layout);
	int x = (int)layout.middle_left, width = (int)paint_tag_width(*state, "work");

	/* Here are the keys: filled. */
	struct wlr_buffer *buffer = draw(*state, &view);
	assert_int_equal(count_color(buffer, x, 4, 8, 20, BLUE), 8 * 20);
	assert_true(count_color(buffer, x, 4, width, 20, BLUE) > width * 20 / 2);
	wlr_buffer_drop(buffer);

	/* On the other outputs: an edge alone. */
	view.has_keys = false;
	buffer = draw(*state, &view);
	assert_int_equal(count_color(buffer, x, 4, width, 20, BLUE), 2 * width + 2 * 18);
	wlr_buffer_drop(buffer);

	/* Nobody has them. */
	view.tag.name[0] = '\0';
	buffer = draw(*state, &view);
	assert_int_equal(count_color(buffer, 0, 0, (int)layout.middle_right, STRIP_HEIGHT, BLUE), 0);
	wlr_buffer_drop(buffer);
}

/* A notice about another takes the title's place, and never that of who has the keys. */
static void test_notice_about_another(void **state) {
	struct strip_view view = a_view(1000);
	view.middle = STRIP_NOTICE;
	view.about = (struct strip_tag){.name = "agent", .color = 0x61eb99};
	struct strip_layout layout;
	strip_view_lay_out(*state, &view, &layout);
	struct wlr_buffer *buffer = draw(*state, &view);
	int x = (int)layout.middle_left, width = (int)paint_tag_width(*state, "work");
	assert_int_equal(count_color(buffer, x, 4, 8, 20, BLUE), 8 * 20);
	int other = (int)paint_tag_width(*state, "agent");
	assert_int_equal(count_color(buffer, x + width, 4, 300, 20, 0x61eb99), 2 * other + 2 * 18);
	wlr_buffer_drop(buffer);
}

/* What is said in a prompt's name stands in its colour, which a title never has. */
static void test_question_and_warning(void **state) {
	for (enum strip_middle middle = STRIP_FOCUS; middle <= STRIP_QUESTION; middle++) {
		struct strip_view view = a_view(1000);
		view.middle = middle;
		struct wlr_buffer *buffer = draw(*state, &view);
		bool has = count_color(buffer, 100, 0, 500, STRIP_HEIGHT, COLOR_WARNING) > 0;
		assert_int_equal(has, middle == STRIP_QUESTION || middle == STRIP_WARNING);
		wlr_buffer_drop(buffer);
	}
}

static void test_urgent(void **state) {
	struct strip_view view = a_view(1000);
	struct wlr_buffer *buffer = draw(*state, &view);
	assert_int_equal(count_color(buffer, 0, 0, 110, STRIP_HEIGHT, COLOR_WARNING), 0);
	wlr_buffer_drop(buffer);
	view.workspaces[2].urgent = true;
	buffer = draw(*state, &view);
	assert_true(count_color(buffer, 60, 22, 22, 2, COLOR_WARNING) == 44);
	wlr_buffer_drop(buffer);
}

/* Every pixel of it is painted: nothing shines through. */
static void test_opaque(void **state) {
	static const double scales[] = {1, 1.25, 1.5, 2};
	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
		struct strip_view view = a_view(333);
		view.scale = scales[i];
		struct wlr_buffer *buffer = draw(*state, &view);
		for (int row = 0; row < buffer->height; row++) {
			for (int column = 0; column < buffer->width; column++) {
				assert_int_equal(pixel_at(buffer, column, row) >> 24, 0xff);
			}
		}
		wlr_buffer_drop(buffer);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_room_is_given_up_in_order),
		cmocka_unit_test(test_counting_moves_nothing),
		cmocka_unit_test(test_workspace_at),
		cmocka_unit_test(test_whose_keys),
		cmocka_unit_test(test_notice_about_another),
		cmocka_unit_test(test_question_and_warning),
		cmocka_unit_test(test_urgent),
		cmocka_unit_test(test_opaque),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
