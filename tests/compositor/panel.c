#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/facts.h"
#include "compositor/panel.h"
#include "tests/compositor/pixels.h"

static int set_up(void **state) {
	*state = painter_create("");
	return *state == NULL;
}

static int tear_down(void **state) {
	painter_destroy(*state);
	return 0;
}

/* ---- the panel ---- */

static bool overlap(const struct box *a, const struct box *b) {
	struct box both;
	return box_intersect(&both, a, b);
}

/* As many instances as a config can have, with the longest names: each tag inside, none over another. */
static void test_many_tags(void **state) {
	static const size_t lens[] = {0, 1, 2, 7, 63};
	for (size_t k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
		size_t len = lens[k];
		struct panel_tag *tags = calloc(len + 1, sizeof(*tags));
		for (size_t i = 0; i < len; i++) {
			tags[i] = (struct panel_tag){
				.name = i % 2 ? "work" : "abcdefghijklmnopqrstuvwxyz12345", .selected = i == 3,
			};
		}
		struct panel panel = {
			.tags = tags, .tags_len = len, .keys = "Tab next · Esc back", .facts = len > 3 ? "1 window" : NULL,
		};
		for (int width = 300; width < 2000; width += 170) {
			struct panel_layout layout;
			panel_lay_out(*state, &panel, width, &layout);
			assert_true(layout.width <= width && layout.height > 0);
			for (size_t i = 0; i < len; i++) {
				const struct box *tag = &layout.tags[i];
				assert_true(tag->x >= 0 && tag->x + tag->width <= layout.width);
				assert_true(tag->y >= 0 && tag->y + tag->height <= layout.height);
				assert_true(i == 0 || !overlap(tag, &layout.tags[i - 1]));
			}
			panel_finish(&layout);
		}
		free(tags);
	}
}

static void test_picture(void **state) {
	struct panel_tag tags[] = {
		{.name = "agent", .color = 0x61eb99, .selected = true},
		{.name = "vault", .color = 0x4abd95, .outlined = true},
	};
	struct panel panel = {.tags = tags, .tags_len = 2, .keys = "K again kills agent", .warning = true};
	struct panel_layout layout;
	panel_lay_out(*state, &panel, 1200, &layout);
	struct paint paint;
	assert_true(paint_begin(&paint, *state, 0, 0, layout.width, layout.height, 1));
	panel_draw(&paint, &panel, &layout);
	struct wlr_buffer *buffer = paint_finish(&paint);
	const struct box *agent = &layout.tags[0], *vault = &layout.tags[1];
	assert_int_equal(count_color(buffer, agent->x, agent->y, 8, agent->height, 0x61eb99), 8 * agent->height);
	assert_int_equal(count_color(buffer, vault->x + 1, vault->y + 1, 7, vault->height - 2, 0x4abd95), 0);
	/* The selected one has a frame of its own. */
	assert_int_equal(count_color(buffer, agent->x - 4, agent->y - 4, agent->width + 8, 2, COLOR_TEXT),
		2 * (agent->width + 8));
	assert_true(count_color(buffer, 0, layout.height - 44, layout.width, 44, COLOR_WARNING) > 0);
	wlr_buffer_drop(buffer);
	panel_finish(&layout);
}

/* ---- what is said of an instance ---- */

static void test_facts(void **state) {
	static const struct {
		struct instance instance;
		const char *facts;
	} rows[] = {
		{{.windows = 1, .state = INSTANCE_RUNNING, .network = NETWORK_NAT, .memory = 214000000},
			"1 window · bubblewrap · nat · 214 MB"},
		{{.windows = 1, .popups = 1, .state = INSTANCE_RUNNING, .backend = BACKEND_PODMAN, .network = NETWORK_NAT},
			"1 window, 1 popup · podman · nat"},
		{{.windows = 3, .popups = 2, .state = INSTANCE_RUNNING, .backend = BACKEND_VM, .frozen = true},
			"3 windows, 2 popups · vm · no network · frozen"},
		{{.state = INSTANCE_STARTING}, "no windows · starting · bubblewrap · no network"},
		{{.state = INSTANCE_PREPARING}, "no windows · preparing · bubblewrap · no network"},
		{{.state = INSTANCE_STOPPING}, "no windows · stopping · bubblewrap · no network"},
		{{.state = INSTANCE_STOPPED}, "no windows · stopped"},
		{{.state = INSTANCE_STOPPED, .windows = 2, .clients = 1}, "2 windows · not in a sandbox"},
		{{.state = INSTANCE_FAILED, .reason = "no such file: \u202egnihton"}, "no windows · failed: no such file: gnihton"},
		{{.shell = true, .windows = 1, .state = INSTANCE_RUNNING}, "1 window · the trusted shell"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[FACTS_SIZE];
		assert_string_equal(facts_of(&rows[i].instance, out, sizeof(out)), rows[i].facts);
	}
}

static void test_facts_short(void **state) {
	struct instance instance = {.windows = 1, .state = INSTANCE_RUNNING, .memory = 214000000};
	for (size_t size = 1; size < 60; size++) {
		char out[64];
		memset(out, 'x', sizeof(out));
		facts_of(&instance, out, size);
		assert_true(strlen(out) < size);
		assert_int_equal(out[size], 'x');
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_tags),
		cmocka_unit_test(test_picture),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_facts_short),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
