/*
 * F2. A client asks to be activated, with every kind of token that it can get: none, an invented one, one without a
 * seat, a stale one from when it had the focus, one that the victim has made and let slip. The focus stays where the
 * person has put it; at most the window is marked urgent.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/attacks/stage.h"
#include "xdg-activation-v1-client-protocol.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static void handle_done(void *data, struct xdg_activation_token_v1 *token, const char *text) {
	char **copy = data;
	*copy = xstrdup(text);
}

static const struct xdg_activation_token_v1_listener token_listener = { .done = handle_done };

static struct xdg_activation_v1 *activation_of(struct party *party) {
	return client_bind(party->client, &xdg_activation_v1_interface, 1);
}

/* A token, as the party may ask for one at this moment. The seat may be left out. */
static char *make_token(struct party *party, bool with_seat, uint32_t serial) {
	struct test *test = party->stage->test;
	struct xdg_activation_v1 *activation = activation_of(party);
	struct xdg_activation_token_v1 *token = xdg_activation_v1_get_activation_token(activation);
	char *text = NULL;
	xdg_activation_token_v1_add_listener(token, &token_listener, &text);
	if (with_seat) {
		xdg_activation_token_v1_set_serial(token, serial, party->seat->wl_seat);
	}
	if (party->window != NULL) {
		xdg_activation_token_v1_set_surface(token, party->window->surface);
	}
	xdg_activation_token_v1_commit(token);
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	while (text == NULL) {
		NEED(test_step(test, deadline), "no token comes");
	}
	xdg_activation_token_v1_destroy(token);
	xdg_activation_v1_destroy(activation);
	return text;
}

static void activate(struct party *party, const char *token, struct wl_surface *surface) {
	struct xdg_activation_v1 *activation = activation_of(party);
	xdg_activation_v1_activate(activation, token, surface);
	xdg_activation_v1_destroy(activation);
	test_settle(party->stage->test);
}

/* The victim has the focus, and what is typed goes there, all of it. */
static void check_victim_keeps_the_focus(struct stage *stage, const char *what) {
	struct test *test = stage->test;
	seat_forget(stage->victim.seat);
	seat_forget(stage->attacker.seat);
	virtual_keyboard_type(stage->keyboard, "secret");
	test_settle(test);
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_KEY), 0, "%s: the attacker reads keys", what);
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_KEYBOARD_ENTER), 0, "%s: the attacker is focused", what);
	CHECK_TEXT(seat_text(stage->victim.seat), "secret", "%s: the victim does not get what is typed", what);
	if (stage_is_ours(stage)) {
		CHECK_TEXT(desktop_focused(stage->session), "victim", "%s: the focus has moved", what);
	}
}

/* The attacker has had the focus, and a key; the victim has it now. Returns the serial of that key. */
static struct stage *set_up(struct test *test, uint32_t *serial) {
	struct stage *stage = stage_start(test, "bind Super+2 workspace 2\nbind Super+1 workspace 1\n", NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->attacker);
	virtual_keyboard_tap(stage->keyboard, KEY_Q);
	test_settle(test);
	*serial = stage->attacker.seat->serial;
	return stage;
}

static void invented(struct test *test) {
	static const char *const tokens[] = { "", "0", "token", "00000000000000000000000000000000",
		"ffffffffffffffffffffffffffffffff", "../../../../etc/passwd", "\xff\xfe" };
	uint32_t serial;
	struct stage *stage = set_up(test, &serial);
	party_focus(&stage->victim);
	for (size_t i = 0; i < LEN(tokens); i++) {
		activate(&stage->attacker, tokens[i], stage->attacker.window->surface);
		if (!client_is_alive(stage->attacker.client)) {
			/* It may cost the connection. */
			party_reconnect(&stage->attacker);
			party_open(&stage->attacker, "game");
		}
		check_victim_keeps_the_focus(stage, "an invented token");
	}
}

static void without_a_seat(struct test *test) {
	uint32_t serial;
	struct stage *stage = set_up(test, &serial);
	/* One from when it had the focus, one from now. */
	char *before = make_token(&stage->attacker, false, 0);
	party_focus(&stage->victim);
	char *now = make_token(&stage->attacker, false, 0);
	activate(&stage->attacker, before, stage->attacker.window->surface);
	check_victim_keeps_the_focus(stage, "a token without a seat");
	activate(&stage->attacker, now, stage->attacker.window->surface);
	check_victim_keeps_the_focus(stage, "a token without a seat");
	free(before);
	free(now);
}

static void stale(struct test *test) {
	uint32_t serial;
	struct stage *stage = set_up(test, &serial);
	struct party *attacker = &stage->attacker;
	/* As good as tokens are: made by who has the focus, with the serial of a key just pressed. Each serves once. */
	char *tokens[20];
	for (size_t i = 0; i < LEN(tokens); i++) {
		tokens[i] = make_token(attacker, true, serial);
	}
	party_focus(&stage->victim);
	activate(attacker, tokens[0], attacker->window->surface);
	check_victim_keeps_the_focus(stage, "a token from when it had the focus");
	if (stage_is_ours(stage)) {
		WAIT_FOR(party_look(attacker).urgent, "the person is not told that it wants something");
	}
	/* Again and again, and for a window that comes just now. */
	struct window *fresh = window_open(attacker->client, "fresh", INTRUDER);
	for (size_t i = 0; i < LEN(tokens); i++) {
		activate(attacker, tokens[i], i % 2 == 0 ? fresh->surface : attacker->window->surface);
		free(tokens[i]);
	}
	check_victim_keeps_the_focus(stage, "many such tokens");
}

static void by_guessed_serials(struct test *test) {
	uint32_t serial;
	struct stage *stage = set_up(test, &serial);
	party_focus(&stage->victim);
	virtual_keyboard_tap(stage->keyboard, KEY_V);
	test_settle(test);
	const uint32_t serials[] = { 0, serial, stage->victim.seat->serial, stage->victim.seat->serial + 1, UINT32_MAX };
	for (size_t i = 0; i < LEN(serials); i++) {
		char *token = make_token(&stage->attacker, true, serials[i]);
		activate(&stage->attacker, token, stage->attacker.window->surface);
		check_victim_keeps_the_focus(stage, "a token made without the focus");
		free(token);
	}
}

/* The victim makes a token for a program that it starts, as programs do, and it leaks. */
static void anothers(struct test *test) {
	uint32_t serial;
	struct stage *stage = set_up(test, &serial);
	struct party *victim = &stage->victim;
	party_focus(victim);
	virtual_keyboard_tap(stage->keyboard, KEY_V);
	test_settle(test);
	char *token = make_token(victim, true, victim->seat->serial);
	activate(&stage->attacker, token, stage->attacker.window->surface);
	check_victim_keeps_the_focus(stage, "the victim's token");

	/* Nor does the attacker's, slipped to the victim, move anything for the attacker. */
	char *slipped = make_token(&stage->attacker, true, serial);
	activate(victim, slipped, victim->window->surface);
	check_victim_keeps_the_focus(stage, "the attacker's token in the victim");

	free(slipped);
	free(token);

	/* And what such a token is made for it does. */
	virtual_keyboard_tap(stage->keyboard, KEY_V);
	test_settle(test);
	token = make_token(victim, true, victim->seat->serial);
	struct window *first = victim->window;
	struct window *second = window_open(victim->client, "started", VICTIM_CONTENT);
	WAIT_FOR(seat_has_focus(victim->seat, second->surface), "a new window of the focused instance is not focused");
	activate(victim, token, first->surface);
	WAIT_FOR(seat_has_focus(victim->seat, first->surface), "the victim's own token does not work for the victim");
	free(token);
}

/* Of a window that the person cannot see: the workspace does not change under their hands either. */
static void from_another_workspace(struct test *test) {
	uint32_t serial;
	struct stage *stage = set_up(test, &serial);
	struct party *attacker = &stage->attacker;
	char *token = make_token(attacker, true, serial);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_2);
	test_settle(test);
	window_destroy(stage->victim.window);
	party_open(&stage->victim, "elsewhere");
	party_focus(&stage->victim);
	CHECK(!party_look(attacker).visible, "the workspace has not changed");
	activate(attacker, token, attacker->window->surface);
	check_victim_keeps_the_focus(stage, "from another workspace");
	CHECK(!party_look(attacker).visible, "the workspace changes");
	free(token);
}

/* Not for windows: what it points at has no focus to give. */
static void other_surfaces(struct test *test) {
	uint32_t serial;
	struct stage *stage = set_up(test, &serial);
	struct party *attacker = &stage->attacker;
	char *token = make_token(attacker, true, serial);
	struct subsurface *part = subsurface_create(attacker->client, attacker->window->surface, 0, 0, 50, 50, INTRUDER);
	wl_surface_commit(attacker->window->surface);
	struct popup *popup = popup_open(attacker->client, attacker->window->xdg_surface,
		&(struct popup_options){ .x = 5, .y = 5, .width = 50, .height = 50, .color = INTRUDER });
	struct window *unmapped = window_create(attacker->client, "unmapped", INTRUDER);
	party_focus(&stage->victim);
	struct wl_surface *surfaces[] = { part->surface, popup->surface, unmapped->surface,
		wl_compositor_create_surface(client_compositor(attacker->client)) };
	for (size_t i = 0; i < LEN(surfaces); i++) {
		activate(attacker, token, surfaces[i]);
		check_victim_keeps_the_focus(stage, "a surface that is no window");
	}
	/* Asked for before it was there, and there now. */
	window_map(unmapped);
	test_settle(test);
	check_victim_keeps_the_focus(stage, "a window that comes after its activation");
	free(token);
}

/* So that the cases before cannot pass because nothing is ever activated. */
static void within_the_instance(struct test *test) {
	uint32_t serial;
	struct stage *stage = set_up(test, &serial);
	struct party *attacker = &stage->attacker;
	struct window *first = attacker->window;
	struct window *second = attacker->window = window_open(attacker->client, "second", ATTACKER_CONTENT);
	WAIT_FOR(seat_has_focus(attacker->seat, second->surface), "its second window is not focused");
	virtual_keyboard_tap(stage->keyboard, KEY_Q);
	test_settle(test);
	char *token = make_token(attacker, true, attacker->seat->serial);
	activate(attacker, token, first->surface);
	WAIT_FOR(seat_has_focus(attacker->seat, first->surface), "within the focused instance, a token does nothing");
	free(token);
}

static const struct test_case cases[] = {
	{ "an invented token does nothing", invented, ANYWHERE },
	{ "nor does one without a seat", without_a_seat, ANYWHERE },
	{ "one from when it had the focus makes it urgent, no more", stale, ANYWHERE },
	{ "one made without the focus does no more, whatever its serial", by_guessed_serials, ANYWHERE },
	{ "the victim's own token works for the victim alone", anothers },
	{ "no token changes the workspace", from_another_workspace },
	{ "nor has what is no window any focus to get", other_surfaces },
	{ "within the focused instance a token works", within_the_instance },
};

TEST_MAIN(cases)
