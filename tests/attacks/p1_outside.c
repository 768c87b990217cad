/*
 * P1. A client paints outside of its window: with subsurfaces, with what it calls its shadow, with a buffer larger
 * than it was told, scaled up. Every pixel outside of its content box must stay as it was: its own frame, its
 * neighbour, the background.
 */

#include "tests/attacks/stage.h"
#include "viewporter-client-protocol.h"

/* Victim at the left, attacker at the right; the picture before the attack; where the attacker may paint. */
struct setting {
	struct stage *stage;
	struct picture *before;
	struct box content;
};

static struct setting set_up(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	struct desktop_window window = party_open(&stage->attacker, "game");
	return (struct setting){ stage, desktop_picture(stage->session), window.content };
}

static void check(struct setting *setting, const char *what) {
	stage_check_only_inside(setting->stage, setting->before, &setting->content, what);
}

/* The attack is real only if the same paint does show where it may. */
static void check_shows_inside(struct setting *setting) {
	struct test *test = setting->stage->test;
	struct picture *picture = desktop_picture(setting->stage->session);
	NEED(picture_count(picture, &setting->content, INTRUDER) > 0, "the paint shows nowhere at all");
	picture_destroy(picture);
}

static void subsurface_all_around(struct test *test) {
	struct setting setting = set_up(test);
	struct party *attacker = &setting.stage->attacker;
	subsurface_create(attacker->client, attacker->window->surface, -1400, -800, 3000, 2000, INTRUDER);
	wl_surface_commit(attacker->window->surface);
	check(&setting, "a subsurface larger than the screen");
	check_shows_inside(&setting);
}

static void subsurface_below_its_parent(struct test *test) {
	struct setting setting = set_up(test);
	struct party *attacker = &setting.stage->attacker;
	struct subsurface *below = subsurface_create(
		attacker->client, attacker->window->surface, -1400, -800, 3000, 2000, INTRUDER);
	wl_subsurface_place_below(below->wl_subsurface, attacker->window->surface);
	wl_surface_commit(attacker->window->surface);
	check(&setting, "a subsurface below the window's own surface");
}

static void nested_and_moving(struct test *test) {
	struct setting setting = set_up(test);
	struct party *attacker = &setting.stage->attacker;
	struct wl_surface *parent = attacker->window->surface;
	struct subsurface *first = NULL, *last = NULL;
	for (int i = 0; i < 8; i++) {
		last = subsurface_create(attacker->client, parent, -40, -30, 60, 60, INTRUDER);
		first = first != NULL ? first : last;
		parent = last->surface;
	}
	wl_surface_commit(attacker->window->surface);
	check(&setting, "subsurfaces of subsurfaces");
	for (int i = 0; i < 24; i++) {
		wl_subsurface_set_position(first->wl_subsurface, 200 - i * 60, 300 - i * 25);
		wl_surface_commit(attacker->window->surface);
		if (i % 6 == 5) {
			check(&setting, "a subsurface that moves");
		}
	}
}

static void shadow_outside_the_geometry(struct test *test) {
	struct setting setting = set_up(test);
	struct window *window = setting.stage->attacker.window;
	/* A client that draws its own shadow: 200 pixels around what it declares to be the window. */
	xdg_surface_set_window_geometry(window->xdg_surface, 200, 200, setting.content.width, setting.content.height);
	window_draw(window, setting.content.width + 400, setting.content.height + 400, INTRUDER);
	check(&setting, "a shadow");
	check_shows_inside(&setting);
}

static void larger_than_configured(struct test *test) {
	struct setting setting = set_up(test);
	struct window *window = setting.stage->attacker.window;
	window->is_manual = true;
	window_draw(window, 2 * OUTPUT_WIDTH, 2 * OUTPUT_HEIGHT, INTRUDER);
	check(&setting, "a buffer larger than it was told");
	check_shows_inside(&setting);
}

static void scaled_up(struct test *test) {
	struct setting setting = set_up(test);
	struct party *attacker = &setting.stage->attacker;
	struct window *window = attacker->window;
	window->is_manual = true;
	struct wp_viewporter *viewporter = client_bind(attacker->client, &wp_viewporter_interface, 1);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(viewporter, window->surface);
	wp_viewport_set_destination(viewport, 8000, 8000);
	window_draw(window, 16, 16, INTRUDER);
	check(&setting, "a viewport of 8000 by 8000");
	check_shows_inside(&setting);
}

static void floating_over_the_victim(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	struct desktop_window window = party_open_fixed(attacker, "dialog", 300, 200);
	CHECK(!stage_is_ours(stage) || window.floating, "a window of fixed size does not float");
	struct picture *before = desktop_picture(stage->session);
	subsurface_create(attacker->client, attacker->window->surface, -1400, -800, 3000, 2000, INTRUDER);
	xdg_surface_set_window_geometry(attacker->window->xdg_surface, 0, 0, 300, 200);
	wl_surface_commit(attacker->window->surface);
	stage_check_only_inside(stage, before, &window.content, "a floating window's subsurface");
	struct picture *after = desktop_picture(stage->session);
	NEED(picture_count(after, &window.content, INTRUDER) > 0, "the paint shows nowhere at all");
	if (stage_is_ours(stage)) {
		desktop_check_frame(stage->session, after, &window, ATTACKER_COLOR);
	}
}

static const struct test_case cases[] = {
	{ "a subsurface larger than the screen shows in the content only", subsurface_all_around, ANYWHERE },
	{ "a subsurface below its parent shows in the content only", subsurface_below_its_parent, ANYWHERE },
	{ "nested and moving subsurfaces show in the content only", nested_and_moving, ANYWHERE },
	{ "what lies outside the window geometry does not show", shadow_outside_the_geometry, ANYWHERE },
	{ "a buffer larger than configured is cut", larger_than_configured },
	{ "a surface scaled up by a viewport is cut", scaled_up },
	{ "a floating window paints nothing over the one below it", floating_over_the_victim, ANYWHERE },
};

TEST_MAIN(cases)
