/*
 * C2. The attacker sets its clipboard without the focus, with an old serial of its own, to have it pasted by the
 * victim or carried by the person. Nothing of it reaches the victim or the transfer.
 */

#include "tests/attacks/stage.h"

/* The attacker had the focus once, and a key: its serial is a true one. Now the victim has the focus. */
static struct stage *set_up(struct test *test, uint32_t *old_serial) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->attacker);
	virtual_keyboard_tap(stage->keyboard, KEY_Q);
	test_settle(test);
	*old_serial = stage->attacker.seat->serial;
	party_focus(&stage->victim);
	return stage;
}

static void victim_keeps_its_own(struct test *test) {
	uint32_t serial;
	struct stage *stage = set_up(test, &serial);
	struct party *attacker = &stage->attacker, *victim = &stage->victim;
	party_copy(victim, "the victim's own");
	selection_forget(victim->selection);
	selection_set(attacker->selection, source_create_text(attacker->client, "rm -rf ~"), serial);
	if (attacker->selection->primary_device != NULL) {
		selection_set_primary(attacker->selection, source_create_primary(attacker->client, "rm -rf ~"), serial);
	}
	test_settle(test);
	CHECK_INT(victim->selection->changes, 0, "the victim was told of a change");
	CHECK_INT(victim->selection->primary_changes, 0, "the victim was told of a change of the primary selection");
	CHECK_TEXT(selection_text(victim->selection), "the victim's own", "the victim's clipboard has changed");
	if (stage_is_ours(stage)) {
		stage_take_and_wait(stage);
		CHECK_TEXT(desktop_clipboard(stage->session).source, "victim", "something else was taken");
	}
}

static void nothing_to_take(struct test *test) {
	uint32_t serial;
	struct stage *stage = set_up(test, &serial);
	struct party *attacker = &stage->attacker;
	/* The victim has copied nothing. */
	struct source *source = source_create_text(attacker->client, "rm -rf ~");
	selection_set(attacker->selection, source, serial);
	test_settle(test);
	stage_take(stage);
	CHECK(!desktop_clipboard(stage->session).held, "Super+C in the victim took what the attacker has set");
	/* Nor does it lie in wait in the attacker's own clipboard for the next time it is focused. */
	party_focus(attacker);
	stage_take(stage);
	test_settle(test);
	CHECK(!desktop_clipboard(stage->session).held, "what was set without the focus was taken");
	CHECK_INT(source->asked, 0, "what was set without the focus was asked for");
}

static void any_serial(struct test *test) {
	uint32_t serial;
	struct stage *stage = set_up(test, &serial);
	struct party *attacker = &stage->attacker, *victim = &stage->victim;
	/* The victim's own serials can be guessed: they count up. */
	for (uint32_t guess = victim->seat->serial - 20; guess != victim->seat->serial + 20; guess++) {
		selection_set(attacker->selection, source_create_text(attacker->client, "rm -rf ~"), guess);
	}
	test_settle(test);
	CHECK(victim->selection->offer == NULL, "the victim has a clipboard");
	if (stage_is_ours(stage)) {
		stage_take(stage);
		CHECK(!desktop_clipboard(stage->session).held, "something was taken");
	}
}

static void focused_without_input(struct test *test) {
	/* Focused by the person's click on the band, and no key has ever been pressed in it. */
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	party_focus(attacker);
	struct source *source = source_create_text(attacker->client, "rm -rf ~");
	selection_set(attacker->selection, source, 0);
	test_settle(test);
	party_focus(&stage->victim);
	stage_take(stage);
	CHECK(!desktop_clipboard(stage->session).held, "something was taken in the victim");
	CHECK_INT(stage->victim.selection->offers, 0, "the victim was told of it");
}

static const struct test_case cases[] = {
	{ "the victim's clipboard and the transfer stay the victim's", victim_keeps_its_own, ANYWHERE },
	{ "what was set without the focus is never taken", nothing_to_take },
	{ "no guessed serial helps", any_serial, ANYWHERE },
	{ "nor does a clipboard set before leave its instance", focused_without_input },
};

TEST_MAIN(cases)
