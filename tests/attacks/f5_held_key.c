/*
 * F5. A key is held while the focus moves to another instance, and that instance makes new keyboards to be told
 * what is down. Enter carries no keys, and no key event comes without its own press.
 */

#include <string.h>

#include "tests/attacks/stage.h"

static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->victim);
	seat_forget(stage->victim.seat);
	seat_forget(stage->attacker.seat);
	return stage;
}

static void check_no_enter_has_keys(struct stage *stage, const struct seat *seat, const char *what) {
	struct test *test = stage->test;
	NEED(seat_count(seat, SEAT_KEYBOARD_ENTER) > 0, "%s: there was no enter", what);
	for (size_t i = 0; i < seat->events_len; i++) {
		if (seat->events[i].type == SEAT_KEYBOARD_ENTER) {
			CHECK_INT(seat->events[i].keys_len, 0, "%s: an enter carries key %u", what, seat->events[i].keys[0]);
		}
	}
}

static void held_across_a_switch(struct test *test) {
	struct stage *stage = set_up(test);
	struct seat *attacker = stage->attacker.seat, *victim = stage->victim.seat;
	virtual_keyboard_key(stage->keyboard, KEY_A, true);
	if (stage_is_ours(stage)) {
		/* On some peers a click with Shift moves no focus. */
		virtual_keyboard_key(stage->keyboard, KEY_LEFTSHIFT, true);
	}
	party_focus(&stage->attacker);
	check_no_enter_has_keys(stage, attacker, "focus while a key is held");

	seat_add_keyboard(attacker);
	seat_add_keyboard(attacker);
	test_settle(test);
	check_no_enter_has_keys(stage, attacker, "a new wl_keyboard while a key is held");
	for (size_t i = 0; i < attacker->events_len; i++) {
		const struct seat_event *event = &attacker->events[i];
		CHECK(event->type != SEAT_MODIFIERS || event->depressed == 0, "told that the victim's Shift is down:\n%s",
			seat_describe(attacker));
	}

	if (stage_is_ours(stage)) {
		virtual_keyboard_key(stage->keyboard, KEY_LEFTSHIFT, false);
	}
	virtual_keyboard_key(stage->keyboard, KEY_A, false);
	test_settle(test);
	CHECK_INT(seat_count(attacker, SEAT_KEY), 0, "a release came without a press:\n%s", seat_describe(attacker));
	CHECK_INT(seat_count_key(victim, KEY_A, 1), 1, "the victim got the press");

	/* What is pressed now is the attacker's own, on all its keyboards. */
	virtual_keyboard_tap(stage->keyboard, KEY_B);
	test_settle(test);
	CHECK_INT(seat_count_key(attacker, KEY_B, 1), 3, "each of its three keyboards gets its own key");
	CHECK_INT(seat_count_key(attacker, KEY_B, 0), 3, "and its release");
}

static void and_back_again(struct test *test) {
	struct stage *stage = set_up(test);
	virtual_keyboard_key(stage->keyboard, KEY_A, true);
	party_focus(&stage->attacker);
	seat_forget(stage->victim.seat);
	party_focus(&stage->victim);
	check_no_enter_has_keys(stage, stage->victim.seat, "back while the key is still held");
	virtual_keyboard_key(stage->keyboard, KEY_A, false);
	test_settle(test);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_KEY), 0, "a release came after a leave:\n%s",
		seat_describe(stage->victim.seat));
	virtual_keyboard_type(stage->keyboard, "a");
	test_settle(test);
	CHECK_TEXT(seat_text(stage->victim.seat), "a", "the key works again");
}

static void locked_modifiers(struct test *test) {
	struct stage *stage = set_up(test);
	virtual_keyboard_tap(stage->keyboard, KEY_CAPSLOCK);
	virtual_keyboard_type(stage->keyboard, "x");
	test_settle(test);
	NEED(strcmp(seat_text(stage->victim.seat), "X") == 0, "Caps Lock does not work where it was pressed");
	seat_forget(stage->attacker.seat);
	party_focus(&stage->attacker);
	for (size_t i = 0; i < stage->attacker.seat->events_len; i++) {
		CHECK(stage->attacker.seat->events[i].type != SEAT_MODIFIERS || stage->attacker.seat->events[i].locked == 0,
			"told that the victim has Caps Lock on");
	}
}

static void unfocused_keyboards(struct test *test) {
	struct stage *stage = set_up(test);
	virtual_keyboard_key(stage->keyboard, KEY_A, true);
	for (int i = 0; i < 5; i++) {
		seat_add_keyboard(stage->attacker.seat);
	}
	virtual_keyboard_type(stage->keyboard, "secret");
	virtual_keyboard_key(stage->keyboard, KEY_A, false);
	test_settle(test);
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_KEYBOARD_ENTER), 0, "without the focus it gets an enter");
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_KEY), 0, "without the focus it gets keys");
}

static const struct test_case cases[] = {
	{ "a key held across a switch is not told, by no keyboard", held_across_a_switch, ANYWHERE },
	{ "nor when the focus comes back while it is still held", and_back_again, ANYWHERE },
	{ "locked modifiers of one instance are not told to another", locked_modifiers, ANYWHERE },
	{ "keyboards made without the focus are told nothing", unfocused_keyboards, ANYWHERE },
};

TEST_MAIN(cases)
