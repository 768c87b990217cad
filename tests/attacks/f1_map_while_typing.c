/*
 * F1. A window appears while the person types into another. No key may reach it, the focus stays, and the new
 * window is marked urgent. The other way round as well: when the victim's own window goes away in the middle of a
 * word, the rest of the word goes to nobody.
 */

#include <string.h>

#include "tests/attacks/stage.h"

static void no_key_reaches_it(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker, *victim = &stage->victim;
	party_open(victim, "editor");
	party_focus(victim);
	seat_forget(victim->seat);

	virtual_keyboard_type(stage->keyboard, "correct hor");
	virtual_keyboard_key(stage->keyboard, KEY_S, true);
	if (stage_is_ours(stage)) {
		party_open(attacker, "game");
	} else {
		window_open(attacker->client, "game", attacker->content); /* wherever */
	}
	virtual_keyboard_key(stage->keyboard, KEY_S, false);
	virtual_keyboard_type(stage->keyboard, "e battery");
	test_settle(test);

	CHECK_TEXT(seat_text(attacker->seat), "", "the attacker gets the rest of what is typed");
	CHECK_INT(seat_count(attacker->seat, SEAT_KEY), 0, "the attacker got keys:\n%s", seat_describe(attacker->seat));
	CHECK_INT(seat_count(attacker->seat, SEAT_KEYBOARD_ENTER), 0, "the attacker was given the focus");
	CHECK_TEXT(seat_text(victim->seat), "correct horse battery", "the victim does not get what was typed");
	CHECK_INT(seat_count(attacker->seat, SEAT_MODIFIERS), 0, "the attacker was told of modifiers");
	if (stage_is_ours(stage)) {
		CHECK_TEXT(desktop_focused(stage->session), "victim", "the focus has moved");
		CHECK(party_look(attacker).urgent, "the new window is not marked urgent");
	}
}

static void every_kind_of_window(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker, *victim = &stage->victim;
	party_open(victim, "editor");
	party_focus(victim);
	seat_forget(victim->seat);
	virtual_keyboard_tap(stage->keyboard, KEY_A);
	party_open_fixed(attacker, "dialog", 300, 200);
	virtual_keyboard_tap(stage->keyboard, KEY_B);
	struct window *fullscreen = window_create(attacker->client, "fullscreen", INTRUDER);
	xdg_toplevel_set_fullscreen(fullscreen->toplevel, NULL);
	window_map(fullscreen);
	virtual_keyboard_tap(stage->keyboard, KEY_C);
	struct window *maximized = window_create(attacker->client, "maximized", INTRUDER);
	xdg_toplevel_set_maximized(maximized->toplevel);
	window_map(maximized);
	virtual_keyboard_tap(stage->keyboard, KEY_D);
	/* Again and again, and with popups that want to grab. */
	for (int i = 0; i < 20; i++) {
		window_unmap(attacker->window);
		client_roundtrip(attacker->client);
		window_map(attacker->window);
		popup_create(attacker->client, attacker->window->xdg_surface,
			&(struct popup_options){ .width = 50,
				.height = 50,
				.color = INTRUDER,
				.grab = attacker->seat->wl_seat,
				.grab_serial = (uint32_t)i });
		virtual_keyboard_tap(stage->keyboard, KEY_E);
	}
	test_settle(test);
	CHECK_TEXT(seat_text(victim->seat), "abcdeeeeeeeeeeeeeeeeeeee", "the victim does not get what was typed");
	CHECK_INT(seat_count(attacker->seat, SEAT_KEYBOARD_ENTER), 0, "the attacker was given the focus");
	CHECK_INT(seat_count(attacker->seat, SEAT_KEY), 0, "the attacker got keys");
}

static void own_instance_is_focused(struct test *test) {
	/* So that the cases before cannot pass because no window is ever focused. */
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *victim = &stage->victim;
	party_open(victim, "editor");
	party_focus(victim);
	party_open(victim, "search");
	WAIT_FOR(
		seat_has_focus(victim->seat, victim->window->surface), "a new window of the focused instance is not focused");
	seat_forget(victim->seat);
	virtual_keyboard_type(stage->keyboard, "found");
	test_settle(test);
	CHECK_TEXT(seat_text(victim->seat), "found", "the new window does not get what was typed");
}

/*
 * The victim's window goes while keys are under way. Half a second without a key has to pass before the focus may
 * go to the attacker. Returns false where this process was held up for so long that it may have passed.
 */
static bool try_vanish(struct stage *stage) {
	struct test *test = stage->test;
	struct party *attacker = &stage->attacker, *victim = &stage->victim;
	party_open(victim, "editor");
	party_open(attacker, "game");
	party_focus(victim);
	seat_forget(attacker->seat);
	bool in_time = true;
	virtual_keyboard_type(stage->keyboard, "correct");
	client_roundtrip(session_shell(stage->session));
	int64_t last = test_now();
	window_destroy(victim->window);
	client_roundtrip(victim->client);
	for (const char *letter = "horse"; *letter != '\0'; letter++) {
		char text[2] = { *letter };
		virtual_keyboard_type(stage->keyboard, text);
		client_roundtrip(session_shell(stage->session));
		in_time &= test_now() - last < 400;
		last = test_now();
	}
	client_roundtrip(attacker->client);
	if (in_time) {
		CHECK_TEXT(seat_text(attacker->seat), "", "the attacker got the rest of the word");
		/* And when it is quiet, the window that is left gets the focus after all. */
		WAIT_FOR(seat_has_focus(attacker->seat, attacker->window->surface), "the focus never comes back");
		seat_forget(attacker->seat);
		virtual_keyboard_type(stage->keyboard, "game");
		test_settle(test);
		CHECK_TEXT(seat_text(attacker->seat), "game", "the window that is left gets no keys");
	}
	window_destroy(attacker->window);
	desktop_wait_still(stage->session);
	return in_time;
}

static void rest_of_the_word(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	bool done = false;
	for (int i = 0; i < 10 && !done; i++) {
		done = try_vanish(stage);
	}
	CHECK(done, "this machine is too slow to type five letters, each within 400 ms of the one before");
}

static const struct test_case cases[] = {
	{ "a window that appears while the person types gets no key and is urgent", no_key_reaches_it, ANYWHERE },
	{ "whatever it maps, the attacker is not focused", every_kind_of_window },
	{ "a new window of the focused instance is focused", own_instance_is_focused },
	{ "keys in flight when the focused window goes reach nobody", rest_of_the_word },
};

TEST_MAIN(cases)
