#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/frame.h"
#include "tests/compositor/pixels.h"

#define COLOR 0x1775fd

struct world {
	struct wlr_scene *scene;
	struct painter *painter;
	struct instance instance;
	struct frame *frame;
};

static int set_up(void **state) {
	struct world *world = *state = calloc(1, sizeof(*world));
	world->scene = wlr_scene_create();
	world->painter = painter_create("");
	world->instance = (struct instance){.name = "work", .color = COLOR};
	world->frame = frame_create(&world->scene->tree, world->painter, &world->instance);
	return world->frame == NULL;
}

static int tear_down(void **state) {
	struct world *world = *state;
	frame_destroy(world->frame);
	painter_destroy(world->painter);
	wlr_scene_node_destroy(&world->scene->tree.node);
	free(world);
	return 0;
}

static struct frame_look a_look(struct box box) {
	return (struct frame_look){
		.box = box, .output = {0, 0, 1280, 720}, .scale = 1, .focused = true, .title = "report.md — editor",
	};
}

/* The band's node: the only one of the frame's own with a picture. */
static struct wlr_scene_buffer *band_of(struct frame *frame) {
	struct wlr_scene_node *node;
	wl_list_for_each(node, &frame_get_tree(frame)->children, link) {
		if (node->type == WLR_SCENE_NODE_BUFFER) {
			return wlr_scene_buffer_from_node(node);
		}
	}
	fail();
	return NULL;
}

static struct wlr_buffer *update(struct world *world, const struct frame_look *look) {
	frame_update(world->frame, look);
	/* Its output has shown a frame. */
	wl_signal_emit_mutable(&band_of(world->frame)->events.frame_done, NULL);
	return band_of(world->frame)->buffer;
}

static void emit_frame_done(struct world *world) {
	wl_signal_emit_mutable(&band_of(world->frame)->events.frame_done, NULL);
}

/* ---- what is above what ---- */

/* Every point of the frame's edge and band is the frame's own, whatever the client puts into its content. */
static void test_content_is_below(void **state) {
	struct world *world = *state;
	struct frame_look look = a_look((struct box){50, 60, 300, 200});
	frame_update(world->frame, &look);
	float red[4] = {1, 0, 0, 1};
	struct wlr_scene_rect *client = wlr_scene_rect_create(frame_get_content(world->frame), 4000, 4000, red);
	wlr_scene_node_set_position(&client->node, -2000, -2000);
	struct box content = frame_content(&look.box);
	for (int y = look.box.y; y < look.box.y + look.box.height; y++) {
		for (int x = look.box.x; x < look.box.x + look.box.width; x++) {
			double sx, sy;
			struct wlr_scene_node *node = wlr_scene_node_at(&world->scene->tree.node, x + 0.5, y + 0.5, &sx, &sy);
			assert_int_equal(node == &client->node, box_contains(&content, x + 0.5, y + 0.5));
		}
	}
}

static void test_backing(void **state) {
	struct world *world = *state;
	static const enum frame_style styles[] = {FRAME_WINDOW, FRAME_COVER, FRAME_BARE};
	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		struct frame_look look = a_look((struct box){50, 60, 300, 200});
		look.style = styles[i];
		frame_update(world->frame, &look);
		/* The lowest node is one opaque colour below all of the content: nobody looks through a window. */
		struct wlr_scene_node *lowest = wl_container_of(frame_get_tree(world->frame)->children.next, lowest, link);
		assert_int_equal(lowest->type, WLR_SCENE_NODE_RECT);
		struct wlr_scene_rect *backing = wlr_scene_rect_from_node(lowest);
		assert_true(backing->color[3] == 1);
		struct wlr_scene_node *content = &frame_get_content(world->frame)->node;
		assert_true(lowest->x <= content->x && lowest->y <= content->y);
		assert_true(lowest->x + backing->width >= look.box.width - content->x);
		assert_true(lowest->y + backing->height >= look.box.height - content->x);
	}
}

/* `cover` keeps an edge of the colour all around, above the content. */
static void test_cover_keeps_its_edge(void **state) {
	struct world *world = *state;
	struct frame_look look = a_look((struct box){0, 0, 320, 200});
	look.style = FRAME_COVER;
	frame_update(world->frame, &look);
	float red[4] = {1, 0, 0, 1};
	struct wlr_scene_rect *client = wlr_scene_rect_create(frame_get_content(world->frame), 4000, 4000, red);
	wlr_scene_node_set_position(&client->node, -2000, -2000);
	struct box content = frame_content_cover(&look.box);
	for (int y = 0; y < 200; y++) {
		for (int x = 0; x < 320; x++) {
			double sx, sy;
			struct wlr_scene_node *node = wlr_scene_node_at(&world->scene->tree.node, x + 0.5, y + 0.5, &sx, &sy);
			bool inside = box_contains(&content, x + 0.5, y + 0.5);
			assert_int_equal(node == &client->node, inside);
			if (!inside) {
				const float *color = wlr_scene_rect_from_node(node)->color;
				assert_int_equal((int)(color[0] * 255 + 0.5f) << 16 | (int)(color[1] * 255 + 0.5f) << 8 |
					(int)(color[2] * 255 + 0.5f), COLOR);
			}
		}
	}
}

/* ---- the band ---- */

static void test_band(void **state) {
	struct world *world = *state;
	struct frame_look look = a_look((struct box){50, 60, 300, 200});
	struct wlr_buffer *band = update(world, &look);
	int tag = (int)paint_tag_width(world->painter, "work");
	assert_int_equal(band->width, 294);
	assert_int_equal(band->height, BAND_HEIGHT);
	assert_int_equal(count_color(band, 0, 0, 8, BAND_HEIGHT, COLOR), 8 * BAND_HEIGHT);
	assert_int_equal(count_color(band, tag, 0, 294 - tag, BAND_HEIGHT, COLOR), 0);
	assert_true(count_color(band, tag, 0, 294 - tag, 1, COLOR_BAND_FOCUSED) == 294 - tag);
	assert_true(count_other(band, tag, 0, 294 - tag, BAND_HEIGHT, COLOR_BAND_FOCUSED) > 50);

	look.focused = false;
	band = update(world, &look);
	assert_int_equal(count_color(band, 0, 0, 8, BAND_HEIGHT, COLOR), 8 * BAND_HEIGHT);
	assert_true(count_color(band, tag, 0, 294 - tag, 1, COLOR_BAND) == 294 - tag);
}

/* The name is there whole as long as the band has room for it; the title goes first. */
static void test_narrow(void **state) {
	struct world *world = *state;
	int tag = (int)paint_tag_width(world->painter, "work");
	for (int width = 7; width < 300; width++) {
		struct frame_look look = a_look((struct box){50, 60, width, 200});
		look.not_answering = width % 2;
		struct wlr_buffer *band = update(world, &look);
		int room = width - 2 * BORDER_WIDTH, shown = tag < room ? tag : room;
		assert_int_equal(band->width, room);
		assert_int_equal(count_color(band, 0, 0, room, 1, COLOR), shown);
	}
}

static void test_state(void **state) {
	struct world *world = *state;
	for (int bits = 0; bits < 8; bits++) {
		struct frame_look look = a_look((struct box){50, 60, 400, 200});
		look.title = "a title as long as one can be, so long that it would reach the other end of every band there is";
		look.urgent = bits & 1;
		look.not_answering = bits & 2;
		look.frozen = bits & 4;
		struct wlr_buffer *band = update(world, &look);
		assert_int_equal(count_color(band, 200, 0, 194, BAND_HEIGHT, COLOR_WARNING) > 0, bits != 0);
	}
}

/* Of a window that is partly off its output, the part that is on it says whose it is. */
static void test_off_the_edge(void **state) {
	struct world *world = *state;
	int tag = (int)paint_tag_width(world->painter, "work");
	for (int x = -350; x < 0; x += 9) {
		struct frame_look look = a_look((struct box){x, 60, 400, 200});
		struct wlr_buffer *band = update(world, &look);
		int hidden = -x - BORDER_WIDTH > 0 ? -x - BORDER_WIDTH : 0;
		int room = 394 - hidden;
		assert_int_equal(count_color(band, hidden, 0, room, 1, COLOR), tag < room ? tag : room);
		assert_int_equal(count_color(band, 0, 0, hidden, BAND_HEIGHT, COLOR), 0);
	}
	/* On no output at all it is as it would be anywhere. */
	struct frame_look look = a_look((struct box){-9000, 60, 400, 200});
	look.output = (struct box){0};
	assert_int_equal(count_color(update(world, &look), 0, 0, 394, 1, COLOR), tag);
}

/* And of one that a panel of the shell's lies on, the part beside it. */
static void test_below_a_panel(void **state) {
	struct world *world = *state;
	int tag = (int)paint_tag_width(world->painter, "work");
	struct frame_look look = a_look((struct box){100, 60, 400, 200});
	look.room = (struct box){250, 28, 1030, 692};
	struct wlr_buffer *band = update(world, &look);
	assert_int_equal(count_color(band, 0, 0, 147, BAND_HEIGHT, COLOR), 0);
	assert_int_equal(count_color(band, 147, 0, tag, 1, COLOR), tag);
	look.room = (struct box){0, 28, 160, 692};
	band = update(world, &look);
	assert_int_equal(count_color(band, 0, 0, 57, 1, COLOR), tag < 57 ? tag : 57);
	assert_int_equal(count_color(band, 57, 0, 394 - 57, BAND_HEIGHT, COLOR), 0);
}

static void test_recolor(void **state) {
	struct world *world = *state;
	struct frame_look look = a_look((struct box){50, 60, 300, 200});
	update(world, &look);
	world->instance.color = 0xe0f42f;
	frame_recolor(world->frame);
	struct wlr_buffer *band = band_of(world->frame)->buffer;
	assert_int_equal(count_color(band, 0, 0, 294, BAND_HEIGHT, COLOR), 0);
	assert_int_equal(count_color(band, 0, 0, 8, BAND_HEIGHT, 0xe0f42f), 8 * BAND_HEIGHT);
}

/* ---- no more painting than is shown ---- */

static void test_unchanged_is_not_drawn(void **state) {
	struct world *world = *state;
	struct frame_look look = a_look((struct box){50, 60, 300, 200});
	struct wlr_buffer *band = update(world, &look);
	look.box.x += 40; /* moved at a whole scale: the same pixels elsewhere */
	assert_ptr_equal(update(world, &look), band);
}

static void test_titles_wait_for_a_frame(void **state) {
	struct world *world = *state;
	struct frame_look look = a_look((struct box){50, 60, 300, 200});
	frame_update(world->frame, &look);
	struct wlr_buffer *first = band_of(world->frame)->buffer;
	char title[32];
	for (int i = 0; i < 1000; i++) {
		snprintf(title, sizeof(title), "title %d", i);
		look.title = title;
		frame_update(world->frame, &look);
		assert_ptr_equal(band_of(world->frame)->buffer, first);
	}
	emit_frame_done(world);
	struct wlr_buffer *second = band_of(world->frame)->buffer;
	assert_ptr_not_equal(second, first);
	emit_frame_done(world);
	assert_ptr_equal(band_of(world->frame)->buffer, second);

	/* Focus is never late. */
	look.title = "another";
	frame_update(world->frame, &look);
	struct wlr_buffer *third = band_of(world->frame)->buffer;
	assert_ptr_not_equal(third, second);
	look.focused = false;
	frame_update(world->frame, &look);
	assert_ptr_not_equal(band_of(world->frame)->buffer, third);
}

/* A window that shrinks between two frames has no band that sticks out meanwhile. */
static void test_shrinking_band(void **state) {
	struct world *world = *state;
	struct frame_look look = a_look((struct box){50, 60, 300, 200});
	frame_update(world->frame, &look);
	look.box.width = 200;
	frame_update(world->frame, &look);
	assert_int_equal(band_of(world->frame)->dst_width, 194);
	look.box.width = 120;
	frame_update(world->frame, &look);
	assert_int_equal(band_of(world->frame)->dst_width, 114);
	emit_frame_done(world);
	assert_int_equal(band_of(world->frame)->dst_width, 114);
	assert_int_equal(band_of(world->frame)->buffer->width, 114);
	assert_true(wlr_fbox_empty(&band_of(world->frame)->src_box));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_content_is_below, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_backing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cover_keeps_its_edge, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_band, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_narrow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_state, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_off_the_edge, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_below_a_panel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_recolor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unchanged_is_not_drawn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_titles_wait_for_a_frame, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shrinking_band, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
