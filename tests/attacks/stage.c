#include "tests/attacks/stage.h"

#include <stdlib.h>

#include "base/memory.h"

static const char config_format[] = "bind Super+C clipboard-take\n"
									"bind Super+V clipboard-give\n"
									"bind Super+J focus next\n"
									"%s\n"
									"instance attacker {\n"
									"\tcolor \"#c12408\"\n"
									"%s\n"
									"}\n"
									"instance victim {\n"
									"\tcolor \"#1775fd\"\n"
									"}\n"
									"instance third {\n"
									"\tcolor \"#4abd95\"\n"
									"}\n";

static void connect_party(struct party *party) {
	party->client = session_connect(party->stage->session, party->name);
	party->seat = seat_create(party->client);
	party->selection = selection_create(party->client);
	party->window = NULL;
}

static void init_party(struct party *party, struct stage *stage, const char *name, uint32_t color, uint32_t content) {
	*party = (struct party){ .stage = stage, .name = name, .color = color, .content = content };
	connect_party(party);
}

struct stage *stage_start(struct test *test, const char *extra, const char *in_attacker) {
	struct stage *stage = xcalloc(1, sizeof(*stage));
	stage->test = test;
	char *config = xasprintf(config_format, extra != NULL ? extra : "", in_attacker != NULL ? in_attacker : "");
	stage->session = session_start(test, config);
	free(config);
	stage->keyboard = session_keyboard(stage->session);
	stage->pointer = session_pointer(stage->session);
	init_party(&stage->attacker, stage, "attacker", ATTACKER_COLOR, ATTACKER_CONTENT);
	init_party(&stage->victim, stage, "victim", VICTIM_COLOR, VICTIM_CONTENT);
	init_party(&stage->third, stage, "third", THIRD_COLOR, THIRD_CONTENT);
	return stage;
}

/* ---- parties ---- */

struct desktop_window party_open(struct party *party, const char *title) {
	party->window = window_open(party->client, title, party->content);
	desktop_wait(party->stage->session, party->name, title);
	desktop_wait_still(party->stage->session);
	return party_look(party);
}

struct desktop_window party_open_fixed(struct party *party, const char *title, int width, int height) {
	party->window = window_open_fixed(party->client, title, party->content, width, height);
	desktop_wait(party->stage->session, party->name, title);
	desktop_wait_still(party->stage->session);
	return party_look(party);
}

struct desktop_window party_look(struct party *party) {
	struct test *test = party->stage->test;
	struct desktop_window window;
	CHECK(desktop_find(party->stage->session, party->name, NULL, &window), "%s has no window", party->name);
	return window;
}

void party_focus(struct party *party) {
	struct test *test = party->stage->test;
	desktop_focus(party->stage->session, party->name, NULL);
	WAIT_FOR(seat_has_focus(party->seat, party->window->surface), "%s is focused and is not told", party->name);
}

struct source *party_copy(struct party *party, const char *text) {
	struct test *test = party->stage->test;
	size_t before = seat_count_key(party->seat, KEY_A, WL_KEYBOARD_KEY_STATE_RELEASED);
	virtual_keyboard_tap(party->stage->keyboard, KEY_A);
	WAIT_FOR(seat_count_key(party->seat, KEY_A, WL_KEYBOARD_KEY_STATE_RELEASED) > before,
		"%s does not get the key that is typed before copying", party->name);
	struct source *source = source_create_text(party->client, text);
	selection_set(party->selection, source, party->seat->serial);
	WAIT_FOR(party->selection->offer != NULL, "%s does not see its own clipboard", party->name);
	return source;
}

void party_reconnect(struct party *party) {
	client_destroy(party->client);
	connect_party(party);
}

/* ---- the person ---- */

void stage_take(struct stage *stage) {
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_C);
	test_settle(stage->test);
}

void stage_give(struct stage *stage) {
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_V);
	test_settle(stage->test);
}

void stage_take_and_wait(struct stage *stage) {
	struct test *test = stage->test;
	stage_take(stage);
	WAIT_FOR(desktop_clipboard(stage->session).held, "Super+C, and nothing is held");
}

/* ---- pictures ---- */

void stage_check_only_inside(
	struct stage *stage, const struct picture *before, const struct box *inside, const char *what) {
	struct test *test = stage->test;
	struct picture *after = desktop_picture(stage->session);
	struct box below = desktop_below_strip();
	int x, y;
	CHECK(!picture_differs(before, after, &below, inside, 1, &x, &y),
		"%s changed the pixel %d,%d outside of its content, from %06x to %06x", what, x, y, picture_pixel(before, x, y),
		picture_pixel(after, x, y));
	picture_destroy(after);
}
