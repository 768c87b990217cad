#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/covers.h"
#include "compositor/facts.h"
#include "tests/compositor/pixels.h"

/* ---- a desk of one output and one workspace ---- */

struct workspace *desk_on_output(struct desk *desk, struct output *output) {
	return &desk->workspaces[0];
}

struct window *workspace_latest(struct workspace *workspace, struct instance *instance) {
	return NULL;
}

struct instance *instances_find(struct instances *instances, const char *name) {
	return NULL;
}

struct window *window_get_parent(const struct window *window) {
	return NULL;
}

const char *facts_of(const struct instance *instance, char *out, size_t size) {
	return "1 window";
}

#define WINDOWS 4

struct world {
	struct wlr_scene *scene;
	struct painter *painter;
	struct wlr_output wlr_output;
	struct output output;
	struct outputs outputs;
	struct desk desk;
	struct instances instances;
	struct instance instance[WINDOWS];
	struct window windows[WINDOWS];
	struct choices choices;
};

/* Two tiles, a floating window over both and over the edge of the output, and one wholly below the floating one. */
static const struct box boxes[WINDOWS] = {
	{0, 28, 640, 692}, {640, 28, 640, 692}, {300, 100, 1500, 400}, {700, 200, 100, 100},
};
static const uint32_t colors[WINDOWS] = {0x1775fd, 0xfa9719, 0xc12408, 0x4abd95};
static const struct box screen = {0, 28, 1280, 692};

static int set_up(void **state) {
	struct world *world = *state = calloc(1, sizeof(*world));
	world->scene = wlr_scene_create();
	world->painter = painter_create("");
	world->wlr_output.scale = 1;
	world->output.wlr = &world->wlr_output;
	world->output.full = (struct box){0, 0, 1280, 720};
	world->output.below_strip = screen;
	wl_list_init(&world->outputs.list);
	wl_list_insert(&world->outputs.list, &world->output.link);
	wl_list_init(&world->instances.list);
	world->desk.outputs = &world->outputs;
	for (int i = 0; i < WORKSPACES; i++) {
		wl_list_init(&world->desk.workspaces[i].windows);
		wl_list_init(&world->desk.workspaces[i].focus_order);
	}
	for (int i = 0; i < WINDOWS; i++) {
		world->instance[i] = (struct instance){.name = "work", .color = colors[i], .text_color = 0xffffff};
		world->windows[i] = (struct window){
			.id = (uint32_t)i + 1, .instance = &world->instance[i], .mapped = true, .visible = true, .box = boxes[i],
			.floating = i >= 2,
		};
		wl_list_insert(world->desk.workspaces[0].windows.prev, &world->windows[i].workspace_link);
		wl_list_insert(world->desk.workspaces[0].focus_order.prev, &world->windows[i].focus_link);
	}
	choices_update(&world->choices, &world->instances, &world->desk);
	return 0;
}

static int tear_down(void **state) {
	struct world *world = *state;
	choices_finish(&world->choices);
	painter_destroy(world->painter);
	wlr_scene_node_destroy(&world->scene->tree.node);
	free(world);
	return 0;
}

/* ---- what stands where ---- */

static bool is_rect_at(struct wlr_scene_node *node, int x, int y) {
	if (node->type != WLR_SCENE_NODE_RECT) {
		return false;
	}
	const struct wlr_scene_rect *rect = wlr_scene_rect_from_node(node);
	struct box box = {node->x, node->y, rect->width, rect->height};
	return rect->color[3] < 1 && box_contains(&box, x, y);
}

/* The instance whose colour is here; -1 for none. Two at one place would shine through each other. */
static int cover_at(struct world *world, int x, int y) {
	int found = -1;
	struct wlr_scene_node *node;
	wl_list_for_each(node, &world->scene->tree.children, link) {
		if (!is_rect_at(node, x, y)) {
			continue;
		}
		const float *color = wlr_scene_rect_from_node(node)->color;
		assert_int_equal(found, -1);
		for (int i = 0; i < WINDOWS; i++) {
			float wanted[4];
			scene_color(colors[i], color[3], wanted);
			found = memcmp(wanted, color, sizeof(wanted)) == 0 ? i : found;
		}
		assert_int_not_equal(found, -1);
	}
	return found;
}

/* The uppermost window at each point, the selected one before all. */
static void assert_covers(struct world *world, const int *order) {
	for (int y = 0; y < 720; y += 7) {
		for (int x = 0; x < 1280; x += 11) {
			int expected = -1;
			for (int i = WINDOWS - 1; i >= 0; i--) {
				if (box_contains(&boxes[order[i]], x, y) && box_contains(&screen, x, y)) {
					expected = order[i];
				}
			}
			assert_int_equal(cover_at(world, x, y), expected);
		}
	}
}

static void add(struct world *world, const struct box *avoid) {
	covers_add(&world->scene->tree, world->painter, &world->desk, &world->output, &world->choices, avoid);
}

static int count_labels(struct world *world) {
	int count = 0;
	struct wlr_scene_node *node;
	wl_list_for_each(node, &world->scene->tree.children, link) {
		count += node->type == WLR_SCENE_NODE_BUFFER;
	}
	return count;
}

static void test_each_where_it_is_seen(void **state) {
	struct world *world = *state;
	add(world, NULL);
	assert_covers(world, (int[]){0, 2, 3, 1});
	/* The first is selected: before all, with an outline inside it. What is wholly below another has no label. */
	assert_int_equal(count_labels(world), 3);
}

static void test_selected_is_before_all(void **state) {
	struct world *world = *state;
	world->choices.selected = 3;
	add(world, NULL);
	assert_covers(world, (int[]){3, 2, 0, 1});
	assert_int_equal(count_labels(world), 4);
}

static void test_fullscreen_hides_the_rest(void **state) {
	struct world *world = *state;
	world->windows[1].fullscreen = true;
	world->windows[1].box = screen;
	world->choices.selected = 1;
	add(world, NULL);
	for (int x = 0; x < 1280; x += 13) {
		assert_int_equal(cover_at(world, x, 300), 1);
	}
	assert_int_equal(count_labels(world), 1);
}

/* No label is written where the panel will stand. */
static void test_avoid(void **state) {
	struct world *world = *state;
	static const struct box avoid = {370, 300, 540, 100};
	add(world, &avoid);
	struct wlr_scene_node *node;
	wl_list_for_each(node, &world->scene->tree.children, link) {
		if (node->type == WLR_SCENE_NODE_BUFFER) {
			const struct wlr_scene_buffer *buffer = wlr_scene_buffer_from_node(node);
			struct box box = {node->x, node->y, buffer->dst_width, buffer->dst_height}, both;
			assert_false(box_intersect(&both, &box, &avoid));
		}
	}
}

/* ---- labels ---- */

static void test_label_place(void **state) {
	for (int width = 0; width < 900; width += 3) {
		for (int height = 0; height < 400; height += 3) {
			struct box place = covers_label_place(width, height);
			if (!box_is_empty(&place)) {
				assert_true(place.x >= 0 && place.x + place.width <= width);
				assert_true(place.y >= 0 && place.y + place.height <= height);
			}
		}
	}
	struct box small = covers_label_place(100, 20);
	assert_false(box_is_empty(&small));
}

/* The longest name in the smallest place is still there, in its colour. */
static void test_label_is_there(void **state) {
	struct world *world = *state;
	static const struct {
		int width, height;
	} rows[] = {{1280, 692}, {640, 340}, {200, 100}, {120, 80}, {60, 40}, {46, 14}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct covers_label label = {
			.name = "abcdefghijklmnopqrstuvwxyz12345", .facts = "1 window", .text_color = 0xffffff,
		};
		struct box place = covers_label_place(rows[i].width, rows[i].height);
		struct paint paint;
		assert_true(paint_begin(&paint, world->painter, 0, 0, place.width, place.height, 1));
		covers_label_draw(&paint, &label);
		struct wlr_buffer *buffer = paint_finish(&paint);
		int drawn = 0;
		for (int y = 0; y < place.height; y++) {
			for (int x = 0; x < place.width; x++) {
				drawn += pixel_at(buffer, x, y) != 0;
			}
		}
		assert_true(drawn > 5);
		wlr_buffer_drop(buffer);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_where_it_is_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_selected_is_before_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fullscreen_hides_the_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_avoid, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_label_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_label_is_there, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
