/*
 * P10. A client calls itself by the names of the victim's programs and of the shell's: app_id, title and tag. Nobody
 * asked it who it is: its window is framed, listed, placed and focused as the attacker's, before it maps and after.
 */

#include <string.h>

#include "tests/attacks/stage.h"
#include "xdg-toplevel-tag-v1-client-protocol.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const char *const names[] = {
	"victim",
	"editor",
	"test", /* the victim's own app_id */
	"terminal", /* an app of the victim's in the config */
	"foot",
	"waybar",
	"mako",
	"swaylock",
	"gcr-prompter",
	"polkit-gnome-authentication-agent-1",
	"cofferdam",
	"cofferdam-compositor",
	"shell",
	"",
};

static const char apps[] = "shell {\n"
						   "\tmenu fuzzel --dmenu\n"
						   "}\n"
						   "instance bank {\n"
						   "\tcolor \"#913bb7\"\n"
						   "\tapp terminal foot\n"
						   "}\n";

static void call_itself(struct party *party, struct window *window, const char *name) {
	xdg_toplevel_set_app_id(window->toplevel, name);
	xdg_toplevel_set_title(window->toplevel, name);
	struct xdg_toplevel_tag_manager_v1 *tags = client_bind(party->client, &xdg_toplevel_tag_manager_v1_interface, 1);
	xdg_toplevel_tag_manager_v1_set_toplevel_tag(tags, window->toplevel, name);
	xdg_toplevel_tag_manager_v1_set_toplevel_description(tags, window->toplevel, name);
	xdg_toplevel_tag_manager_v1_destroy(tags);
}

static void check_is_the_attackers(struct stage *stage, const char *name) {
	struct test *test = stage->test;
	struct desktop_window window = party_look(&stage->attacker);
	CHECK(!window.floating && !window.fullscreen && !window.maximized, "as “%s” it is placed otherwise", name);
	CHECK_INT(window.workspace, 1, "as “%s” it is on another workspace", name);
	CHECK(!window.focused && window.urgent, "as “%s” it is focused", name);
	CHECK_TEXT(desktop_focused(stage->session), "victim", "as “%s” it moves the focus", name);
	struct picture *picture = desktop_picture(stage->session);
	desktop_check_frame(stage->session, picture, &window, ATTACKER_COLOR);
	struct box band = { window.frame.x + BORDER_WIDTH, window.frame.y + BORDER_WIDTH,
		window.frame.width - 2 * BORDER_WIDTH, BAND_HEIGHT };
	CHECK(picture_count(picture, &band, ATTACKER_COLOR) > 300, "as “%s” it has no tag of the attacker's", name);
	CHECK_INT(picture_count(picture, &band, VICTIM_COLOR), 0, "as “%s” it has a tag in the victim's colour", name);
	picture_destroy(picture);
}

static void before_it_maps(struct test *test) {
	struct stage *stage = stage_start(test, apps, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_focus(&stage->victim);
	for (size_t i = 0; i < LEN(names); i++) {
		attacker->window = window_create(attacker->client, "", INTRUDER);
		call_itself(attacker, attacker->window, names[i]);
		window_map(attacker->window);
		desktop_wait(stage->session, "attacker", names[i]);
		desktop_wait_still(stage->session);
		check_is_the_attackers(stage, names[i]);
		window_destroy(attacker->window);
		struct desktop_window gone;
		WAIT_FOR(!desktop_find(stage->session, "attacker", NULL, &gone), "its window is still there");
	}
}

static void while_it_is_shown(struct test *test) {
	struct stage *stage = stage_start(test, apps, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_focus(&stage->victim);
	party_open(attacker, "game");
	struct desktop_window before = party_look(attacker);
	for (size_t i = 0; i < LEN(names); i++) {
		call_itself(attacker, attacker->window, names[i]);
		WAIT_FOR(strcmp(party_look(attacker).app_id, names[i]) == 0, "its app_id is not taken");
		check_is_the_attackers(stage, names[i]);
		struct desktop_window now = party_look(attacker);
		CHECK(now.frame.x == before.frame.x && now.frame.y == before.frame.y, "as “%s” it is moved", names[i]);
	}
}

/*
 * The person starts a program in the victim and waits for its window. A window of that program's name comes, from
 * somebody else, and then the true one.
 */
static void while_another_is_awaited(struct test *test) {
	struct stage *stage = stage_start(test, "bind Super+T run victim -- sleep 60\n", NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->third, "notes");
	party_focus(&stage->third);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_T);
	client_roundtrip(session_shell(stage->session));
	/* Whether it can be started here is no matter: that it was asked for is known by the time of this answer. */
	struct process_output output = COFFER(stage->session, "run", "victim", "--", "sleep", "60");
	process_output_finish(&output);
	CHECK_TEXT(desktop_focused(stage->session), "third", "the focus has moved already");

	attacker->window = window_create(attacker->client, "", INTRUDER);
	call_itself(attacker, attacker->window, "foot");
	window_map(attacker->window);
	desktop_wait(stage->session, "attacker", "foot");
	desktop_wait_still(stage->session);
	CHECK_TEXT(desktop_focused(stage->session), "third", "a window of that name takes the focus");
	CHECK_INT(seat_count(attacker->seat, SEAT_KEYBOARD_ENTER), 0, "it is told that it has the focus");
	CHECK(party_look(attacker).urgent, "it is not marked urgent");

	party_open(&stage->victim, "any name at all");
	WAIT_FOR(seat_has_focus(stage->victim.seat, stage->victim.window->surface), "the awaited window is not focused");
}

/* The size that a window gets which calls itself so from its start. On peers there is a rule for “bank”. */
static struct box size_as(struct stage *stage, const char *name) {
	struct party *attacker = &stage->attacker;
	struct window *window = window_create(attacker->client, "editor", attacker->content);
	xdg_toplevel_set_app_id(window->toplevel, name);
	window_map(window);
	test_settle(stage->test);
	desktop_wait_still(stage->session);
	attacker->window = window;
	const struct box box = party_look(attacker).content;
	window_destroy(window);
	attacker->window = NULL;
	desktop_wait_still(stage->session);
	return box;
}

static void rules(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	const struct box plain = size_as(stage, "plain");
	const struct box named = size_as(stage, "bank");
	CHECK(plain.width == named.width && plain.height == named.height,
		"what calls itself “bank” is treated as the person wanted it for the bank");
}

static const struct test_case cases[] = {
	{ "no rule believes a name", rules, ANYWHERE },
	{ "whatever it calls itself before it maps, it is the attacker's", before_it_maps },
	{ "and whatever it calls itself later", while_it_is_shown },
	{ "a name is not what the person waits for", while_another_is_awaited },
};

TEST_MAIN(cases)
