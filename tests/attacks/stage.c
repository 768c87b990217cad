#include "tests/attacks/stage.h"

#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/memory.h"
#include "tests/protocol/lib/peer.h"

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

bool stage_is_ours(const struct stage *stage) {
	return session_peer(stage->session) == NULL;
}

struct box stage_screen(const struct stage *stage) {
	if (!stage_is_ours(stage)) {
		return peer_screen(session_peer(stage->session));
	}
	return (struct box){ 0, 0, OUTPUT_WIDTH, OUTPUT_HEIGHT };
}

/* ---- parties on a peer: what is known of their windows is what can be seen ---- */

#define POINTER_PIXELS 500 /* the most that the pointer's image may hide, where it is in the picture */

/* All of it is in sight: as many pixels of its colour as it has drawn. */
static bool is_whole(const struct party *party, const struct picture *picture) {
	const struct box screen = stage_screen(party->stage);
	const struct window *window = party->window;
	return window == NULL || !client_is_alive(party->client) ||
		picture_count(picture, &screen, party->content) + POINTER_PIXELS >=
		(size_t)window->width * (size_t)window->height;
}

/* Where the peer has put it over another's window, it is opened anew: some put windows anywhere. */
static void open_apart(struct party *party, const char *title) {
	struct test *test = party->stage->test;
	struct stage *stage = party->stage;
	for (int i = 0; i < 40; i++) {
		party->window = window_open(party->client, title, party->content);
		desktop_wait_still(stage->session);
		struct picture *picture = desktop_picture(stage->session);
		bool apart = is_whole(&stage->attacker, picture) && is_whole(&stage->victim, picture) &&
			is_whole(&stage->third, picture);
		picture_destroy(picture);
		if (apart) {
			return;
		}
		window_destroy(party->window);
		party->window = NULL;
		desktop_wait_still(stage->session);
	}
	FAIL("%s finds no place beside the others", party->name);
}

static struct desktop_window look_at_picture(struct party *party) {
	struct test *test = party->stage->test;
	struct desktop_window window = { 0 };
	struct picture *picture = desktop_picture(party->stage->session);
	CHECK(picture_find(picture, party->content, &window.content), "of %s nothing can be seen", party->name);
	picture_destroy(picture);
	window.frame = window.content;
	window.visible = true;
	return window;
}

/* Clicks its last pixel that is well inside. */
static void click_content(struct party *party) {
	struct test *test = party->stage->test;
	struct picture *picture = desktop_picture(party->stage->session);
	int at_x = -1, at_y = -1;
	for (int y = picture->height - 1; y >= 0 && at_x < 0; y--) {
		for (int x = picture->width - 1; x >= 0 && at_x < 0; x--) {
			const struct box around = { x - 4, y - 4, 9, 9 };
			int other_x, other_y;
			if (picture_pixel(picture, x, y) == party->content &&
				picture_is_filled(picture, &around, party->content, &other_x, &other_y)) {
				at_x = x;
				at_y = y;
			}
		}
	}
	picture_destroy(picture);
	CHECK(at_x >= 0, "of %s nothing can be seen to click on", party->name);
	virtual_pointer_click(party->stage->pointer, at_x, at_y, BTN_LEFT);
	test_settle(test);
}

/* ---- parties ---- */

struct desktop_window party_open(struct party *party, const char *title) {
	if (!stage_is_ours(party->stage)) {
		open_apart(party, title);
		return party_look(party);
	}
	party->window = window_open(party->client, title, party->content);
	desktop_wait(party->stage->session, party->name, title);
	desktop_wait_still(party->stage->session);
	return party_look(party);
}

struct desktop_window party_open_fixed(struct party *party, const char *title, int width, int height) {
	party->window = window_open_fixed(party->client, title, party->content, width, height);
	if (!stage_is_ours(party->stage)) {
		desktop_wait_still(party->stage->session);
		return party_look(party);
	}
	desktop_wait(party->stage->session, party->name, title);
	desktop_wait_still(party->stage->session);
	return party_look(party);
}

struct desktop_window party_look(struct party *party) {
	struct test *test = party->stage->test;
	struct desktop_window window;
	if (!stage_is_ours(party->stage)) {
		return look_at_picture(party);
	}
	CHECK(desktop_find(party->stage->session, party->name, NULL, &window), "%s has no window", party->name);
	return window;
}

void party_focus(struct party *party) {
	struct test *test = party->stage->test;
	if (stage_is_ours(party->stage)) {
		desktop_focus(party->stage->session, party->name, NULL);
	} else {
		click_content(party);
	}
	WAIT_FOR(seat_has_focus(party->seat, party->window->surface), "%s is focused and is not told", party->name);
}

struct source *party_copy(struct party *party, const char *text) {
	struct test *test = party->stage->test;
	size_t before = seat_count_key(party->seat, KEY_A, WL_KEYBOARD_KEY_STATE_RELEASED);
	virtual_keyboard_tap(party->stage->keyboard, KEY_A);
	WAIT_FOR(seat_count_key(party->seat, KEY_A, WL_KEYBOARD_KEY_STATE_RELEASED) > before,
		"%s does not get the key that is typed before copying", party->name);
	size_t changes = party->selection->changes;
	struct source *source = source_create_text(party->client, text);
	selection_set(party->selection, source, party->seat->serial);
	/* It may have held something before. */
	WAIT_FOR(party->selection->changes > changes && party->selection->offer != NULL,
		"%s does not see its own clipboard", party->name);
	return source;
}

void party_reconnect(struct party *party) {
	client_destroy(party->client);
	connect_party(party);
}

/* ---- the person ---- */

void stage_focus_next(struct stage *stage) {
	uint32_t modifiers = MOD_SUPER, code = KEY_J;
	if (!stage_is_ours(stage)) {
		peer_focus_chord(session_peer(stage->session), &modifiers, &code);
	}
	virtual_keyboard_chord(stage->keyboard, modifiers, code);
	test_settle(stage->test);
}

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

/* ---- memory ---- */

long stage_resident(struct stage *stage) {
	return process_resident(stage->test, session_compositor_pid(stage->session));
}

int stage_count_unread(int fd) {
	int bytes = 0;
	return ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : -1;
}

long stage_resident_in_all(struct stage *stage) {
	return process_status(stage->test, session_compositor_pid(stage->session), "VmRSS");
}

/* ---- pictures ---- */

void stage_check_only_inside(
	struct stage *stage, const struct picture *before, const struct box *inside, const char *what) {
	struct test *test = stage->test;
	struct picture *after = desktop_picture(stage->session);
	struct box below = stage_is_ours(stage) ? desktop_below_strip() : stage_screen(stage);
	int x, y;
	if (picture_differs(before, after, &below, inside, 1, &x, &y)) {
		/* In an attack's name: the file says whose check it is. */
		test_fail(test, __func__, __LINE__, NULL, "%s changed the pixel %d,%d outside of its content, from %06x to %06x",
			what, x, y, picture_pixel(before, x, y), picture_pixel(after, x, y));
	}
	picture_destroy(after);
}
