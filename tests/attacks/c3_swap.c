/*
 * C3. The content is swapped between Super+C and Super+V, so that the person gives something else than what was
 * taken. What was taken is what is given.
 */

#include "tests/attacks/stage.h"

static struct stage *set_up(struct test *test, struct source **source) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->attacker, "game");
	party_open(&stage->victim, "terminal");
	party_focus(&stage->attacker);
	*source = party_copy(&stage->attacker, "ls");
	stage_take_and_wait(stage);
	return stage;
}

static void give_to_victim(struct stage *stage, const char *expected) {
	struct test *test = stage->test;
	party_focus(&stage->victim);
	CHECK(stage->victim.selection->offer == NULL, "before Super+V its clipboard is empty");
	stage_give(stage);
	WAIT_FOR(stage->victim.selection->offer != NULL, "Super+V, and its clipboard is still empty");
	CHECK_TEXT(selection_text(stage->victim.selection), expected, "it is not what was taken");
}

static void unchanged(struct test *test) {
	struct source *source;
	struct stage *stage = set_up(test, &source);
	struct desktop_clipboard clipboard = desktop_clipboard(stage->session);
	CHECK_TEXT(clipboard.source, "attacker", "coffer names the source");
	CHECK_INT(clipboard.size, 2, "coffer tells the size");
	give_to_victim(stage, "ls");
	CHECK(!desktop_clipboard(stage->session).held, "after one delivery something is still held");
}

static void same_source_serves_another_text(struct test *test) {
	struct source *source;
	struct stage *stage = set_up(test, &source);
	size_t asked = source->asked;
	source->text = "rm -rf ~";
	give_to_victim(stage, "ls");
	CHECK_INT(source->asked, asked, "the source was asked again after it had been taken");
}

static void another_source(struct test *test) {
	struct source *source;
	struct stage *stage = set_up(test, &source);
	party_copy(&stage->attacker, "rm -rf ~");
	give_to_victim(stage, "ls");
	/* The attacker's own clipboard did change. */
	CHECK_TEXT(selection_text(stage->attacker.selection), "rm -rf ~", "its own clipboard");
}

static void source_is_gone(struct test *test) {
	struct source *source;
	struct stage *stage = set_up(test, &source);
	wl_data_source_destroy(source->wl_source);
	selection_set(stage->attacker.selection, NULL, stage->attacker.seat->serial);
	test_settle(test);
	give_to_victim(stage, "ls");
}

static void victim_pastes_twice(struct test *test) {
	/* One delivery fills the destination's clipboard, which then is its own: it may paste it as often as it likes. */
	struct source *source;
	struct stage *stage = set_up(test, &source);
	give_to_victim(stage, "ls");
	source->text = "rm -rf ~";
	CHECK_TEXT(selection_text(stage->victim.selection), "ls", "the second paste differs from the first");
	CHECK_TEXT(selection_text(stage->victim.selection), "ls", "the third paste differs from the first");
}

static const struct test_case cases[] = {
	{ "what was taken is given, once", unchanged },
	{ "a source that serves another text later has no effect", same_source_serves_another_text },
	{ "nor has another source", another_source },
	{ "nor the end of the source", source_is_gone },
	{ "each paste of it is the same", victim_pastes_twice },
};

TEST_MAIN(cases)
