/*
 * What the person's pointer does: it focuses, it is told to whom it is over and to nobody else, and by Super, band and
 * border it moves and sizes windows.
 */

#include "tests/attacks/stage.h"

static void move_to(struct stage *stage, const struct box *box) {
	virtual_pointer_move(stage->pointer, box->x + box->width / 2, box->y + box->height / 2);
}

/* Both windows side by side, the pointer over neither, nothing in the logs. */
static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->victim);
	virtual_pointer_move(stage->pointer, 640, 10);
	test_settle(test);
	seat_forget(stage->victim.seat);
	seat_forget(stage->attacker.seat);
	return stage;
}

static void click_focuses(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window window = party_look(&stage->attacker);
	move_to(stage, &window.content);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	const struct seat *seat = stage->attacker.seat;
	CHECK(seat_has_focus(seat, stage->attacker.window->surface), "a click does not focus");
	CHECK_INT(seat_count(seat, SEAT_BUTTON), 2, "the click itself arrives:\n%s", seat_describe(seat));
	CHECK_INT(seat_count(seat, SEAT_POINTER_ENTER), 1, "one enter:\n%s", seat_describe(seat));
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON) + seat_count(stage->victim.seat, SEAT_POINTER_ENTER), 0,
		"the other window hears of it:\n%s", seat_describe(stage->victim.seat));
}

/* The release goes where the press went; who is crossed with the button down hears nothing. */
static void button_held_across(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window a = party_look(&stage->attacker), v = party_look(&stage->victim);
	move_to(stage, &v.content);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	move_to(stage, &a.content);
	test_settle(test);
	CHECK_INT(
		stage->attacker.seat->events_len, 0, "crossed with a button down:\n%s", seat_describe(stage->attacker.seat));
	const struct seat_event *motion = seat_last(stage->victim.seat, SEAT_MOTION);
	CHECK(motion != NULL && motion->x > v.content.width, "who holds it is not told where it goes:\n%s",
		seat_describe(stage->victim.seat));
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	CHECK_INT(
		seat_count(stage->victim.seat, SEAT_BUTTON), 2, "press and release:\n%s", seat_describe(stage->victim.seat));
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_BUTTON), 0, "no release to the other");
	CHECK(
		stage->attacker.seat->pointer_focus == stage->attacker.window->surface, "afterwards it is over the other one");
	CHECK_INT(
		seat_count(stage->attacker.seat, SEAT_MOTION), 0, "without a motion:\n%s", seat_describe(stage->attacker.seat));
	CHECK(seat_has_focus(stage->victim.seat, stage->victim.window->surface), "the focus stays");
}

/* A still pointer: what comes under it is entered, once. */
static void still_pointer(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	virtual_pointer_move(stage->pointer, 640, 400);
	test_settle(test);
	party_open(&stage->attacker, "first");
	WAIT_FOR(stage->attacker.seat->pointer_focus != NULL, "a window that comes under the pointer is not entered");
	seat_forget(stage->attacker.seat);
	for (int i = 0; i < 5; i++) {
		window_draw(
			stage->attacker.window, stage->attacker.window->width, stage->attacker.window->height, 0x111111 * i);
		picture_destroy(desktop_picture(stage->session));
	}
	CHECK_INT(stage->attacker.seat->events_len, 0, "frames tell something:\n%s", seat_describe(stage->attacker.seat));
	window_unmap(stage->attacker.window);
	test_settle(test);
	seat_forget(stage->attacker.seat);
	party_open(&stage->victim, "second");
	WAIT_FOR(stage->victim.seat->pointer_focus == stage->victim.window->surface, "the next is not entered");
	CHECK_INT(seat_count(stage->victim.seat, SEAT_MOTION), 0, "no motion:\n%s", seat_describe(stage->victim.seat));
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_MOTION), 0, "nor to the one that went");
}

static void super_moves(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window before = party_look(&stage->attacker);
	int x = before.content.x + 100, y = before.content.y + 200;
	virtual_pointer_move(stage->pointer, x, y);
	virtual_keyboard_key(stage->keyboard, KEY_LEFTMETA, true);
	test_settle(test);
	seat_forget(stage->attacker.seat);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	virtual_pointer_move(stage->pointer, x + 3, y + 3);
	test_settle(test);
	struct desktop_window now = party_look(&stage->attacker);
	CHECK(now.focused && !now.floating && now.frame.x == before.frame.x, "a mere press moves it");
	virtual_pointer_move(stage->pointer, x - 150, y - 50);
	test_settle(test);
	now = party_look(&stage->attacker);
	CHECK(now.floating, "it does not float");
	CHECK(box_contains(&now.frame, x - 150, y - 50), "it is at %d,%d %dx%d, and the pointer at %d,%d", now.frame.x,
		now.frame.y, now.frame.width, now.frame.height, x - 150, y - 50);
	struct box first = now.frame;
	virtual_keyboard_key(stage->keyboard, KEY_LEFTMETA, false);
	virtual_pointer_move(stage->pointer, x - 200, y - 20);
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	now = party_look(&stage->attacker);
	CHECK_INT(now.frame.x, first.x - 50, "it does not follow");
	CHECK_INT(now.frame.y, first.y + 30, "it does not follow");
	CHECK_INT(now.frame.width, first.width, "its size changes");
	virtual_pointer_move(stage->pointer, x - 300, y);
	test_settle(test);
	struct desktop_window after = party_look(&stage->attacker);
	CHECK_INT(after.frame.x, now.frame.x, "it follows after the release");
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_BUTTON), 0, "its client hears of the button:\n%s",
		seat_describe(stage->attacker.seat));
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 0, "the other client hears of the button");
}

/* Super comes in the middle of a client's own grab: what is pressed then is nobody's. */
static void super_while_held(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window before = party_look(&stage->victim);
	move_to(stage, &before.content);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	test_settle(test);
	virtual_keyboard_key(stage->keyboard, KEY_LEFTMETA, true);
	virtual_pointer_button(stage->pointer, BTN_RIGHT, true);
	virtual_pointer_move(stage->pointer, 300, 300);
	virtual_pointer_button(stage->pointer, BTN_RIGHT, false);
	virtual_keyboard_key(stage->keyboard, KEY_LEFTMETA, false);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 1, "it hears of the other button:\n%s",
		seat_describe(stage->victim.seat));
	CHECK(!party_look(&stage->victim).floating, "it floats");
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 2, "its own release does not come:\n%s",
		seat_describe(stage->victim.seat));
}

static void super_sizes(struct test *test) {
	struct stage *stage = set_up(test);
	party_open_fixed(&stage->third, "tool", 300, 200);
	xdg_toplevel_set_min_size(stage->third.window->toplevel, 0, 0);
	xdg_toplevel_set_max_size(stage->third.window->toplevel, 0, 0);
	wl_surface_commit(stage->third.window->surface);
	struct desktop_window before = party_look(&stage->third);
	int x = before.frame.x + before.frame.width - 20, y = before.frame.y + before.frame.height - 20;
	virtual_pointer_move(stage->pointer, x, y);
	virtual_keyboard_key(stage->keyboard, KEY_LEFTMETA, true);
	virtual_pointer_button(stage->pointer, BTN_RIGHT, true);
	virtual_pointer_move(stage->pointer, x + 60, y + 40);
	test_settle(test);
	CHECK(window_has_state(stage->third.window, XDG_TOPLEVEL_STATE_RESIZING), "its client is not told");
	virtual_pointer_button(stage->pointer, BTN_RIGHT, false);
	virtual_keyboard_key(stage->keyboard, KEY_LEFTMETA, false);
	test_settle(test);
	desktop_wait_still(stage->session);
	struct desktop_window now = party_look(&stage->third);
	CHECK_INT(now.frame.width, before.frame.width + 60, "width");
	CHECK_INT(now.frame.height, before.frame.height + 40, "height");
	CHECK_INT(now.frame.x, before.frame.x, "x");
	CHECK_INT(stage->third.window->width, now.content.width, "the client's own width");
	CHECK(!window_has_state(stage->third.window, XDG_TOPLEVEL_STATE_RESIZING), "it is resizing for ever");
	CHECK_INT(seat_count(stage->third.seat, SEAT_BUTTON), 0, "its client hears of the button");

	/* The upper left corner, far beyond the smallest size: the other corner stays. */
	virtual_pointer_move(stage->pointer, now.frame.x + 10, now.frame.y + 40);
	virtual_keyboard_key(stage->keyboard, KEY_LEFTMETA, true);
	virtual_pointer_button(stage->pointer, BTN_RIGHT, true);
	virtual_pointer_move(stage->pointer, now.frame.x + 1000, now.frame.y + 600);
	virtual_pointer_button(stage->pointer, BTN_RIGHT, false);
	virtual_keyboard_key(stage->keyboard, KEY_LEFTMETA, false);
	desktop_wait_still(stage->session);
	struct desktop_window small = party_look(&stage->third);
	CHECK_INT(small.frame.width, WINDOW_MIN_WIDTH, "the smallest width");
	CHECK_INT(small.frame.height, WINDOW_MIN_HEIGHT, "the smallest height");
	CHECK_INT(small.frame.x + small.frame.width, now.frame.x + now.frame.width, "the right edge stays");
	CHECK_INT(small.frame.y + small.frame.height, now.frame.y + now.frame.height, "the lower edge stays");
}

static void band_and_border(struct test *test) {
	struct stage *stage = set_up(test);
	party_open_fixed(&stage->third, "tool", 300, 200);
	xdg_toplevel_set_min_size(stage->third.window->toplevel, 0, 0);
	xdg_toplevel_set_max_size(stage->third.window->toplevel, 0, 0);
	wl_surface_commit(stage->third.window->surface);
	struct desktop_window before = party_look(&stage->third);
	int x = before.frame.x + 200, y = before.frame.y + BORDER_WIDTH + 5;
	virtual_pointer_move(stage->pointer, x, y);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	virtual_pointer_move(stage->pointer, x + 30, y + 70);
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	struct desktop_window now = party_look(&stage->third);
	CHECK_INT(now.frame.x, before.frame.x + 30, "its band does not move it");
	CHECK_INT(now.frame.y, before.frame.y + 70, "its band does not move it");
	/* Its right border, middle. */
	x = now.frame.x + now.frame.width - 1, y = now.frame.y + now.frame.height / 2;
	virtual_pointer_move(stage->pointer, x, y);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	virtual_pointer_move(stage->pointer, x + 44, y + 44);
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	desktop_wait_still(stage->session);
	struct desktop_window wide = party_look(&stage->third);
	CHECK_INT(wide.frame.width, now.frame.width + 44, "its border does not size it");
	CHECK_INT(wide.frame.height, now.frame.height, "and the other way it stays");
	/* Off the screen: what must be seen of the band is. */
	x = wide.frame.x + 200, y = wide.frame.y + BORDER_WIDTH + 5;
	virtual_pointer_move(stage->pointer, x, y);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	virtual_pointer_move(stage->pointer, 0, 719);
	virtual_pointer_move(stage->pointer, 0, 0);
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	now = party_look(&stage->third);
	CHECK(now.frame.y >= STRIP_HEIGHT, "its band is below the strip");
	CHECK(now.frame.x + now.frame.width >= BAND_VISIBLE_MIN, "its band is on the screen");
	CHECK_INT(seat_count(stage->third.seat, SEAT_BUTTON), 0, "its client hears of the buttons");
}

/* A move ends when something else gets the focus, and when its window goes. */
static void move_interrupted(struct test *test) {
	struct stage *stage = set_up(test);
	party_open_fixed(&stage->third, "tool", 300, 200);
	party_focus(&stage->third);
	struct desktop_window before = party_look(&stage->third);
	int x = before.frame.x + 200, y = before.frame.y + BORDER_WIDTH + 5;
	virtual_pointer_move(stage->pointer, x, y);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	virtual_pointer_move(stage->pointer, x + 30, y + 30);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_J);
	virtual_pointer_move(stage->pointer, x + 90, y + 90);
	test_settle(test);
	struct desktop_window now = party_look(&stage->third);
	CHECK_INT(now.frame.x, before.frame.x + 30, "it moves on without the focus");
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON) + seat_count(stage->attacker.seat, SEAT_BUTTON) +
			seat_count(stage->third.seat, SEAT_BUTTON),
		0, "the release reaches somebody");

	virtual_pointer_move(stage->pointer, now.frame.x + 200, now.frame.y + 5);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	virtual_pointer_move(stage->pointer, now.frame.x + 230, now.frame.y + 35);
	test_settle(test);
	window_destroy(stage->third.window);
	test_settle(test);
	virtual_pointer_move(stage->pointer, 300, 300);
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 0, "the release reaches somebody");
	virtual_pointer_click(stage->pointer, 300, 300, BTN_LEFT);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 2, "clicks do not work any more");
}

/* A device that goes with its button down leaves nothing behind. */
static void device_goes(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window v = party_look(&stage->victim), a = party_look(&stage->attacker);
	struct virtual_pointer *second = virtual_pointer_create(session_shell(stage->session), OUTPUT_WIDTH, OUTPUT_HEIGHT);
	virtual_pointer_move(second, v.content.x + 50, v.content.y + 50);
	virtual_pointer_button(second, BTN_LEFT, true);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 1, "two devices with one button: one press");
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 1, "and no release yet");
	virtual_pointer_destroy(second);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 2, "the button of a device that goes stays down");
	move_to(stage, &a.content);
	test_settle(test);
	CHECK(stage->attacker.seat->pointer_focus != NULL, "the pointer is held");
}

static void strip_switches(struct test *test) {
	struct stage *stage = stage_start(test, "bind Super+2 workspace 2\nbind Super+1 workspace 1\n", NULL);
	party_open(&stage->victim, "editor");
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_2);
	test_settle(test);
	CHECK(!party_look(&stage->victim).visible, "the chord does not switch");
	seat_forget(stage->victim.seat);
	virtual_pointer_click(stage->pointer, 18, 14, BTN_LEFT);
	test_settle(test);
	CHECK(party_look(&stage->victim).visible, "a click on its number does not show the workspace");
	CHECK(seat_has_focus(stage->victim.seat, stage->victim.window->surface), "its window has no focus");
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 0, "the click reaches a client");
}

/* While the owners are shown, the pointer is ours; what was down ends. */
static void modal_takes_all(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window v = party_look(&stage->victim);
	move_to(stage, &v.content);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	test_settle(test);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_ESC);
	test_settle(test);
	CHECK(stage->victim.seat->pointer_focus == NULL, "it keeps the pointer below the owners:\n%s",
		seat_describe(stage->victim.seat));
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 2, "its grab does not end:\n%s",
		seat_describe(stage->victim.seat));
	seat_forget(stage->victim.seat);
	virtual_pointer_move(stage->pointer, v.content.x + 20, v.content.y + 20);
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	virtual_pointer_scroll(stage->pointer, 15);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON) + seat_count(stage->victim.seat, SEAT_MOTION) +
			seat_count(stage->victim.seat, SEAT_AXIS) + seat_count(stage->victim.seat, SEAT_POINTER_ENTER),
		0, "it hears of the pointer:\n%s", seat_describe(stage->victim.seat));
	virtual_keyboard_tap(stage->keyboard, KEY_ESC);
	WAIT_FOR(stage->victim.seat->pointer_focus == stage->victim.window->surface, "it does not come back");
}

static void clicks_outside_end_popups(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window v = party_look(&stage->victim), a = party_look(&stage->attacker);
	const struct box places[] = { a.content, { v.frame.x + 100, v.frame.y + 5, 2, 2 }, { 600, 5, 2, 2 } };
	for (size_t i = 0; i < 3; i++) {
		party_focus(&stage->victim);
		virtual_pointer_click(stage->pointer, v.content.x + 10, v.content.y + 10, BTN_LEFT);
		test_settle(test);
		struct popup *popup = popup_open(stage->victim.client, stage->victim.window->xdg_surface,
			&(struct popup_options){ .x = 20,
				.y = 20,
				.width = 100,
				.height = 80,
				.color = 0x00ff00,
				.grab = stage->victim.seat->wl_seat,
				.grab_serial = stage->victim.seat->serial });
		test_settle(test);
		CHECK(!popup->is_done, "the popup is dismissed at once (%zu)", i);
		virtual_pointer_click(stage->pointer, v.content.x + 40, v.content.y + 40, BTN_LEFT);
		test_settle(test);
		CHECK(!popup->is_done, "a click on it dismisses it (%zu)", i);
		move_to(stage, &places[i]);
		virtual_pointer_button(stage->pointer, BTN_LEFT, true);
		virtual_pointer_button(stage->pointer, BTN_LEFT, false);
		test_settle(test);
		CHECK(popup->is_done, "a click elsewhere leaves it (%zu)", i);
		popup_destroy(popup);
	}
}

static const struct test_case cases[] = {
	{ "a click focuses, and reaches one client", click_focuses },
	{ "a held button stays with its client", button_held_across },
	{ "a still pointer enters what comes under it, and moves nowhere", still_pointer },
	{ "Super and the left button move, and no client hears of it", super_moves },
	{ "nor of what is pressed with Super while it holds a button", super_while_held },
	{ "Super and the right button size, within bounds", super_sizes },
	{ "the band moves and the border sizes a floating window", band_and_border },
	{ "a move ends with the focus and with its window", move_interrupted },
	{ "a device that goes lets go of its buttons", device_goes },
	{ "a click on the strip switches the workspace", strip_switches },
	{ "the owners' view takes the pointer", modal_takes_all },
	{ "a click elsewhere ends popups", clicks_outside_end_popups },
};

TEST_MAIN(cases)
