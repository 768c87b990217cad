/*
 * P11. A window that cannot be seen, over the victim: transparent by its pixels, by a modifier, by having none; or one
 * that can be seen and lets every click through to what is below it. All that stands in a frame is the frame's
 * instance's: nothing of the victim shows inside, and no click goes through. A question of the compositor's own is
 * above whatever an instance brings, and not changed by it.
 */

#include "alpha-modifier-v1-client-protocol.h"
#include "single-pixel-buffer-v1-client-protocol.h"
#include "tests/attacks/stage.h"
#include "viewporter-client-protocol.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define OTHER_CONTENT 0x20ff40 /* that the victim paints to show through */
#define PROMPT_COLOR 0x1b1e24 /* of a question's ground */

/* The victim fills the screen; the attacker's window floats over it. Its first buffer is transparent already. */
static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	struct client *client = stage->attacker.client;
	struct window *window = stage->attacker.window = window_create(client, "overlay", INTRUDER);
	window->is_manual = true;
	xdg_toplevel_set_min_size(window->toplevel, 300, 200);
	xdg_toplevel_set_max_size(window->toplevel, 300, 200);
	window_map(window);
	window_acknowledge(window);
	window_show(window, buffer_create_argb(client, 300, 200, 0));
	desktop_wait(stage->session, "attacker", "overlay");
	desktop_wait_still(stage->session);
	party_focus(&stage->victim);
	return stage;
}

/*
 * What the victim paints below it changes nothing in here; and somewhere else it does. (So no mixture of the two, however
 * faint, goes unseen.)
 */
static void check_opaque(struct stage *stage, const struct box *inside, const char *what) {
	struct test *test = stage->test;
	struct window *window = stage->victim.window;
	struct picture *first = desktop_picture(stage->session);
	window_draw(window, window->width, window->height, OTHER_CONTENT);
	struct picture *second = desktop_picture(stage->session);
	window_draw(window, window->width, window->height, VICTIM_CONTENT);
	struct box below = desktop_below_strip();
	CHECK(picture_count(second, &below, OTHER_CONTENT) > 1000, "%s: the victim does not show at all", what);
	int x, y;
	CHECK(!picture_differs(first, second, inside, NULL, 0, &x, &y),
		"%s: the victim shows through at %d,%d: there %06x becomes %06x", what, x, y, picture_pixel(first, x, y),
		picture_pixel(second, x, y));
	picture_destroy(first);
	picture_destroy(second);
}

/* ---- by its pixels ---- */

static void transparent_pixels(struct test *test) {
	static const uint32_t colors[] = {
		0x00000000,
		0x01000000,
		0x7f7f7f7f,
		0x80ff00ff, /* more colour than alpha: added, not mixed, where nobody looks */
		0x00ffffff,
		0xfeffffff,
	};
	struct stage *stage = set_up(test);
	struct window *window = stage->attacker.window;
	struct desktop_window frame = party_look(&stage->attacker);
	for (size_t i = 0; i < LEN(colors); i++) {
		window_show(window, buffer_create_argb(stage->attacker.client, 300, 200, colors[i]));
		check_opaque(stage, &frame.frame, "a transparent buffer");
		struct picture *picture = desktop_picture(stage->session);
		desktop_check_frame(stage->session, picture, &frame, ATTACKER_COLOR);
		picture_destroy(picture);
	}
	/* It says of it that it is opaque, so that what is below need not be painted. */
	struct wl_region *region = wl_compositor_create_region(client_compositor(stage->attacker.client));
	wl_region_add(region, -1000, -1000, 5000, 5000);
	wl_surface_set_opaque_region(window->surface, region);
	window_show(window, buffer_create_argb(stage->attacker.client, 300, 200, 0));
	check_opaque(stage, &frame.frame, "a transparent buffer said to be opaque");
}

static void transparent_otherwise(struct test *test) {
	struct stage *stage = set_up(test);
	struct client *client = stage->attacker.client;
	struct window *window = stage->attacker.window;
	struct desktop_window frame = party_look(&stage->attacker);

	struct wp_alpha_modifier_v1 *modifiers = client_bind(client, &wp_alpha_modifier_v1_interface, 1);
	struct wp_alpha_modifier_surface_v1 *modifier = wp_alpha_modifier_v1_get_surface(modifiers, window->surface);
	static const uint32_t factors[] = { 0, 1, UINT32_MAX / 2 };
	for (size_t i = 0; i < LEN(factors); i++) {
		wp_alpha_modifier_surface_v1_set_multiplier(modifier, factors[i]);
		window_draw(window, 300, 200, INTRUDER);
		check_opaque(stage, &frame.frame, "an alpha modifier");
	}
	wp_alpha_modifier_surface_v1_destroy(modifier);

	struct wp_single_pixel_buffer_manager_v1 *singles = client_bind(
		client, &wp_single_pixel_buffer_manager_v1_interface, 1);
	struct wl_buffer *nothing = wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(singles, 0, 0, 0, 0);
	struct wp_viewporter *viewporter = client_bind(client, &wp_viewporter_interface, 1);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(viewporter, window->surface);
	wp_viewport_set_destination(viewport, 300, 200);
	wl_surface_attach(window->surface, nothing, 0, 0);
	wl_surface_damage_buffer(window->surface, 0, 0, 1, 1);
	wl_surface_commit(window->surface);
	check_opaque(stage, &frame.frame, "a single transparent pixel");

	/* Smaller than its frame, or none of it inside: what is left of the frame is not the victim's. */
	xdg_surface_set_window_geometry(window->xdg_surface, 0, 0, 300, 200);
	wl_surface_commit(window->surface);
	wp_viewport_set_destination(viewport, 1, 1);
	wl_surface_commit(window->surface);
	check_opaque(stage, &frame.frame, "a surface of one pixel");
	xdg_surface_set_window_geometry(window->xdg_surface, 5000, 5000, 300, 200);
	wl_surface_commit(window->surface);
	check_opaque(stage, &frame.frame, "a surface that is elsewhere");
	frame = party_look(&stage->attacker);
	CHECK_INT(frame.content.width, 300, "its frame has followed");
}

static void popups(struct test *test) {
	struct stage *stage = set_up(test);
	struct party *attacker = &stage->attacker;
	struct desktop_window window = party_look(attacker);
	party_focus(attacker);
	struct popup *popup = popup_create(attacker->client, attacker->window->xdg_surface,
		&(struct popup_options){ .x = 400, .y = 250, .width = 200, .height = 150 });
	popup->is_manual = true;
	WAIT_FOR(popup->configures > 0, "the popup is not answered");
	struct buffer *buffer = buffer_create_argb(attacker->client, 200, 150, 0);
	wl_surface_attach(popup->surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(popup->surface, 0, 0, 200, 150);
	wl_surface_commit(popup->surface);
	const struct box around = { window.content.x + 400 - POPUP_BORDER_WIDTH,
		window.content.y + 250 - POPUP_BORDER_WIDTH, 200 + 2 * POPUP_BORDER_WIDTH, 150 + 2 * POPUP_BORDER_WIDTH };
	struct picture *picture = desktop_picture(stage->session);
	CHECK_INT(picture_pixel(picture, around.x, around.y), ATTACKER_COLOR, "the popup is not where it should be");
	picture_destroy(picture);
	check_opaque(stage, &around, "a transparent popup");
}

/* What the person drags, above the victim. */
static void drag_icon(struct test *test) {
	struct stage *stage = set_up(test);
	struct party *attacker = &stage->attacker;
	struct box content = party_look(attacker).content;
	virtual_pointer_move(stage->pointer, content.x + 50, content.y + 50);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	test_settle(test);
	struct wl_surface *icon = wl_compositor_create_surface(client_compositor(attacker->client));
	struct buffer *buffer = buffer_create_argb(attacker->client, 60, 40, 0);
	wl_surface_attach(icon, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(icon, 0, 0, 60, 40);
	wl_surface_commit(icon);
	wl_data_device_start_drag(attacker->selection->device, source_create_text(attacker->client, "")->wl_source,
		attacker->window->surface, icon, attacker->seat->serial);
	test_settle(test);
	virtual_pointer_move(stage->pointer, 700, 400);
	test_settle(test);
	/* Two pixels of border around it. */
	const struct box around = { 698, 398, 64, 44 };
	struct picture *picture = desktop_picture(stage->session);
	CHECK_INT(picture_pixel(picture, 698, 398), ATTACKER_COLOR, "the icon is not where it should be");
	picture_destroy(picture);
	check_opaque(stage, &around, "a transparent icon");
}

/* A window that asks for the whole screen from its start, and is transparent from its start. */
static void whole_screen(struct test *test, const char *grant) {
	struct stage *stage = stage_start(test, NULL, grant);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	party_focus(attacker);
	struct window *window = window_create(attacker->client, "screen", INTRUDER);
	window->is_manual = true;
	xdg_toplevel_set_fullscreen(window->toplevel, NULL);
	window_map(window);
	window_acknowledge(window);
	window_show(window, buffer_create_argb(attacker->client, OUTPUT_WIDTH, OUTPUT_HEIGHT, 0));
	CHECK(desktop_wait(stage->session, "attacker", "screen").fullscreen, "it is not made fullscreen");
	desktop_wait_still(stage->session);
	struct picture *first = desktop_picture(stage->session);
	window_draw(stage->victim.window, stage->victim.window->width, stage->victim.window->height, OTHER_CONTENT);
	struct picture *second = desktop_picture(stage->session);
	struct box screen = desktop_below_strip();
	int x, y;
	CHECK(!picture_differs(first, second, &screen, NULL, 0, &x, &y), "the victim shows through at %d,%d", x, y);
	CHECK_INT(picture_count(second, &screen, OTHER_CONTENT), 0, "the victim shows");
	CHECK_INT(picture_count(second, &screen, VICTIM_COLOR), 0, "the victim's frame shows");
}

static void fullscreen(struct test *test) {
	whole_screen(test, NULL);
}

static void fullscreen_cover(struct test *test) {
	whole_screen(test, "\tfullscreen cover\n");
}

/* ---- clicks ---- */

/* The person presses where the attacker's pixels are. The victim, below them, hears nothing of it. */
static void check_no_click(struct stage *stage, int x, int y, const char *what) {
	struct test *test = stage->test;
	seat_forget(stage->victim.seat);
	virtual_pointer_click(stage->pointer, x, y, BTN_LEFT);
	virtual_pointer_scroll(stage->pointer, 10);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 0, "%s: a click goes through to the victim", what);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_AXIS), 0, "%s: the wheel goes through to the victim", what);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_POINTER_ENTER), 0, "%s: the pointer goes through", what);
	party_focus(&stage->victim);
}

static void clicks_through(struct test *test) {
	struct stage *stage = set_up(test);
	struct party *attacker = &stage->attacker;
	struct box content = party_look(attacker).content;
	int x = content.x + content.width / 2, y = content.y + content.height / 2;
	/* It paints something to press, and takes no input itself. */
	struct wl_region *none = wl_compositor_create_region(client_compositor(attacker->client));
	wl_surface_set_input_region(attacker->window->surface, none);
	window_draw(attacker->window, 300, 200, INTRUDER);
	check_no_click(stage, x, y, "a window without an input region");

	struct subsurface *part = subsurface_create(attacker->client, attacker->window->surface, 0, 0, 300, 200, INTRUDER);
	wl_surface_set_input_region(part->surface, none);
	wl_surface_commit(part->surface);
	wl_surface_commit(attacker->window->surface);
	check_no_click(stage, x, y, "a subsurface without an input region");

	party_focus(attacker);
	struct popup *popup = popup_open(attacker->client, attacker->window->xdg_surface,
		&(struct popup_options){ .x = 400, .y = 250, .width = 200, .height = 150, .color = INTRUDER });
	wl_surface_set_input_region(popup->surface, none);
	wl_surface_commit(popup->surface);
	check_no_click(stage, content.x + 500, content.y + 300, "a popup without an input region");
}

/* The other way round: it cannot be seen, and takes the click. So it is seen, and the click is where it is seen. */
static void clicks_taken(struct test *test) {
	struct stage *stage = set_up(test);
	struct party *attacker = &stage->attacker;
	struct desktop_window frame = party_look(attacker);
	struct wl_region *all = wl_compositor_create_region(client_compositor(attacker->client));
	wl_region_add(all, -5000, -5000, 10000, 10000);
	wl_surface_set_input_region(attacker->window->surface, all);
	xdg_surface_set_window_geometry(attacker->window->xdg_surface, 0, 0, 300, 200);
	window_show(attacker->window, buffer_create_argb(attacker->client, 300, 200, 0));
	/* With parts far outside of it, as transparent, which take input too. */
	struct subsurface *part = subsurface_create(
		attacker->client, attacker->window->surface, -1000, -1000, 3000, 3000, INTRUDER);
	struct buffer *nothing = buffer_create_argb(attacker->client, 3000, 3000, 0);
	wl_surface_attach(part->surface, nothing->wl_buffer, 0, 0);
	wl_surface_set_input_region(part->surface, all);
	wl_surface_damage_buffer(part->surface, 0, 0, 3000, 3000);
	wl_surface_commit(part->surface);
	wl_surface_commit(attacker->window->surface);
	test_settle(test);
	static const int places[][2] = { { 700, 500 }, { 1200, 100 }, { 600, 690 } };
	for (size_t i = 0; i < LEN(places); i++) {
		CHECK(!box_contains(&frame.frame, places[i][0], places[i][1]), "place %zu is in the frame", i);
		seat_forget(attacker->seat);
		seat_forget(stage->victim.seat);
		virtual_pointer_click(stage->pointer, places[i][0], places[i][1], BTN_LEFT);
		test_settle(test);
		CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 2, "the victim does not get the click at place %zu", i);
		CHECK_INT(seat_count(attacker->seat, SEAT_BUTTON), 0, "the attacker takes the click at place %zu", i);
	}
}

/* ---- a question ---- */

/* Waits until nothing in it moves any more: it has counted down its first second. */
static struct picture *wait_for_prompt(struct stage *stage, struct box *box) {
	struct test *test = stage->test;
	struct picture *picture = desktop_picture(stage->session);
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	for (;;) {
		int64_t pause = test_now() + 250;
		while (test_now() < pause) {
			CHECK(test_step(test, deadline), "the question does not come to rest");
		}
		struct picture *next = desktop_picture(stage->session);
		int x, y;
		bool same = picture_find(next, PROMPT_COLOR, box) && !picture_differs(picture, next, box, NULL, 0, &x, &y);
		picture_destroy(picture);
		picture = next;
		if (same) {
			return picture;
		}
	}
}

static void over_a_question(struct test *test) {
	struct stage *stage = stage_start(test, "clipboard {\n\task victim third\n}\n", NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(&stage->third, "notes");
	party_open(attacker, "game");
	party_focus(&stage->victim);
	party_copy(&stage->victim, "secret");
	stage_take_and_wait(stage);
	party_focus(&stage->third);
	stage_give(stage);
	struct box prompt;
	struct picture *before = wait_for_prompt(stage, &prompt);

	/* All that it can bring, in the middle of the screen. */
	struct window *dialog = window_open_fixed(attacker->client, "dialog", INTRUDER, 1200, 600);
	struct window *screen = window_create(attacker->client, "screen", INTRUDER);
	xdg_toplevel_set_fullscreen(screen->toplevel, NULL);
	window_map(screen);
	xdg_toplevel_set_fullscreen(attacker->window->toplevel, NULL);
	for (int i = 0; i < 4; i++) {
		popup_create(attacker->client, dialog->xdg_surface,
			&(struct popup_options){ .x = 50 * i,
				.y = 50 * i,
				.width = 1000,
				.height = 600,
				.color = INTRUDER,
				.grab = i % 2 == 0 ? attacker->seat->wl_seat : NULL });
	}
	struct wl_surface *cursor = wl_compositor_create_surface(client_compositor(attacker->client));
	struct buffer *image = buffer_create(attacker->client, 128, 128, INTRUDER);
	wl_surface_attach(cursor, image->wl_buffer, 0, 0);
	wl_surface_commit(cursor);
	virtual_pointer_move(stage->pointer, prompt.x + prompt.width / 2, prompt.y + 10);
	wl_pointer_set_cursor(attacker->seat->pointer, attacker->seat->serial, cursor, 0, 0);
	test_settle(test);
	struct picture *after = desktop_picture(stage->session);
	int x, y;
	CHECK(!picture_differs(before, after, &prompt, NULL, 0, &x, &y), "it shows over the question at %d,%d", x, y);
	struct box below = desktop_below_strip();
	CHECK_INT(picture_count(after, &below, INTRUDER), 0, "around the question it is not dimmed");
	CHECK_INT(seat_count(attacker->seat, SEAT_BUTTON), 0, "it hears of clicks");
	/* The question is the one it was. */
	virtual_keyboard_tap(stage->keyboard, KEY_ENTER);
	WAIT_FOR(stage->third.selection->offer != NULL, "the answer has no effect");
	CHECK_TEXT(selection_text(stage->third.selection), "secret", "something else was given");
}

/* A click on what can be seen to be the victim goes to the victim. */
static void steals_a_click(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	xdg_toplevel_set_maximized(stage->victim.window->toplevel); /* where it does not fill the screen by itself */
	desktop_wait_still(stage->session);
	struct window *window = attacker->window = window_create(attacker->client, "overlay", INTRUDER);
	window->is_manual = true;
	xdg_toplevel_set_min_size(window->toplevel, 300, 200);
	xdg_toplevel_set_max_size(window->toplevel, 300, 200);
	window_map(window);
	window_acknowledge(window);
	/* With alpha from the start, as a compositor may keep what it knows of the first. */
	window_show(window, buffer_create_argb(attacker->client, 300, 200, 0xff000000 | INTRUDER));
	desktop_wait_still(stage->session);
	struct picture *picture = desktop_picture(stage->session);
	struct box box;
	NEED(picture_find(picture, INTRUDER, &box), "it does not show");
	picture_destroy(picture);
	window_acknowledge(window);
	window_show(window, buffer_create_argb(attacker->client, 300, 200, 0));
	desktop_wait_still(stage->session);
	picture = desktop_picture(stage->session);
	const int x = box.x + box.width / 2, y = box.y + box.height / 2;
	const bool is_seen = picture_pixel(picture, x, y) == VICTIM_CONTENT;
	picture_destroy(picture);
	seat_forget(attacker->seat);
	virtual_pointer_click(stage->pointer, x, y, BTN_LEFT);
	test_settle(test);
	CHECK(!is_seen || seat_count(attacker->seat, SEAT_BUTTON) == 0,
		"the person sees the victim, clicks on it, and the attacker gets the click");
}

static const struct test_case cases[] = {
	{ "no click on what is seen of the victim is the attacker's", steals_a_click, ANYWHERE },
	{ "through transparent pixels nothing shows", transparent_pixels },
	{ "nor through what is transparent otherwise", transparent_otherwise },
	{ "nor through a popup", popups },
	{ "nor through the icon of a drag", drag_icon },
	{ "nor through a whole screen", fullscreen },
	{ "nor through one that covers the strip", fullscreen_cover },
	{ "what takes no input lets none through", clicks_through },
	{ "and takes none where it is not seen", clicks_taken },
	{ "a question is above all of it", over_a_question },
};

TEST_MAIN(cases)
