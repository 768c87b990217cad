/*
 * C1. The victim has copied; then the attacker gets the focus, which is when a compositor tells a client what the
 * clipboard holds. It must hold the attacker's own, and that is nothing.
 */

#include "tests/attacks/stage.h"

static void check_sees_nothing(struct party *party) {
	struct test *test = party->stage->test;
	CHECK_INT(party->selection->offers, 0, "%s was told of a clipboard", party->name);
	CHECK_INT(party->selection->primary_offers, 0, "%s was told of a primary selection", party->name);
	CHECK(party->selection->offer == NULL, "%s has a clipboard", party->name);
}

static void focus_after_copy(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->victim);
	struct source *source = party_copy(&stage->victim, "the victim's secret");
	party_focus(&stage->attacker);
	virtual_keyboard_type(stage->keyboard, "v");
	test_settle(test);
	check_sees_nothing(&stage->attacker);
	party_open(&stage->third, "viewer");
	party_focus(&stage->third);
	check_sees_nothing(&stage->third);
	CHECK_INT(source->asked, 0, "somebody has asked for the victim's data");
	/* And it is still there where it belongs. */
	party_focus(&stage->victim);
	CHECK_TEXT(selection_text(stage->victim.selection), "the victim's secret", "the victim's own clipboard");
}

static void copy_within_the_instance(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_focus(&stage->victim);
	party_copy(&stage->victim, "from one window");
	/* Another program of the same instance, as anywhere else. */
	struct client *other = session_connect(stage->session, "victim");
	struct seat *seat = seat_create(other);
	struct selection *selection = selection_create(other);
	struct window *window = window_open(other, "mail", VICTIM_CONTENT);
	WAIT_FOR(seat_has_focus(seat, window->surface), "a new window of the focused instance is not focused");
	WAIT_FOR(selection->offer != NULL, "another program of the same instance does not see the clipboard");
	CHECK_TEXT(selection_text(selection), "from one window", "it is not what was copied");
}

static void devices_made_later(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->victim);
	party_copy(&stage->victim, "the victim's secret");
	party_focus(&stage->attacker);
	/* A data device made while focused is told at once what there is. */
	struct selection *later = selection_create(stage->attacker.client);
	test_settle(test);
	CHECK_INT(later->offers, 0, "a new data device is told of a clipboard");
	CHECK_INT(later->primary_offers, 0, "a new data device is told of a primary selection");
}

static const struct test_case cases[] = {
	{ "the attacker gets the focus after the victim copied, and sees nothing", focus_after_copy, ANYWHERE },
	{ "within an instance the clipboard works as anywhere", copy_within_the_instance },
	{ "nor does a data device made while focused tell anything", devices_made_later, ANYWHERE },
};

TEST_MAIN(cases)
