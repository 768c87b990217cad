/*
 * C8. The primary selection, pasted with the middle button, is meant for pointing at things quickly. It never
 * crosses: neither by focus, nor by a middle click, nor by Super+C and Super+V.
 */

#include "tests/attacks/stage.h"

static void select_in_victim(struct stage *stage, const char *text) {
	struct test *test = stage->test;
	struct party *victim = &stage->victim;
	party_focus(victim);
	virtual_keyboard_tap(stage->keyboard, KEY_A);
	test_settle(test);
	selection_set_primary(victim->selection, source_create_primary(victim->client, text), victim->seat->serial);
	WAIT_FOR(victim->selection->primary_offer != NULL, "the victim does not see its own primary selection");
	CHECK_TEXT(offer_receive(victim->selection->primary_offer, "text/plain;charset=utf-8", TEST_TIMEOUT_MS), text,
		"within the instance it does not work");
}

static void focus_and_middle_click(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	struct desktop_window window = party_open(attacker, "game");
	select_in_victim(stage, "the victim's secret");
	party_focus(attacker);
	virtual_pointer_click(stage->pointer, window.content.x + 50, window.content.y + 50, BTN_MIDDLE);
	test_settle(test);
	NEED(seat_count(attacker->seat, SEAT_BUTTON) > 0, "the click does not arrive");
	CHECK_INT(attacker->selection->primary_offers, 0, "the attacker is told of a primary selection");
	CHECK(attacker->selection->primary_offer == NULL, "the attacker has a primary selection");
	CHECK_INT(attacker->selection->offers, 0, "the attacker is told of a clipboard");
}

static void chords(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	select_in_victim(stage, "the victim's secret");
	stage_take(stage);
	CHECK(!desktop_clipboard(stage->session).held, "Super+C took the primary selection");
	party_focus(attacker);
	stage_give(stage);
	CHECK_INT(attacker->selection->primary_offers, 0, "Super+V gave a primary selection");
	CHECK_INT(attacker->selection->offers, 0, "Super+V gave a clipboard");
}

static void back_the_other_way(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker, *victim = &stage->victim;
	party_open(victim, "editor");
	party_open(attacker, "game");
	party_focus(attacker);
	virtual_keyboard_tap(stage->keyboard, KEY_A);
	test_settle(test);
	uint32_t serial = attacker->seat->serial;
	selection_set_primary(attacker->selection, source_create_primary(attacker->client, "rm -rf ~"), serial);
	test_settle(test);
	party_focus(victim);
	selection_set_primary(attacker->selection, source_create_primary(attacker->client, "rm -rf ~"), serial);
	struct desktop_window window = party_look(victim);
	virtual_pointer_click(stage->pointer, window.content.x + 50, window.content.y + 50, BTN_MIDDLE);
	test_settle(test);
	CHECK_INT(victim->selection->primary_offers, 0, "the victim would paste what the attacker has selected");
}

static const struct test_case cases[] = {
	{ "focus and a middle click tell the attacker nothing", focus_and_middle_click, ANYWHERE },
	{ "Super+C and Super+V do not carry it", chords },
	{ "nor does the attacker's reach the victim", back_the_other_way, ANYWHERE },
};

TEST_MAIN(cases)
