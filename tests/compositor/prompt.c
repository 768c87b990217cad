#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/client.h"
#include "compositor/node.h"
#include "compositor/prompt.h"

/* ---- the world around it: a clock of ours, one output or none ---- */

static int64_t now;
int64_t clock_now(void) {
	return now;
}

static bool held;
void focus_hold(struct focus *focus, bool hold) {
	held = hold;
}

struct output *outputs_first(struct outputs *outputs) {
	struct output *output;
	wl_list_for_each(output, &outputs->list, link) {
		return output;
	}
	return NULL;
}

struct instance *resource_instance(struct wl_resource *resource) {
	return NULL;
}

struct world {
	struct wl_event_loop *loop;
	struct scene *scene;
	struct wlr_output wlr_output;
	struct output output;
	struct outputs outputs;
	struct painter *painter;
	struct modals *modals;
	struct prompts *prompts;
	struct instance work, bank;
	int answers, yes;
	char announced[128];
	int announcements;
};

static void handle_answer(void *data, bool yes) {
	struct world *world = data;
	world->answers++;
	world->yes += yes;
}

static void handle_announce(void *data, const char *text) {
	struct world *world = data;
	world->announcements++;
	strncpy(world->announced, text != NULL ? text : "", sizeof(world->announced) - 1);
}

static int set_up(void **state) {
	struct world *world = *state = calloc(1, sizeof(*world));
	now = 1000000;
	world->loop = wl_event_loop_create();
	world->scene = scene_create();
	world->painter = painter_create("");
	wl_list_init(&world->outputs.list);
	wl_signal_init(&world->outputs.events.changed);
	world->wlr_output.scale = 1.5f;
	world->output.wlr = &world->wlr_output;
	world->output.full = (struct box){100, 0, 1280, 720};
	world->output.below_strip = (struct box){100, STRIP_HEIGHT, 1280, 720 - STRIP_HEIGHT};
	wl_list_insert(&world->outputs.list, &world->output.link);
	world->work = (struct instance){.name = "work", .color = 0x1775fd};
	world->bank = (struct instance){.name = "bank", .color = 0xc12408, .text_color = 0xffffff};
	world->modals = modals_create(NULL);
	world->prompts = prompts_create(world->loop, world->scene, &world->outputs, world->painter, world->modals);
	prompts_set_announce(world->prompts, handle_announce, world);
	return 0;
}

static int tear_down(void **state) {
	struct world *world = *state;
	prompts_destroy(world->prompts);
	modals_destroy(world->modals);
	painter_destroy(world->painter);
	scene_destroy(world->scene);
	wl_event_loop_destroy(world->loop);
	free(world);
	return 0;
}

static void ask(struct world *world) {
	struct prompt_give give = {
		.source = &world->work, .destination = &world->bank, .kind = "text", .size = 42, .detail = "a line",
	};
	prompts_ask_give(world->prompts, &world->output, &give, handle_answer, world);
}

/* Asked, every key let go, and its second gone. */
static void ask_and_wait(struct world *world) {
	ask(world);
	prompts_keys_released(world->prompts);
	now += PROMPT_DELAY_MS;
}

static void assert_open(const struct world *world, bool open) {
	assert_int_equal(modals_is_open(world->modals), open);
	assert_int_equal(held, open);
	assert_int_equal(wl_list_empty(&world->scene->modal->children), !open);
	assert_int_equal(world->announced[0] != '\0', open);
	assert_int_equal(world->answers, open ? 0 : 1);
}

/* ---- when it takes an answer (attack S8) ---- */

static void test_not_in_its_first_second(void **state) {
	struct world *world = *state;
	ask(world);
	prompts_keys_released(world->prompts);
	static const xkb_keysym_t keysyms[] = {XKB_KEY_Return, XKB_KEY_KP_Enter, XKB_KEY_Escape, XKB_KEY_y, XKB_KEY_space};
	for (int64_t ms = 0; ms < PROMPT_DELAY_MS; ms += 37) {
		now = 1000000 + ms;
		for (size_t i = 0; i < sizeof(keysyms) / sizeof(keysyms[0]); i++) {
			modals_key(world->modals, keysyms[i]);
		}
	}
	now = 1000000 + PROMPT_DELAY_MS - 1;
	modals_key(world->modals, XKB_KEY_Return);
	assert_open(world, true);
	now++;
	modals_key(world->modals, XKB_KEY_Return);
	assert_open(world, false);
	assert_int_equal(world->yes, 1);
}

static void test_not_before_all_keys_are_released(void **state) {
	struct world *world = *state;
	ask(world);
	now += 60 * PROMPT_DELAY_MS;
	modals_key(world->modals, XKB_KEY_Return);
	modals_key(world->modals, XKB_KEY_Escape);
	assert_open(world, true);
	prompts_keys_released(world->prompts);
	modals_key(world->modals, XKB_KEY_Return);
	assert_open(world, false);
	assert_int_equal(world->yes, 1);
}

/* Released keys count for the prompt that was open then, not for the next. */
static void test_each_prompt_anew(void **state) {
	struct world *world = *state;
	prompts_keys_released(world->prompts);
	ask(world);
	now += PROMPT_DELAY_MS;
	modals_key(world->modals, XKB_KEY_Return);
	assert_open(world, true);
}

static void test_other_keys_answer_nothing(void **state) {
	struct world *world = *state;
	ask_and_wait(world);
	static const xkb_keysym_t keysyms[] = {
		XKB_KEY_y, XKB_KEY_n, XKB_KEY_space, XKB_KEY_Tab, XKB_KEY_BackSpace, XKB_KEY_NoSymbol, XKB_KEY_Super_L,
	};
	for (size_t i = 0; i < sizeof(keysyms) / sizeof(keysyms[0]); i++) {
		modals_key(world->modals, keysyms[i]);
	}
	assert_open(world, true);
	modals_key(world->modals, XKB_KEY_Escape);
	assert_open(world, false);
	assert_int_equal(world->yes, 0);
}

/* ---- the answer comes once ---- */

static void test_taken_away_is_no(void **state) {
	struct world *world = *state;
	ask_and_wait(world);
	modals_close(world->modals);
	assert_open(world, false);
	assert_int_equal(world->yes, 0);
	modals_key(world->modals, XKB_KEY_Return);
	modals_close(world->modals);
	assert_int_equal(world->answers, 1);
}

static void test_a_second_prompt_takes_the_first_away(void **state) {
	struct world *world = *state;
	ask_and_wait(world);
	ask(world);
	assert_int_equal(world->answers, 1);
	assert_int_equal(world->yes, 0);
	assert_true(modals_is_open(world->modals));
	assert_string_equal(world->announced, "Cofferdam asks: give to bank?");
	modals_key(world->modals, XKB_KEY_Return);
	assert_int_equal(world->answers, 1);
}

static void test_nothing_to_show_it_on(void **state) {
	struct world *world = *state;
	wl_list_remove(&world->output.link);
	wl_list_init(&world->output.link);
	ask(world);
	assert_open(world, false);
	assert_int_equal(world->yes, 0);
}

/* ---- what changes below it ---- */

static void test_moved_waits_again(void **state) {
	struct world *world = *state;
	ask_and_wait(world);
	world->output.full.width = 900;
	world->output.below_strip.width = 900;
	wl_signal_emit_mutable(&world->outputs.events.changed, &world->output);
	modals_key(world->modals, XKB_KEY_Return);
	assert_open(world, true);
	now += PROMPT_DELAY_MS;
	modals_key(world->modals, XKB_KEY_Return);
	assert_open(world, false);
	assert_int_equal(world->yes, 1);
}

static void test_last_output_gone_is_no(void **state) {
	struct world *world = *state;
	ask_and_wait(world);
	wl_list_remove(&world->output.link);
	wl_list_init(&world->output.link);
	wl_signal_emit_mutable(&world->outputs.events.changed, &world->output);
	assert_open(world, false);
	assert_int_equal(world->yes, 0);
}

/* ---- where it is ---- */

/* Whatever is clicked below the strip is the prompt's, and only its buttons answer. */
static void test_clicks(void **state) {
	struct world *world = *state;
	ask_and_wait(world);
	for (double y = STRIP_HEIGHT; y < 720; y += 13) {
		for (double x = 100; x < 1380; x += 61) {
			struct node_hit hit = node_at(world->scene->wlr, x, y);
			assert_non_null(hit.node);
			assert_int_equal(hit.node->kind, NODE_MODAL);
			assert_null(hit.surface);
		}
	}
	assert_null(node_at(world->scene->wlr, 700, STRIP_HEIGHT - 1).node);

	/* All but the row of the buttons, in the lower part of the picture, which is in the middle of the output. */
	for (double y = -50; y < 420; y += 7) {
		for (double x = 0; x < 1500; x += 31) {
			modals_click(world->modals, x, y);
		}
	}
	assert_open(world, true);
	int tried = 0;
	for (double x = 500; x < 660 && world->answers == 0; x += 5) {
		for (double y = 380; y < 560 && world->answers == 0; y += 5, tried++) {
			modals_click(world->modals, x, y);
		}
	}
	assert_true(tried > 0);
	assert_open(world, false);
	assert_int_equal(world->yes, 1);
}

static void test_clicks_wait_too(void **state) {
	struct world *world = *state;
	ask(world);
	now += PROMPT_DELAY_MS - 1;
	for (double y = 0; y < 720; y += 5) {
		for (double x = 100; x < 1380; x += 5) {
			modals_click(world->modals, x, y);
		}
	}
	assert_open(world, true);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_not_in_its_first_second, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_before_all_keys_are_released, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_each_prompt_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_keys_answer_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_away_is_no, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_second_prompt_takes_the_first_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_to_show_it_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_moved_waits_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_last_output_gone_is_no, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clicks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clicks_wait_too, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
