/*
 * P6. Fullscreen, then a fake desktop or lock screen. Without `fullscreen cover` the strip stays, whatever the
 * client draws; with it, an edge of the instance's colour stays all around the screen. A client without the focus
 * does not get it by going fullscreen.
 */

#include "tests/attacks/stage.h"

#define POINTER_PIXELS 500 /* a pointer's image, where it is in the picture, at most */

static void go_fullscreen(struct party *party) {
	struct test *test = party->stage->test;
	xdg_toplevel_set_fullscreen(party->window->toplevel, NULL);
	WAIT_FOR(window_has_state(party->window, XDG_TOPLEVEL_STATE_FULLSCREEN),
		"%s has the focus and is not made fullscreen", party->name);
	test_settle(test);
	desktop_wait_still(party->stage->session);
}

static void check_strip_is_free(struct stage *stage, const char *what) {
	struct test *test = stage->test;
	struct picture *picture = desktop_picture(stage->session);
	struct box strip = desktop_strip(), below = desktop_below_strip();
	CHECK(picture_count(picture, &below, INTRUDER) > 0, "%s does not show at all", what);
	CHECK_INT(picture_count(picture, &strip, INTRUDER), 0, "%s covers the strip", what);
	CHECK(picture_count(picture, &strip, ATTACKER_COLOR) > 200, "the strip does not name the attacker");
	picture_destroy(picture);
}

static void strip_stays(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	party_focus(attacker);
	attacker->window->color = INTRUDER;
	go_fullscreen(attacker);

	struct desktop_window window = party_look(attacker);
	CHECK(window.fullscreen, "the client is told that it is fullscreen, and coffer is not");
	CHECK_INT(window.content.x, 0, "the content begins at the left");
	CHECK_INT(window.content.y, STRIP_HEIGHT, "the content begins below the strip");
	CHECK_INT(window.content.width, OUTPUT_WIDTH, "the content has the whole width");
	CHECK_INT(window.content.height, OUTPUT_HEIGHT - STRIP_HEIGHT, "the content has all but the strip");
	CHECK_INT(attacker->window->configured_width, OUTPUT_WIDTH, "the client is told the width");
	CHECK_INT(attacker->window->configured_height, OUTPUT_HEIGHT - STRIP_HEIGHT, "the client is told the height");
	check_strip_is_free(stage, "a fullscreen window");

	/* It was told one size and takes another. */
	attacker->window->is_manual = true;
	xdg_surface_set_window_geometry(
		attacker->window->xdg_surface, 0, STRIP_HEIGHT, OUTPUT_WIDTH, OUTPUT_HEIGHT - STRIP_HEIGHT);
	window_draw(attacker->window, OUTPUT_WIDTH, OUTPUT_HEIGHT, INTRUDER);
	check_strip_is_free(stage, "a fullscreen window with something above its geometry");
	subsurface_create(attacker->client, attacker->window->surface, -50, -100, 2000, 2000, INTRUDER);
	wl_surface_commit(attacker->window->surface);
	check_strip_is_free(stage, "a fullscreen window's subsurface");
	popup_open(attacker->client, attacker->window->xdg_surface,
		&(struct popup_options){ .x = 100, .y = -100, .width = 400, .height = 200, .color = INTRUDER });
	check_strip_is_free(stage, "a fullscreen window's popup");
}

static void leaving_restores(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	party_focus(attacker);
	desktop_wait_still(stage->session);
	struct picture *before = desktop_picture(stage->session);
	go_fullscreen(attacker);
	xdg_toplevel_unset_fullscreen(attacker->window->toplevel);
	WAIT_FOR(!window_has_state(attacker->window, XDG_TOPLEVEL_STATE_FULLSCREEN), "fullscreen does not end");
	desktop_wait_still(stage->session);
	struct box nothing = { 0 };
	stage_check_only_inside(stage, before, &nothing, "fullscreen and back");
}

static void cover_keeps_an_edge(struct test *test) {
	struct stage *stage = stage_start(test, NULL, "\tfullscreen cover");
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	party_focus(attacker);
	attacker->window->color = INTRUDER;
	go_fullscreen(attacker);
	attacker->window->is_manual = true;
	subsurface_create(attacker->client, attacker->window->surface, -100, -100, 2000, 2000, INTRUDER);
	wl_surface_commit(attacker->window->surface);

	struct picture *picture = desktop_picture(stage->session);
	struct desktop_window screen = {
		.instance = "attacker",
		.title = "fullscreen",
		.frame = { 0, 0, OUTPUT_WIDTH, OUTPUT_HEIGHT },
	};
	desktop_check_frame(stage->session, picture, &screen, ATTACKER_COLOR);
	struct box inside = { BORDER_WIDTH, BORDER_WIDTH, OUTPUT_WIDTH - 2 * BORDER_WIDTH,
		OUTPUT_HEIGHT - 2 * BORDER_WIDTH };
	int x, y;
	CHECK(picture_is_filled(picture, &inside, INTRUDER, &x, &y),
		"it may cover the screen and does not: at %d,%d it is %06x", x, y, picture_pixel(picture, x, y));
	/* The other instances have no such grant. */
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_J);
	WAIT_FOR(seat_has_focus(stage->victim.seat, stage->victim.window->surface), "Super+J does not work any more");
	go_fullscreen(&stage->victim);
	picture = desktop_picture(stage->session);
	struct box strip = desktop_strip();
	CHECK_INT(picture_count(picture, &strip, VICTIM_CONTENT), 0, "without the grant the strip is covered");
}

static void unfocused_stays_unfocused(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker, *victim = &stage->victim;
	party_open(victim, "editor");
	party_open(attacker, "game");
	party_focus(victim);
	desktop_wait_still(stage->session);
	struct desktop_window before = party_look(victim);
	attacker->window->color = INTRUDER;
	xdg_toplevel_set_fullscreen(attacker->window->toplevel, NULL);
	test_settle(test);
	desktop_wait_still(stage->session);
	if (stage_is_ours(stage)) {
		CHECK_TEXT(desktop_focused(stage->session), "victim", "fullscreen has taken the focus");
	}
	/* Whose keys go there must be seen: the focused window is not covered. */
	struct picture *picture = desktop_picture(stage->session);
	CHECK_INT(picture_count(picture, &before.frame, INTRUDER), 0, "it covers the window that has the focus");
	seat_forget(attacker->seat);
	virtual_keyboard_type(stage->keyboard, "secret");
	test_settle(test);
	CHECK_TEXT(seat_text(attacker->seat), "", "the attacker reads keys");
}

/* A whole picture of a desktop, or of a lock screen, takes all of the screen. */
static void something_is_left(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	party_focus(attacker);
	attacker->window->color = INTRUDER;
	xdg_toplevel_set_fullscreen(attacker->window->toplevel, NULL);
	test_settle(test);
	desktop_wait_still(stage->session);
	struct picture *picture = desktop_picture(stage->session);
	const struct box screen = stage_screen(stage);
	const int all = screen.width * screen.height, own = (int)picture_count(picture, &screen, INTRUDER);
	NEED(own > 0, "it does not show at all");
	CHECK(all - own > POINTER_PIXELS, "every pixel of the screen is the attacker's");
	picture_destroy(picture);
}

static const struct test_case cases[] = {
	{ "of a screen that a client fills something is left that it cannot paint", something_is_left, ANYWHERE },
	{ "the strip stays above a fullscreen window, whatever it draws", strip_stays },
	{ "the end of fullscreen leaves everything as it was", leaving_restores },
	{ "with cover an edge of the instance's colour stays all around", cover_keeps_an_edge },
	{ "an unfocused window gains and covers nothing by fullscreen", unfocused_stays_unfocused, ANYWHERE },
};

TEST_MAIN(cases)
