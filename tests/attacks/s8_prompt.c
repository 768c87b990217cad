/*
 * S8. A question of the compositor's own comes up while the person types, presses Enter or Space, or clicks: what was meant
 * for something else is no answer. For its first second it takes none, nor before every key that was down when it came is
 * up again; what is typed meanwhile goes to no client; and after that, Enter alone says yes. A client cannot make the
 * moment: what it does while the question stands neither moves nor answers it.
 */

#include <stdlib.h>
#include <string.h>

#include "tests/attacks/stage.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define DELAY_MS 1000 /* before which no answer is taken */
#define PROMPT_COLOR 0x1b1e24 /* of a question's ground */

static bool is_held(struct stage *stage) {
	return desktop_clipboard(stage->session).held;
}

static bool is_asked(struct stage *stage) {
	struct picture *picture = desktop_picture(stage->session);
	struct box below = desktop_below_strip();
	bool is_asked = picture_count(picture, &below, PROMPT_COLOR) > 1000;
	picture_destroy(picture);
	return is_asked;
}

/*
 * The victim has copied, the person has taken it, and the attacker's window has the focus: to give to it is a question,
 * which the next Super+V asks.
 */
static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, "clipboard {\n\task victim attacker\n}\n", NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->victim);
	party_copy(&stage->victim, "secret");
	stage_take_and_wait(stage);
	party_focus(&stage->attacker);
	seat_forget(stage->attacker.seat);
	CHECK(!is_asked(stage), "something looks like a question before there is one");
	return stage;
}

/* Asks. Returns when the question has begun, at the earliest. */
static int64_t ask(struct stage *stage) {
	int64_t begin = test_now();
	stage_give(stage);
	return begin;
}

/* Nothing was given or thrown away, and the question stands. */
static void check_unanswered(struct stage *stage, const char *what) {
	struct test *test = stage->test;
	test_settle(test);
	CHECK(stage->attacker.selection->offer == NULL, "%s: it is given", what);
	CHECK(is_held(stage), "%s: nothing is held any more", what);
	CHECK(is_asked(stage), "%s: the question is gone", what);
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_KEY), 0, "%s: the client hears the keys", what);
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_BUTTON), 0, "%s: the client hears the click", what);
}

static void wait_until(struct test *test, int64_t time) {
	while (test_now() < time) {
		test_step(test, time);
	}
}

/* A second and more after it came, with all keys up: Enter gives. */
static void check_enter_gives(struct stage *stage, int64_t begin) {
	struct test *test = stage->test;
	/* Its second began when it came, which was after `begin`. */
	wait_until(test, begin + DELAY_MS);
	WAIT_FOR(({
		virtual_keyboard_tap(stage->keyboard, KEY_ENTER);
		test_settle(test);
		stage->attacker.selection->offer != NULL;
	}),
		"Enter does not answer, once it may");
	CHECK_TEXT(selection_text(stage->attacker.selection), "secret", "something else is given");
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_KEY), 0, "the client hears the answer");
}

/* ---- typing on ---- */

static void types_on(struct test *test) {
	static const uint32_t keys[] = { KEY_Y, KEY_SPACE, KEY_ENTER, KEY_KPENTER, KEY_Y, KEY_ENTER, KEY_TAB, KEY_SPACE,
		KEY_ESC, KEY_N, KEY_ENTER };
	struct stage *stage = set_up(test);
	int64_t begin = ask(stage);
	size_t typed = 0;
	/* As fast as anybody types, until shortly before it may be answered. */
	while (test_now() < begin + DELAY_MS - 200) {
		virtual_keyboard_tap(stage->keyboard, keys[typed++ % LEN(keys)]);
		client_roundtrip(session_shell(stage->session));
	}
	CHECK(typed >= LEN(keys), "this machine is too slow to type in time");
	if (test_now() < begin + DELAY_MS) {
		check_unanswered(stage, "while the person types on");
	}
	check_enter_gives(stage, begin);
}

/* The first keys of all, which come with the chord: nothing in between. */
static void comes_with_the_key(struct test *test) {
	static const uint32_t keys[] = { KEY_ENTER, KEY_SPACE, KEY_Y, KEY_ESC, KEY_KPENTER };
	struct stage *stage = set_up(test);
	int64_t begin = test_now();
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_V);
	for (size_t i = 0; i < LEN(keys); i++) {
		virtual_keyboard_tap(stage->keyboard, keys[i]);
	}
	/* Sent in one go, they come in one go, however slow this machine is. */
	check_unanswered(stage, "keys in the same breath");
	check_enter_gives(stage, begin);
}

/* ---- a key that is down ---- */

/* Enter is held down from before: neither its repetition nor its release, nor a second one meanwhile, answers. */
static void key_held(struct test *test, uint32_t code, const char *what) {
	struct stage *stage = set_up(test);
	virtual_keyboard_key(stage->keyboard, code, true);
	test_settle(test);
	seat_forget(stage->attacker.seat);
	int64_t begin = ask(stage);
	wait_until(test, begin + DELAY_MS + 500);
	/* The client may hear the release of what it heard the press of, and nothing else. */
	CHECK(stage->attacker.selection->offer == NULL, "%s is held down, and it is given", what);
	for (int i = 0; i < 3; i++) {
		virtual_keyboard_tap(stage->keyboard, code == KEY_ENTER ? KEY_KPENTER : KEY_ENTER);
		test_settle(test);
	}
	CHECK(stage->attacker.selection->offer == NULL, "%s is down, and another Enter answers", what);
	CHECK(is_asked(stage), "%s is down, and the question is gone", what);
	virtual_keyboard_tap(stage->keyboard, KEY_ESC);
	test_settle(test);
	CHECK(is_asked(stage), "%s is down, and Escape answers", what);
	virtual_keyboard_key(stage->keyboard, code, false);
	test_settle(test);
	CHECK(stage->attacker.selection->offer == NULL, "the release of %s answers", what);
	CHECK(is_asked(stage), "the release of %s ends the question", what);
	for (size_t i = 0; i < stage->attacker.seat->events_len; i++) {
		const struct seat_event *event = &stage->attacker.seat->events[i];
		CHECK(event->type != SEAT_KEY || event->state != WL_KEYBOARD_KEY_STATE_PRESSED, "the client hears a press");
	}
	seat_forget(stage->attacker.seat);
	check_enter_gives(stage, begin);
}

static void enter_held(struct test *test) {
	key_held(test, KEY_ENTER, "Enter");
}

static void space_held(struct test *test) {
	key_held(test, KEY_SPACE, "Space");
}

static void y_held(struct test *test) {
	key_held(test, KEY_Y, "Y");
}

/* ---- clicks ---- */

/* Wherever the two buttons are: everywhere in its lower half is clicked. */
static void click_all_over(struct stage *stage, const struct box *box) {
	for (int y = box->y + box->height / 2; y < box->y + box->height; y += 16) {
		for (int x = box->x + 8; x < box->x + box->width; x += 32) {
			virtual_pointer_click(stage->pointer, x, y, BTN_LEFT);
		}
	}
}

static void clicks(struct test *test) {
	struct stage *stage = set_up(test);
	/* Where it stands: it is asked once, and the answer is no, which keeps what is held. */
	ask(stage);
	struct picture *picture = desktop_picture(stage->session);
	struct box box;
	CHECK(picture_find(picture, PROMPT_COLOR, &box), "there is no question");
	picture_destroy(picture);
	WAIT_FOR(({
		virtual_keyboard_tap(stage->keyboard, KEY_ESC);
		!is_asked(stage);
	}),
		"Escape does not answer, once it may");
	seat_forget(stage->attacker.seat);

	int64_t begin = test_now();
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_V);
	click_all_over(stage, &box);
	check_unanswered(stage, "clicks at once");
	/* The same clicks, later, do answer: they hit a button. */
	wait_until(test, begin + DELAY_MS);
	WAIT_FOR(({
		click_all_over(stage, &box);
		test_settle(test);
		!is_asked(stage);
	}),
		"no click answers, once it may");
}

/* ---- what does not answer at all ---- */

static void other_keys(struct test *test) {
	static const uint32_t keys[] = { KEY_Y, KEY_SPACE, KEY_N, KEY_TAB, KEY_O, KEY_J, KEY_1, KEY_RIGHT, KEY_F1 };
	struct stage *stage = set_up(test);
	int64_t begin = ask(stage);
	wait_until(test, begin + DELAY_MS + 500);
	for (size_t i = 0; i < LEN(keys); i++) {
		virtual_keyboard_tap(stage->keyboard, keys[i]);
	}
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_V);
	check_unanswered(stage, "keys that mean neither");
	check_enter_gives(stage, begin);
}

/* A client's own doings at that moment: windows, focus by token, a grab, its death. */
static void by_the_client(struct test *test) {
	struct stage *stage = set_up(test);
	struct party *attacker = &stage->attacker;
	party_open(&stage->third, "notes");
	int64_t begin = ask(stage);
	window_open_fixed(attacker->client, "dialog", INTRUDER, 400, 300);
	xdg_toplevel_set_fullscreen(attacker->window->toplevel, NULL);
	popup_create(attacker->client, attacker->window->xdg_surface,
		&(struct popup_options){ .width = 200,
			.height = 100,
			.color = INTRUDER,
			.grab = attacker->seat->wl_seat,
			.grab_serial = attacker->seat->serial });
	check_unanswered(stage, "a client that makes windows");
	virtual_keyboard_tap(stage->keyboard, KEY_ENTER);
	if (test_now() < begin + DELAY_MS) {
		check_unanswered(stage, "a client that makes windows, and Enter");
	}
	/* Gone, it is asked for what it was: what is answered then is not given to whoever has the focus instead. */
	client_destroy(attacker->client);
	wait_until(test, begin + DELAY_MS);
	WAIT_FOR(({
		virtual_keyboard_tap(stage->keyboard, KEY_ENTER);
		test_settle(test);
		!is_asked(stage);
	}),
		"Enter does not answer, once it may");
	party_focus(&stage->third);
	CHECK(stage->third.selection->offer == NULL, "it is given to another");
	CHECK_INT(
		seat_count_key(stage->third.seat, KEY_ENTER, WL_KEYBOARD_KEY_STATE_PRESSED), 0, "another hears the answer");
}

static const struct test_case cases[] = {
	{ "who types on does not answer", types_on },
	{ "nor does a key that comes with it", comes_with_the_key },
	{ "nor does Enter that is held down", enter_held },
	{ "nor anything, while Space is held down", space_held },
	{ "nor while Y is", y_held },
	{ "nor does a click in the first second", clicks },
	{ "nor does any key but its own, ever", other_keys },
	{ "nor does anything that a client does", by_the_client },
};

TEST_MAIN(cases)
