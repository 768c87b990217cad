/*
 * F4. A client logs all that its keyboard tells and looks for the person's chords. Neither press nor release of a
 * chord's keys reaches any client, no modifier stays behind, and what is typed afterwards is whole.
 */

#include "tests/attacks/stage.h"

static const char binds[] = "bind Super+Return workspace 1\n"
							"bind Ctrl+Shift+F9 workspace 1\n"
							"bind Super+Shift+C clipboard-clear\n";

static uint32_t super_mask(const struct seat *seat) {
	return 1u << xkb_keymap_mod_get_index(seat->keymap, XKB_MOD_NAME_LOGO);
}

static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, binds, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "logger");
	party_focus(&stage->attacker);
	NEED(stage->attacker.seat->keymap != NULL, "the keyboard has no keymap");
	seat_forget(stage->attacker.seat);
	seat_forget(stage->victim.seat);
	return stage;
}

/* Nothing was told of Super, no modifier is down any more, every press has its release. */
static void check_log(struct stage *stage, const struct seat *seat, const char *what) {
	struct test *test = stage->test;
	for (size_t i = 0; i < seat->events_len; i++) {
		const struct seat_event *event = &seat->events[i];
		if (event->type == SEAT_MODIFIERS) {
			CHECK((event->depressed & super_mask(seat)) == 0, "%s: told that Super is down:\n%s", what,
				seat_describe(seat));
		}
		if (event->type == SEAT_KEY) {
			CHECK(event->code != KEY_LEFTMETA && event->code != KEY_RIGHTMETA, "%s: told of the Super key", what);
			CHECK_INT(seat_count_key(seat, event->code, 1), seat_count_key(seat, event->code, 0),
				"%s: key %u has not as many presses as releases:\n%s", what, event->code, seat_describe(seat));
		}
	}
	const struct seat_event *last = seat_last(seat, SEAT_MODIFIERS);
	CHECK(last == NULL || (last->depressed == 0 && last->latched == 0 && last->locked == 0),
		"%s: a modifier stays behind:\n%s", what, seat_describe(seat));
}

/* After the chord: the log is clean, and a typed word arrives whole and alone. */
static void check_after(struct stage *stage, const char *what) {
	struct test *test = stage->test;
	test_settle(test);
	check_log(stage, stage->attacker.seat, what);
	check_log(stage, stage->victim.seat, what);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_KEY), 0, "%s: the victim got keys", what);
	virtual_keyboard_type(stage->keyboard, "word");
	test_settle(test);
	CHECK_TEXT(seat_text(stage->attacker.seat), "word", "%s: what was typed afterwards is not whole:\n%s", what,
		seat_describe(stage->attacker.seat));
	seat_forget(stage->attacker.seat);
	seat_forget(stage->victim.seat);
}

static void bound_chords(struct test *test) {
	static const struct {
		const char *name;
		uint32_t modifiers, code;
	} chords[] = {
		{ "Super+C", MOD_SUPER, KEY_C },
		{ "Super+V", MOD_SUPER, KEY_V },
		{ "Super+Return", MOD_SUPER, KEY_ENTER },
		{ "Super+Shift+C", MOD_SUPER | MOD_SHIFT, KEY_C },
		{ "Ctrl+Shift+F9", MOD_CTRL | MOD_SHIFT, KEY_F9 },
	};
	struct stage *stage = set_up(test);
	for (size_t i = 0; i < sizeof(chords) / sizeof(chords[0]); i++) {
		virtual_keyboard_chord(stage->keyboard, chords[i].modifiers, chords[i].code);
		test_settle(test);
		CHECK_INT(
			seat_count_key(stage->attacker.seat, chords[i].code, 1), 0, "the press of %s is told", chords[i].name);
		CHECK_INT(
			seat_count_key(stage->attacker.seat, chords[i].code, 0), 0, "the release of %s is told", chords[i].name);
		check_after(stage, chords[i].name);
	}
}

/* Released in another order than pressed, with other keys held, pressed twice. */
static void odd_orders(struct test *test) {
	struct stage *stage = set_up(test);
	struct virtual_keyboard *keyboard = stage->keyboard;
	struct seat *log = stage->attacker.seat;

	virtual_keyboard_key(keyboard, KEY_LEFTMETA, true);
	virtual_keyboard_key(keyboard, KEY_C, true);
	virtual_keyboard_key(keyboard, KEY_LEFTMETA, false);
	virtual_keyboard_key(keyboard, KEY_C, false);
	test_settle(test);
	CHECK_INT(seat_count(log, SEAT_KEY), 0, "Super released first:\n%s", seat_describe(log));
	check_after(stage, "Super released first");

	virtual_keyboard_key(keyboard, KEY_X, true);
	virtual_keyboard_chord(keyboard, MOD_SUPER, KEY_C);
	virtual_keyboard_key(keyboard, KEY_X, false);
	test_settle(test);
	CHECK_INT(seat_count_key(log, KEY_X, 1), 1, "a key held around a chord is told once");
	CHECK_INT(seat_count_key(log, KEY_X, 0), 1, "and so is its release");
	CHECK_INT(seat_count_key(log, KEY_C, 1), 0, "the chord itself is not");
	check_log(stage, log, "a key held around a chord");
	seat_forget(log);

	virtual_keyboard_key(keyboard, KEY_LEFTMETA, true);
	virtual_keyboard_tap(keyboard, KEY_C);
	virtual_keyboard_tap(keyboard, KEY_C);
	virtual_keyboard_tap(keyboard, KEY_V);
	virtual_keyboard_key(keyboard, KEY_LEFTMETA, false);
	test_settle(test);
	CHECK_INT(seat_count(log, SEAT_KEY), 0, "three chords with one Super:\n%s", seat_describe(log));
	check_after(stage, "three chords with one Super");

	virtual_keyboard_tap(keyboard, KEY_LEFTMETA);
	test_settle(test);
	CHECK_INT(seat_count(log, SEAT_KEY), 0, "Super alone:\n%s", seat_describe(log));
	check_after(stage, "Super alone");
}

/* While the owners are shown, keys are the compositor's. */
static void super_escape(struct test *test) {
	struct stage *stage = set_up(test);
	struct picture *before = desktop_picture(stage->session);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_ESC);
	virtual_keyboard_type(stage->keyboard, "zzz");
	test_settle(test);
	struct picture *owners = desktop_picture(stage->session);
	struct box below = desktop_below_strip();
	int x, y;
	CHECK(picture_differs(before, owners, &below, NULL, 0, &x, &y), "Super+Escape shows nothing");
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_KEY), 0, "keys of the owners' view are told:\n%s",
		seat_describe(stage->attacker.seat));
	virtual_keyboard_tap(stage->keyboard, KEY_ESC);
	WAIT_FOR(seat_has_focus(stage->attacker.seat, stage->attacker.window->surface), "the focus does not come back");
	test_settle(test);
	CHECK_INT(seat_count_key(stage->attacker.seat, KEY_ESC, 1), 0, "the Escape that ends it is told");
	check_after(stage, "Super+Escape");
}

/* A chord that moves the focus: neither the one before nor the one after learns of it. */
static void focus_chord(struct test *test) {
	struct stage *stage = set_up(test);
	stage_focus_next(stage);
	NEED(seat_has_focus(stage->victim.seat, stage->victim.window->surface), "Super+J does not move the focus");
	const struct seat_event *enter = seat_last(stage->victim.seat, SEAT_KEYBOARD_ENTER);
	CHECK_INT(enter->keys_len, 0, "the new window is told of keys that are down");
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_KEY), 0, "the window before got a key of the chord");
	CHECK_INT(seat_count(stage->victim.seat, SEAT_KEY), 0, "the window after got a key of the chord");
	check_log(stage, stage->attacker.seat, "the window before");
	check_log(stage, stage->victim.seat, "the window after");
}

static const struct test_case cases[] = {
	{ "no key of a bound chord is told, and no modifier stays", bound_chords },
	{ "nor in any odd order of presses and releases", odd_orders },
	{ "nor of Super+Escape and what is typed in its view", super_escape },
	{ "nor of a chord that moves the focus, on either side", focus_chord, ANYWHERE },
};

TEST_MAIN(cases)
