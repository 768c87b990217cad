/*
 * P4. A popup that grabs keyboard and pointer, as a trap: taken by who has no focus, taken again as soon as it is
 * lost, nested, never given up. To an instance without the focus there is nothing to grab; every chord works under a
 * grab; and whatever moves the focus ends it, so that keys and clicks go where the person sees them go.
 */

#include "tests/attacks/stage.h"

static const char binds[] = "bind Super+2 workspace 2\n"
							"bind Super+1 workspace 1\n"
							"bind Super+F fullscreen\n"
							"bind Super+Q close\n";

/* Victim at the left, attacker at the right. */
static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, binds, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	return stage;
}

static struct popup *grab(struct stage *stage, uint32_t serial) {
	struct party *attacker = &stage->attacker;
	return popup_open(attacker->client, attacker->window->xdg_surface,
		&(struct popup_options){ .x = 40,
			.y = 60,
			.width = 120,
			.height = 90,
			.color = INTRUDER,
			.grab = attacker->seat->wl_seat,
			.grab_serial = serial });
}

/* The person clicks into the attacker's window, which takes its grab with that click. */
static struct popup *grab_by_click(struct stage *stage) {
	struct test *test = stage->test;
	struct desktop_window window = party_look(&stage->attacker);
	virtual_pointer_click(stage->pointer, window.content.x + 30, window.content.y + 30, BTN_LEFT);
	WAIT_FOR(seat_has_focus(stage->attacker.seat, stage->attacker.window->surface), "a click does not focus it");
	test_settle(test);
	struct popup *popup = grab(stage, stage->attacker.seat->serial);
	CHECK(!popup->is_done, "the focused instance may not open a menu");
	return popup;
}

static bool is_shown(struct stage *stage) {
	struct picture *picture = desktop_picture(stage->session);
	struct box box;
	bool shown = picture_find(picture, INTRUDER, &box);
	picture_destroy(picture);
	return shown;
}

/* What the person types goes to the victim, every letter of it and nothing to the attacker. */
static void check_victim_has_the_keys(struct stage *stage, const char *what) {
	struct test *test = stage->test;
	WAIT_FOR(seat_has_focus(stage->victim.seat, stage->victim.window->surface), "%s: the victim is not focused", what);
	seat_forget(stage->victim.seat);
	seat_forget(stage->attacker.seat);
	virtual_keyboard_type(stage->keyboard, "secret");
	test_settle(test);
	CHECK_TEXT(seat_text(stage->victim.seat), "secret", "%s: the victim does not get what is typed", what);
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_KEY), 0, "%s: the attacker reads keys", what);
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_KEYBOARD_ENTER), 0, "%s: the attacker is focused", what);
}

/* ---- without the focus ---- */

static void without_focus(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window victim = party_look(&stage->victim);
	party_focus(&stage->attacker);
	virtual_keyboard_tap(stage->keyboard, KEY_Q);
	test_settle(test);
	const uint32_t own = stage->attacker.seat->serial;
	party_focus(&stage->victim);
	const uint32_t serials[] = { 0, 1, own, stage->victim.seat->serial, UINT32_MAX };
	for (size_t i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
		struct popup *popup = grab(stage, serials[i]);
		if (stage_is_ours(stage)) {
			CHECK(popup->is_done, "serial %u: the grab is not refused", serials[i]);
		}
		check_victim_has_the_keys(stage, "a grab without the focus");
		seat_forget(stage->victim.seat);
		virtual_pointer_click(stage->pointer, victim.content.x + 50, victim.content.y + 50, BTN_LEFT);
		test_settle(test);
		CHECK_INT(
			seat_count(stage->victim.seat, SEAT_BUTTON), 2, "serial %u: the victim's click is swallowed", serials[i]);
	}
	CHECK(!stage_is_ours(stage) || !is_shown(stage), "a refused popup shows");
}

/* The victim has a menu of its own open, and it stays open. */
static void against_the_victims_own(struct test *test) {
	struct stage *stage = set_up(test);
	struct party *victim = &stage->victim;
	party_focus(victim);
	struct popup *menu = popup_open(victim->client, victim->window->xdg_surface,
		&(struct popup_options){ .x = 10,
			.y = 10,
			.width = 100,
			.height = 100,
			.color = VICTIM_CONTENT,
			.grab = victim->seat->wl_seat,
			.grab_serial = victim->seat->serial });
	for (uint32_t i = 0; i < 10; i++) {
		grab(stage, i);
	}
	CHECK(!menu->is_done, "the attacker closes the victim's menu");
	seat_forget(victim->seat);
	virtual_keyboard_type(stage->keyboard, "m");
	test_settle(test);
	CHECK_TEXT(seat_text(victim->seat), "m", "the victim's menu does not get its key");
}

/* ---- with the focus ---- */

static void chords_work(struct test *test) {
	struct stage *stage = set_up(test);
	grab_by_click(stage);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_F);
	WAIT_FOR(party_look(&stage->attacker).fullscreen, "Super+F does nothing under a grab");
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_F);
	WAIT_FOR(!party_look(&stage->attacker).fullscreen, "Super+F does nothing under a grab");
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_2);
	WAIT_FOR(!party_look(&stage->attacker).visible, "Super+2 does nothing under a grab");
	CHECK(!is_shown(stage), "its popup is on the other workspace too");
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_1);
	WAIT_FOR(party_look(&stage->attacker).visible, "Super+1 does nothing under a grab");
	grab_by_click(stage);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_Q);
	WAIT_FOR(stage->attacker.window->close_asked, "Super+Q does nothing under a grab");
	grab_by_click(stage);
	struct source *source = source_create_text(stage->attacker.client, "copied under a grab");
	selection_set(stage->attacker.selection, source, stage->attacker.seat->serial);
	test_settle(test);
	stage_take_and_wait(stage);
}

static void focus_ends_it(struct test *test) {
	struct stage *stage = set_up(test);
	struct popup *popup = grab_by_click(stage);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_J);
	check_victim_has_the_keys(stage, "Super+J under a grab");
	CHECK(popup->is_done, "the grab outlives the focus");
	/* Its client does not destroy it; it is gone all the same. */
	WAIT_FOR(!is_shown(stage), "its popup stays where it is");
	/* And does not come back with the focus. */
	party_focus(&stage->attacker);
	seat_forget(stage->attacker.seat);
	virtual_keyboard_type(stage->keyboard, "k");
	test_settle(test);
	CHECK(seat_has_focus(stage->attacker.seat, stage->attacker.window->surface), "the dead popup has the keyboard");
	CHECK_TEXT(seat_text(stage->attacker.seat), "k", "keys go to the dead popup");
}

static void owners_end_it(struct test *test) {
	struct stage *stage = set_up(test);
	struct popup *popup = grab_by_click(stage);
	seat_forget(stage->attacker.seat);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_ESC);
	WAIT_FOR(popup->is_done, "Super+Escape does not end the grab");
	virtual_keyboard_type(stage->keyboard, "zzz");
	/* A new one in the middle of it. */
	grab(stage, stage->attacker.seat->serial);
	virtual_keyboard_type(stage->keyboard, "zzz");
	test_settle(test);
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_KEY), 0, "below the owners it reads keys");
	virtual_keyboard_tap(stage->keyboard, KEY_ESC);
	WAIT_FOR(stage->attacker.seat->keyboard_focus != NULL, "the owners stay");
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_J);
	check_victim_has_the_keys(stage, "after the owners");
}

/* A click beside the popup goes where the person clicks, the first one already. */
static void clicks_on_the_victim(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window victim = party_look(&stage->victim);
	const struct {
		const char *name;
		int x, y;
		size_t buttons; /* that the victim is told of */
	} places[] = {
		{ "the victim's content", victim.content.x + 50, victim.content.y + 50, 2 },
		{ "the victim's band", victim.frame.x + 300, victim.frame.y + BORDER_WIDTH + 4, 0 },
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct popup *popup = grab_by_click(stage);
		seat_forget(stage->victim.seat);
		seat_forget(stage->attacker.seat);
		virtual_pointer_click(stage->pointer, places[i].x, places[i].y, BTN_LEFT);
		WAIT_FOR(popup->is_done, "a click on %s does not end the grab", places[i].name);
		test_settle(test);
		CHECK_INT(seat_count(stage->victim.seat, SEAT_BUTTON), places[i].buttons, "a click on %s", places[i].name);
		CHECK_INT(
			seat_count(stage->attacker.seat, SEAT_BUTTON), 0, "the attacker hears of a click on %s", places[i].name);
		check_victim_has_the_keys(stage, places[i].name);
	}
}

/* And where it goes to nobody's content, the focus stays, and the grab ends all the same. */
static void clicks_on_nobody(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window own = party_look(&stage->attacker);
	const struct {
		const char *name;
		int x, y;
	} places[] = {
		{ "its own band", own.frame.x + 300, own.frame.y + BORDER_WIDTH + 4 },
		{ "its own border", own.frame.x + 1, own.frame.y + 300 },
		{ "the strip", OUTPUT_WIDTH / 2, STRIP_HEIGHT / 2 },
		{ "the desktop", own.frame.x - 4, own.frame.y + 300 },
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct popup *popup = grab_by_click(stage);
		seat_forget(stage->attacker.seat);
		virtual_pointer_click(stage->pointer, places[i].x, places[i].y, BTN_LEFT);
		WAIT_FOR(popup->is_done, "a click on %s does not end the grab", places[i].name);
		test_settle(test);
		CHECK_INT(seat_count(stage->attacker.seat, SEAT_BUTTON), 0, "it hears of a click on %s", places[i].name);
	}
}

/* As soon as one ends there is the next, with the latest serial, from the popup itself or from the window. */
static void again_and_again(struct test *test) {
	struct stage *stage = set_up(test);
	struct party *attacker = &stage->attacker;
	for (int round = 0; round < 8; round++) {
		struct popup *first = grab_by_click(stage);
		struct popup *nested = popup_open(attacker->client, first->xdg_surface,
			&(struct popup_options){ .x = 5,
				.y = 5,
				.width = 60,
				.height = 40,
				.color = INTRUDER,
				.grab = attacker->seat->wl_seat,
				.grab_serial = attacker->seat->serial });
		virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_J);
		client_roundtrip(session_shell(stage->session));
		/* It has been told by now, and has not waited for it. */
		struct popup *next = popup_create(attacker->client, attacker->window->xdg_surface,
			&(struct popup_options){ .x = 5,
				.y = 5,
				.width = 60,
				.height = 40,
				.color = INTRUDER,
				.grab = attacker->seat->wl_seat,
				.grab_serial = attacker->seat->serial });
		check_victim_has_the_keys(stage, "a grab that is taken again");
		CHECK(first->is_done && nested->is_done && next->is_done, "a grab outlives the focus");
		popup_destroy(next);
		popup_destroy(nested);
		popup_destroy(first);
	}
}

/* Another client of its instance, whose window is at the other end of the screen. */
static void by_another_client(struct test *test) {
	struct stage *stage = set_up(test);
	struct client *other = session_connect(stage->session, "attacker");
	struct seat *seat = seat_create(other);
	struct window *window = window_open(other, "helper", ATTACKER_CONTENT);
	party_focus(&stage->attacker);
	struct popup *popup = popup_open(other, window->xdg_surface,
		&(struct popup_options){
			.x = 5, .y = 5, .width = 60, .height = 40, .color = INTRUDER, .grab = seat->wl_seat, .grab_serial = 0 });
	party_focus(&stage->victim);
	check_victim_has_the_keys(stage, "another client's grab");
	CHECK(popup->is_done, "another client's grab outlives the focus");
	CHECK_INT(seat_count(seat, SEAT_KEYBOARD_ENTER), 0, "the other client is focused");
}

static const struct test_case cases[] = {
	{ "without the focus there is nothing to grab, whatever the serial", without_focus, ANYWHERE },
	{ "nor is the victim's own menu disturbed", against_the_victims_own },
	{ "under a grab every chord works", chords_work },
	{ "another focus ends it, and its popup", focus_ends_it },
	{ "Super+Escape ends it", owners_end_it },
	{ "a click on another window ends it, and is no less a click there", clicks_on_the_victim },
	{ "a click on nobody's content ends it", clicks_on_nobody },
	{ "taken again at once, it holds nothing", again_and_again },
	{ "nor does one by another client of the instance", by_another_client },
};

TEST_MAIN(cases)
