/*
 * R7. A client that says nothing: it acknowledges no configure, draws no more, answers no ping. The layout goes on
 * around it as if it did, its frame stays whole, and its band says that it does not answer.
 */

#include <string.h>

#include "tests/attacks/stage.h"

static void never_acknowledges(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker, *victim = &stage->victim;
	party_open(attacker, "game");
	struct desktop_window alone = party_look(attacker);
	attacker->window->is_manual = true; /* from here on it hears, and does nothing */
	size_t configures = attacker->window->configures;

	struct desktop_window beside = party_open(victim, "editor");
	CHECK(attacker->window->configures > configures, "the attacker is not told of its new size");
	struct desktop_window squeezed = party_look(attacker);
	CHECK(squeezed.frame.width < alone.frame.width || squeezed.frame.height < alone.frame.height,
		"the layout waits for the attacker");
	CHECK(squeezed.frame.x + squeezed.frame.width <= beside.frame.x ||
			beside.frame.x + beside.frame.width <= squeezed.frame.x ||
			squeezed.frame.y + squeezed.frame.height <= beside.frame.y ||
			beside.frame.y + beside.frame.height <= squeezed.frame.y, "the windows overlap");
	CHECK_INT(victim->window->width, beside.content.width, "the victim is not drawn at its size");
	struct picture *picture = desktop_picture(stage->session);
	desktop_check_frame(stage->session, picture, &squeezed, attacker->color);
	desktop_check_frame(stage->session, picture, &beside, victim->color);
	picture_destroy(picture);
}

static void never_maps(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct desktop_window before = party_open(&stage->victim, "editor");
	for (int i = 0; i < 100; i++) {
		struct window *window = window_create(stage->attacker.client, "nothing", INTRUDER);
		window->is_manual = true; /* it is told its size, and draws nothing */
		wl_surface_commit(window->surface);
	}
	test_settle(test);
	struct desktop_window after = party_look(&stage->victim);
	CHECK(memcmp(&before.frame, &after.frame, sizeof(before.frame)) == 0, "windows that are not there take place");
}

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	(*(size_t *)data)++;
}

static const struct xdg_wm_base_listener silent = { .ping = handle_ping };

static void never_answers(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	size_t pings = 0;
	attacker->client->wm_base = client_bind(attacker->client, &xdg_wm_base_interface, 5);
	xdg_wm_base_add_listener(attacker->client->wm_base, &silent, &pings);
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	party_focus(&stage->victim);
	party_focus(attacker); /* who gets the focus is asked whether it is there */
	struct desktop_window window = party_look(attacker);
	attacker->window->is_manual = true;
	struct picture *before = desktop_picture(stage->session);
	WAIT_FOR(pings > 0, "the attacker is never asked");
	struct box band = { window.frame.x, window.frame.y, window.frame.width, window.content.y - window.frame.y };
	bool marked = false;
	WAIT_FOR(({
		struct picture *now = desktop_picture(stage->session);
		int x, y;
		marked = picture_differs(before, now, &band, NULL, 0, &x, &y);
		picture_destroy(now);
		marked;
	}), "the band does not say that it does not answer");
	client_roundtrip(stage->victim.client);
}

/* Whatever the attacker does not say: the victim opens, is shown, and hears its keys. */
static void others_go_on(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker, *victim = &stage->victim;
	party_open(attacker, "game");
	attacker->window->is_manual = true;
	victim->window = window_open(victim->client, "editor", victim->content);
	test_settle(test);
	desktop_wait_still(stage->session);
	party_focus(victim);
	seat_forget(victim->seat);
	virtual_keyboard_type(stage->keyboard, "word");
	test_settle(test);
	CHECK_TEXT(seat_text(victim->seat), "word", "the victim does not get what is typed");
	window_count_frames(victim->window);
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	while (victim->window->frames < 20) {
		CHECK(test_step(test, deadline), "the victim is shown %zu frames in ten seconds", victim->window->frames);
	}
}

static const struct test_case cases[] = {
	{ "and nobody else", others_go_on, ANYWHERE },
	{ "who acknowledges nothing holds up no layout", never_acknowledges },
	{ "a hundred windows that never show take no place", never_maps },
	{ "who answers no ping is marked", never_answers },
};

TEST_MAIN(cases)
