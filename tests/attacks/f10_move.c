/*
 * F10. A client asks to be moved and sized with no button down, with somebody else's button, with an old serial, and
 * with its window tiled. Nothing moves unless the person holds a button down on that floating window; then it moves
 * with the pointer, and ends with the button.
 */

#include "tests/attacks/stage.h"

/* The attacker's window floats and has the focus; the victim's is tiled. */
static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open_fixed(&stage->attacker, "tool", 300, 200);
	party_focus(&stage->attacker);
	return stage;
}

static void ask(struct stage *stage, uint32_t serial) {
	struct party *attacker = &stage->attacker;
	xdg_toplevel_move(attacker->window->toplevel, attacker->seat->wl_seat, serial);
	xdg_toplevel_resize(
		attacker->window->toplevel, attacker->seat->wl_seat, serial, XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM_RIGHT);
	test_settle(stage->test);
}

/* The pointer goes about; the window stays where it was. */
static void check_stays(struct stage *stage, const struct desktop_window *before, const char *what) {
	struct test *test = stage->test;
	static const int places[][2] = { { 100, 100 }, { 900, 600 }, { 640, 360 } };
	for (size_t i = 0; i < 3; i++) {
		virtual_pointer_move(stage->pointer, places[i][0], places[i][1]);
		test_settle(test);
		struct desktop_window now = party_look(&stage->attacker);
		CHECK(now.frame.x == before->frame.x && now.frame.y == before->frame.y &&
				now.frame.width == before->frame.width && now.frame.height == before->frame.height,
			"%s: it moves", what);
	}
}

static void without_a_button(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window before = party_look(&stage->attacker);
	ask(stage, stage->attacker.seat->serial);
	check_stays(stage, &before, "before any click");
	virtual_pointer_click(stage->pointer, before.content.x + 50, before.content.y + 50, BTN_LEFT);
	test_settle(test);
	ask(stage, stage->attacker.seat->serial);
	check_stays(stage, &before, "with the serial of a click that is over");
	virtual_keyboard_key(stage->keyboard, KEY_A, true);
	test_settle(test);
	ask(stage, stage->attacker.seat->serial);
	check_stays(stage, &before, "with a key down");
	virtual_keyboard_key(stage->keyboard, KEY_A, false);
}

static void with_anothers_button(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window before = party_look(&stage->attacker), victim = party_look(&stage->victim);
	virtual_pointer_click(stage->pointer, before.content.x + 50, before.content.y + 50, BTN_LEFT);
	virtual_pointer_move(stage->pointer, victim.content.x + 20, victim.content.y + victim.content.height - 20);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	test_settle(test);
	ask(stage, stage->attacker.seat->serial);
	check_stays(stage, &before, "with the victim's button down");
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 1, "the victim's own grab is disturbed");
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	if (!stage_is_ours(stage)) {
		return;
	}
	/* On its own frame, where the person moves it; then no word of the client's is needed. */
	virtual_pointer_move(stage->pointer, victim.frame.x + 300, victim.frame.y + 10);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	test_settle(test);
	ask(stage, stage->attacker.seat->serial);
	check_stays(stage, &before, "with a button down on the victim's frame");
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
}

static void tiled(struct test *test) {
	struct stage *stage = set_up(test);
	window_destroy(stage->attacker.window);
	party_open(&stage->attacker, "game");
	desktop_wait_still(stage->session);
	struct desktop_window before = party_look(&stage->attacker);
	virtual_pointer_move(stage->pointer, before.content.x + 50, before.content.y + 50);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	test_settle(test);
	ask(stage, stage->attacker.seat->serial);
	check_stays(stage, &before, "tiled, with a button down");
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_BUTTON), 2, "its own grab is disturbed");
}

static void with_its_button(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window before = party_look(&stage->attacker);
	int x = before.content.x + 50, y = before.content.y + 50;
	virtual_pointer_move(stage->pointer, x, y);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	test_settle(test);
	xdg_toplevel_move(stage->attacker.window->toplevel, stage->attacker.seat->wl_seat, stage->attacker.seat->serial);
	test_settle(test);
	virtual_pointer_move(stage->pointer, x + 40, y + 60);
	test_settle(test);
	struct desktop_window now = party_look(&stage->attacker);
	CHECK_INT(now.frame.x, before.frame.x + 40, "it does not follow");
	CHECK_INT(now.frame.y, before.frame.y + 60, "it does not follow");
	CHECK(stage->attacker.seat->pointer_focus == NULL, "it keeps the pointer meanwhile");
	/* Below the strip, its band in sight, whatever the pointer does. */
	virtual_pointer_move(stage->pointer, x, 0);
	test_settle(test);
	CHECK(party_look(&stage->attacker).frame.y >= STRIP_HEIGHT, "it moves below the strip");
	virtual_pointer_move(stage->pointer, x + 40, y + 60);
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), 0, "the release reaches another");
	WAIT_FOR(stage->attacker.seat->pointer_focus != NULL, "the pointer does not come back");
	now = party_look(&stage->attacker);
	check_stays(stage, &now, "after the release");
	/* Super+Escape ends it. */
	x = now.content.x + 50, y = now.content.y + 50;
	virtual_pointer_move(stage->pointer, x, y);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	test_settle(test);
	xdg_toplevel_move(stage->attacker.window->toplevel, stage->attacker.seat->wl_seat, stage->attacker.seat->serial);
	test_settle(test);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_ESC);
	check_stays(stage, &now, "below the owners");
	virtual_keyboard_tap(stage->keyboard, KEY_ESC);
	check_stays(stage, &now, "after the owners");
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
}

static const struct test_case cases[] = {
	{ "nothing moves without a button down", without_a_button, ANYWHERE },
	{ "nor with a button that is another's", with_anothers_button, ANYWHERE },
	{ "nor out of its tile", tiled },
	{ "with its own it follows the pointer, to the release or Super+Escape", with_its_button },
};

TEST_MAIN(cases)
