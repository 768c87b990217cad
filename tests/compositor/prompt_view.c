#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compositor/prompt_view.h"
#include "tests/compositor/pixels.h"

static int set_up(void **state) {
	*state = painter_create("");
	return *state == NULL;
}

static int tear_down(void **state) {
	painter_destroy(*state);
	return 0;
}

static char *lines[] = {
	"#!/bin/sh", "12345678901234567890123456789012345678901234567890123456", "", "4", "5", "6", "7", "8…",
};

static struct prompt_view a_view(size_t lines_len) {
	return (struct prompt_view){
		.question = "Give to bank?", .source = {"work", 0x1775fd, 0}, .destination = {"bank", 0xc12408, 0xffffff},
		.facts = "text · 42 B", .lines = lines, .lines_len = lines_len, .remark = "1 line, no hidden characters",
		.yes = "Give", .no = "Keep", .wait = "in 0.6 s",
	};
}

static bool is_inside(const struct box *inner, int width, int height) {
	return inner->x >= 0 && inner->y >= 0 && inner->x + inner->width <= width && inner->y + inner->height <= height;
}

/* From a phone to a wall: inside its room, with both buttons, apart from each other. */
static void test_room(void **state) {
	for (size_t len = 0; len <= 8; len++) {
		for (int width = 240; width < 2000; width += 190) {
			for (int height = 240; height < 1200; height += 70) {
				struct prompt_view view = a_view(len);
				struct prompt_layout layout;
				prompt_view_lay_out(*state, &view, width, height, &layout);
				assert_true(layout.width <= width && layout.height <= height);
				assert_true(is_inside(&layout.yes, layout.width, layout.height));
				assert_true(is_inside(&layout.no, layout.width, layout.height));
				assert_true(layout.yes.x + layout.yes.width < layout.no.x);
				assert_true(layout.lines_len <= len);
			}
		}
	}
}

/* With room enough every line is there, and none is cut. */
static void test_all_lines(void **state) {
	struct prompt_view view = a_view(8);
	struct prompt_layout layout;
	prompt_view_lay_out(*state, &view, 1600, 900, &layout);
	assert_int_equal(layout.lines_len, 8);
	struct paint_text longest = {.text = lines[1], .size = 14, .monospace = true};
	assert_true(layout.width > paint_text_width(*state, &longest));
}

static struct wlr_buffer *draw(struct painter *painter, const struct prompt_view *view, struct prompt_layout *layout,
		int max_height) {
	struct paint paint;
	prompt_view_lay_out(painter, view, 1600, max_height, layout);
	assert_true(paint_begin(&paint, painter, 0, 0, layout->width, layout->height, 1));
	prompt_view_draw(&paint, view, layout);
	return paint_finish(&paint);
}

/* Both instances in their colours; the answer that gives something away lights up only when it counts. */
static void test_picture(void **state) {
	struct prompt_view view = a_view(1);
	struct prompt_layout layout;
	for (int ready = 0; ready < 2; ready++) {
		view.ready = ready;
		struct wlr_buffer *buffer = draw(*state, &view, &layout, 900);
		assert_true(count_color(buffer, 0, 0, layout.width, layout.height, 0x1775fd) > 500);
		assert_true(count_color(buffer, 0, 0, layout.width, layout.height, 0xc12408) > 500);
		assert_int_equal(count_color(buffer, layout.yes.x, layout.yes.y, layout.yes.width, 1, COLOR_SELECTED),
			ready ? layout.yes.width : 0);
		assert_int_equal(count_color(buffer, 0, 0, layout.width, layout.height, COLOR_WARNING), 0);
		wlr_buffer_drop(buffer);
	}
}

static void test_warnings(void **state) {
	struct prompt_view view = a_view(8);
	struct prompt_layout layout;
	view.warning = true;
	struct wlr_buffer *buffer = draw(*state, &view, &layout, 900);
	assert_true(count_color(buffer, 0, 0, layout.width, layout.height, COLOR_WARNING) > 0);
	wlr_buffer_drop(buffer);
	/* Lines that have no room are missed by nobody. */
	view.warning = false;
	buffer = draw(*state, &view, &layout, 300);
	assert_true(layout.lines_len < 8);
	assert_true(count_color(buffer, 0, 0, layout.width, layout.height, COLOR_WARNING) > 0);
	wlr_buffer_drop(buffer);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_all_lines),
		cmocka_unit_test(test_picture),
		cmocka_unit_test(test_warnings),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
