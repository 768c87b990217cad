#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "compositor/choices.h"

/* ---- a desk of one output and two workspaces, the second hidden ---- */

struct workspace *desk_on_output(struct desk *desk, struct output *output) {
	return &desk->workspaces[0];
}

struct window *workspace_latest(struct workspace *workspace, struct instance *instance) {
	struct window *window;
	wl_list_for_each(window, &workspace->focus_order, focus_link) {
		if (window->instance == instance) {
			return window;
		}
	}
	return NULL;
}

struct instance *instances_find(struct instances *instances, const char *name) {
	struct instance *instance;
	wl_list_for_each(instance, &instances->list, link) {
		if (strcmp(instance->name, name) == 0) {
			return instance;
		}
	}
	return NULL;
}

#define INSTANCES 4
#define WINDOWS 200

struct world {
	struct output output;
	struct outputs outputs;
	struct desk desk;
	struct instances instances;
	struct instance instance[INSTANCES];
	struct window windows[WINDOWS];
	uint32_t windows_len;
	struct choices choices;
};

static int set_up(void **state) {
	static const char *const names[INSTANCES] = {"work", "personal", "bank", "agent"};
	struct world *world = *state = calloc(1, sizeof(*world));
	wl_list_init(&world->outputs.list);
	wl_list_init(&world->instances.list);
	world->output.below_strip = (struct box){0, 28, 1280, 692};
	wl_list_insert(&world->outputs.list, &world->output.link);
	world->desk.outputs = &world->outputs;
	for (int i = 0; i < WORKSPACES; i++) {
		wl_list_init(&world->desk.workspaces[i].windows);
		wl_list_init(&world->desk.workspaces[i].focus_order);
	}
	for (int i = 0; i < INSTANCES; i++) {
		copy_string(world->instance[i].name, sizeof(world->instance[i].name), names[i]);
		wl_list_insert(world->instances.list.prev, &world->instance[i].link);
	}
	return 0;
}

static int tear_down(void **state) {
	struct world *world = *state;
	choices_finish(&world->choices);
	free(world);
	return 0;
}

static struct window *add_window(struct world *world, int instance, int workspace, int x) {
	struct window *window = &world->windows[world->windows_len++];
	*window = (struct window){
		.id = world->windows_len, .instance = &world->instance[instance], .mapped = true, .visible = workspace == 0,
		.box = {x, 28, 100, 100}, .workspace = &world->desk.workspaces[workspace],
	};
	world->instance[instance].clients = 1;
	wl_list_insert(window->workspace->windows.prev, &window->workspace_link);
	wl_list_insert(window->workspace->focus_order.prev, &window->focus_link);
	return window;
}

static void remove_window(struct window *window) {
	wl_list_remove(&window->workspace_link);
	wl_list_remove(&window->focus_link);
}

static bool update(struct world *world) {
	return choices_update(&world->choices, &world->instances, &world->desk);
}

static void assert_selected(const struct world *world, const char *name, uint32_t window) {
	const struct choice *choice = choices_selected(&world->choices);
	assert_non_null(choice);
	assert_string_equal(choice->name, name);
	assert_int_equal(choice->window, window);
}

/* ---- what there is to choose ---- */

static void test_nothing(void **state) {
	struct world *world = *state;
	update(world);
	assert_null(choices_selected(&world->choices));
	choices_step(&world->choices, true);
	choices_step(&world->choices, false);
	assert_null(choices_select_at(&world->choices, 50, 50));
	assert_null(choices_selected(&world->choices));
}

/* Windows in their order, then what has life but no window to be seen: running, failed, or merely connected. */
static void test_order(void **state) {
	struct world *world = *state;
	add_window(world, 2, 0, 0);
	add_window(world, 0, 0, 100);
	add_window(world, 1, 1, 0);
	world->instance[3].state = INSTANCE_FAILED;
	update(world);
	static const char *const names[] = {"bank", "work", "personal", "agent"};
	assert_int_equal(world->choices.len, 4);
	assert_int_equal(choices_first_tag(&world->choices), 2);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(world->choices.list[i].name, names[i]);
		assert_int_equal(world->choices.list[i].window != 0, i < 2);
	}
	assert_selected(world, "bank", 1);
	choices_step(&world->choices, false);
	assert_selected(world, "agent", 0);
	choices_step(&world->choices, true);
	choices_step(&world->choices, true);
	assert_selected(world, "work", 2);
}

/* A window out of sight is no choice: its instance is, as one without. */
static void test_out_of_sight(void **state) {
	struct world *world = *state;
	add_window(world, 0, 0, 5000);
	add_window(world, 1, 0, 0)->visible = false;
	add_window(world, 2, 0, 0)->mapped = false;
	update(world);
	assert_int_equal(world->choices.len, 3);
	assert_int_equal(choices_first_tag(&world->choices), 0);
}

/* However many windows one opens, the others are there to be chosen. */
static void test_flood(void **state) {
	struct world *world = *state;
	for (int i = 0; i < WINDOWS - 1; i++) {
		add_window(world, 0, 0, i);
	}
	add_window(world, 1, 0, 0);
	update(world);
	assert_true(world->choices.len < 40);
	assert_non_null(choices_of_window(&world->choices, WINDOWS));
}

/* ---- the selection stays where it was ---- */

static void test_selection_stays(void **state) {
	struct world *world = *state;
	struct window *first = add_window(world, 0, 0, 0);
	add_window(world, 1, 0, 100);
	struct window *third = add_window(world, 1, 0, 200);
	add_window(world, 2, 0, 300);
	update(world);
	choices_step(&world->choices, true);
	choices_step(&world->choices, true);
	assert_selected(world, "personal", 3);

	/* Others come and go before it. */
	remove_window(first);
	assert_true(update(world));
	assert_selected(world, "personal", 3);
	add_window(world, 3, 0, 400);
	assert_true(update(world));
	assert_selected(world, "personal", 3);
	/* It goes: another of the same instance, which is still the one a second K would kill. */
	remove_window(third);
	assert_true(update(world));
	assert_selected(world, "personal", 2);
	/* Its last window: the instance itself. */
	world->windows[1].visible = false;
	assert_true(update(world));
	assert_selected(world, "personal", 0);
	/* The instance too: said, so that nothing meant for it befalls another. */
	world->instance[1].clients = 0;
	assert_false(update(world));
	assert_non_null(choices_selected(&world->choices));
}

static void test_select_at(void **state) {
	struct world *world = *state;
	add_window(world, 0, 0, 0)->box = (struct box){0, 28, 1000, 600};
	add_window(world, 1, 0, 0)->box = (struct box){100, 100, 300, 200};
	update(world);
	assert_non_null(choices_select_at(&world->choices, 150, 150));
	assert_selected(world, "personal", 2);
	assert_non_null(choices_select_at(&world->choices, 50, 50));
	assert_selected(world, "work", 1);
	assert_null(choices_select_at(&world->choices, 50, 27));
	assert_selected(world, "work", 1);
}

/* Enter leads to the window, or to the instance's latest on a workspace that is not shown. */
static void test_get_window(void **state) {
	struct world *world = *state;
	struct window *window = add_window(world, 0, 0, 0), *hidden = add_window(world, 1, 1, 0);
	world->instance[2].state = INSTANCE_RUNNING;
	update(world);
	assert_int_equal(world->choices.len, 3);
	struct window *expected[] = {window, hidden, NULL};
	for (size_t i = 0; i < 3; i++) {
		assert_ptr_equal(choice_get_window(&world->choices.list[i], &world->instances, &world->desk), expected[i]);
	}
	/* It is gone since it was looked at. */
	remove_window(window);
	assert_null(choice_get_window(&world->choices.list[0], &world->instances, &world->desk));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_out_of_sight, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flood, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_selection_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_select_at, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_get_window, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
