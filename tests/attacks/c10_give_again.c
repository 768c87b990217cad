/*
 * C10. Super+V twice, Super+V after the time is up, Super+V after the source's instance was stopped. Each is refused,
 * and the strip says so.
 */

#include <string.h>

#include "tests/attacks/stage.h"

/* The victim has copied, and it was taken. Three windows. */
static struct stage *set_up(struct test *test, const char *config) {
	struct stage *stage = stage_start(test, config, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_open(&stage->third, "viewer");
	party_focus(&stage->victim);
	party_copy(&stage->victim, "secret");
	stage_take_and_wait(stage);
	CHECK_TEXT(desktop_clipboard(stage->session).source, "victim", "coffer names the source");
	return stage;
}

/* Left of the time. */
static bool strip_has_changed(struct stage *stage, const struct picture *before) {
	struct picture *after = desktop_picture(stage->session);
	struct box strip = desktop_strip();
	strip.width -= 100;
	int x, y;
	bool has_changed = picture_differs(before, after, &strip, NULL, 0, &x, &y);
	picture_destroy(after);
	return has_changed;
}

/* Super+V in this party gives nothing, and the strip says something new. */
static void check_refused(struct stage *stage, struct party *party, const char *when) {
	struct test *test = stage->test;
	party_focus(party);
	selection_forget(party->selection);
	struct picture *before = desktop_picture(stage->session);
	stage_give(stage);
	CHECK_INT(party->selection->offers, 0, "%s: %s was given something", when, party->name);
	WAIT_FOR(strip_has_changed(stage, before), "%s: the strip does not say so", when);
	CHECK_INT(party->selection->offers, 0, "%s: %s was given something after all", when, party->name);
	picture_destroy(before);
}

static void twice(struct test *test) {
	struct stage *stage = set_up(test, NULL);
	party_focus(&stage->third);
	stage_give(stage);
	WAIT_FOR(stage->third.selection->offer != NULL, "Super+V, and the clipboard is still empty");
	CHECK_TEXT(selection_text(stage->third.selection), "secret", "it is not what was taken");
	CHECK(!desktop_clipboard(stage->session).held, "after one delivery something is still held");
	check_refused(stage, &stage->attacker, "a second Super+V");
}

static void after_its_time(struct test *test) {
	struct stage *stage = set_up(test, "clipboard {\n\texpire 1\n}\n");
	WAIT_FOR(!desktop_clipboard(stage->session).held, "what was taken does not expire");
	check_refused(stage, &stage->attacker, "Super+V after the time is up");
}

static void after_clear(struct test *test) {
	struct stage *stage = set_up(test, NULL);
	struct process_output output = COFFER(stage->session, "clipboard", "clear");
	CHECK_INT(output.status, 0, "coffer clipboard clear: %s", output.err);
	CHECK(!desktop_clipboard(stage->session).held, "what was taken is still held");
	check_refused(stage, &stage->attacker, "Super+V after coffer clipboard clear");
}

static void after_the_source_stopped(struct test *test) {
	struct stage *stage = set_up(test, NULL);
	/* The sandbox of the victim's instance, whether or not something runs in it yet. */
	struct process_output output = COFFER(stage->session, "run", "victim", "sleep", "1000");
	CHECK_INT(output.status, 0, "coffer run: %s", output.err);
	CHECK(desktop_clipboard(stage->session).held, "the start of its sandbox has dropped what was taken");
	output = COFFER(stage->session, "stop", "victim");
	CHECK_INT(output.status, 0, "coffer stop: %s", output.err);
	WAIT_FOR(!desktop_clipboard(stage->session).held, "what was taken is still held");
	check_refused(stage, &stage->attacker, "Super+V after the source was stopped");
}

static void into_the_source(struct test *test) {
	/* It has it already; and what is held stays held for another. */
	struct stage *stage = set_up(test, NULL);
	check_refused(stage, &stage->victim, "Super+V in the source itself");
	party_focus(&stage->third);
	stage_give(stage);
	WAIT_FOR(stage->third.selection->offer != NULL, "it was lost by the Super+V that was refused");
}

static void a_denied_pair(struct test *test) {
	struct stage *stage = set_up(test, "clipboard {\n\tdeny victim attacker\n}\n");
	check_refused(stage, &stage->attacker, "Super+V for a denied pair");
}

static void nothing_taken(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->attacker, "game");
	check_refused(stage, &stage->attacker, "Super+V with nothing taken");
}

static const struct test_case cases[] = {
	{ "a second Super+V is refused", twice },
	{ "so is one after the time is up", after_its_time },
	{ "so is one after coffer clipboard clear", after_clear },
	{ "so is one after the source was stopped", after_the_source_stopped },
	{ "so is one in the source itself, which loses nothing", into_the_source },
	{ "so is one for a denied pair", a_denied_pair },
	{ "so is one with nothing taken", nothing_taken },
};

TEST_MAIN(cases)
