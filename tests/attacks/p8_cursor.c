/*
 * P8. A client's cursor: larger than any cursor, its hotspot far away, growing once it is shown, left behind when the
 * pointer has gone elsewhere, or set without the pointer at all. It shows inside its own pixels, bounded and at the
 * place where the person points; everywhere else the image is the compositor's or whose pixels those are.
 */

#include <stdlib.h>

#include "tests/attacks/stage.h"
#include "tests/protocol/lib/capture.h"

struct setting {
	struct stage *stage;
	struct wl_surface *cursor;
	struct box own, victim; /* contents */
	struct box band;        /* of the attacker's own frame */
};

/* Attacker and victim side by side, the pointer in the middle of the attacker's window. */
static struct setting set_up(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct setting setting = { .stage = stage };
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	struct desktop_window own = party_look(&stage->attacker);
	setting.own = own.content;
	setting.victim = party_look(&stage->victim).content;
	setting.band = (struct box){ own.frame.x + 200, own.frame.y + BORDER_WIDTH, 100, BAND_HEIGHT };
	setting.cursor = wl_compositor_create_surface(client_compositor(stage->attacker.client));
	virtual_pointer_move(stage->pointer, own.content.x + (stage_is_ours(stage) ? 300 : 100),
		own.content.y + (stage_is_ours(stage) ? 300 : 100));
	test_settle(test);
	NEED(stage->attacker.seat->pointer_focus != NULL, "the pointer does not enter");
	return setting;
}

static void show(struct setting *setting, int width, int height, uint32_t color) {
	struct buffer *buffer = buffer_create(setting->stage->attacker.client, width, height, color);
	wl_surface_attach(setting->cursor, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(setting->cursor, 0, 0, width, height);
	wl_surface_commit(setting->cursor);
}

static void set(struct setting *setting, struct wl_surface *surface, int x, int y) {
	struct seat *seat = setting->stage->attacker.seat;
	wl_pointer_set_cursor(seat->pointer, seat->serial, surface, x, y);
}

static struct picture *look(struct setting *setting) {
	test_settle(setting->stage->test);
	return capture_with_cursor(session_shell(setting->stage->session));
}

/* Where the attacker's cursor shows; false where it does not. */
static bool find(struct setting *setting, struct box *box) {
	struct picture *picture = look(setting);
	bool found = picture_find(picture, INTRUDER, box);
	picture_destroy(picture);
	return found;
}

/* Some cursor shows where the pointer is, here: the picture is another once it has gone. It comes back. */
static bool is_visible_at(struct setting *setting, int x, int y) {
	struct test *test = setting->stage->test;
	struct picture *with = look(setting);
	virtual_pointer_move(setting->stage->pointer, 2, 700);
	struct picture *without = look(setting);
	virtual_pointer_move(setting->stage->pointer, x, y);
	test_settle(test);
	struct box near = { x - 32, y - 32, 64, 64 };
	int at_x, at_y;
	bool visible = picture_differs(with, without, &near, NULL, 0, &at_x, &at_y);
	picture_destroy(with);
	picture_destroy(without);
	return visible;
}

static void move(struct setting *setting, const struct box *box) {
	virtual_pointer_move(setting->stage->pointer, box->x + box->width / 2, box->y + box->height / 2);
}

static void stays_in_own_pixels(struct test *test) {
	struct setting setting = set_up(test);
	show(&setting, 24, 24, INTRUDER);
	set(&setting, setting.cursor, 4, 4);
	struct box box;
	CHECK(find(&setting, &box), "its own cursor does not show inside its own pixels");
	CHECK_INT(box.width, 24, "its width");
	CHECK_INT(box.x, setting.own.x + 296, "its place");

	const struct {
		const char *name;
		struct box box;
	} places[] = {
		{ "its own band", setting.band },
		{ "its own border", { setting.own.x + 100, setting.own.y + setting.own.height + 1, 1, 1 } },
		{ "the victim", setting.victim },
		{ "the strip", { 600, 10, 10, 10 } },
		{ "the desktop", { 2, 400, 2, 2 } },
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		move(&setting, &setting.own);
		test_settle(test);
		set(&setting, setting.cursor, 4, 4);
		CHECK(find(&setting, &box), "it does not show again after %s", places[i].name);
		move(&setting, &places[i].box);
		CHECK(!find(&setting, &box), "it is left behind over %s", places[i].name);
		int x = places[i].box.x + places[i].box.width / 2, y = places[i].box.y + places[i].box.height / 2;
		CHECK(is_visible_at(&setting, x, y), "there is no cursor over %s", places[i].name);
		/* Once more from there: it has the pointer no longer. */
		set(&setting, setting.cursor, 4, 4);
		CHECK(!find(&setting, &box), "it sets the cursor over %s", places[i].name);
		set(&setting, NULL, 0, 0);
		CHECK(is_visible_at(&setting, x, y), "it hides the cursor over %s", places[i].name);
	}
}

static void too_large(struct test *test) {
	struct setting setting = set_up(test);
	struct box box;
	show(&setting, 300, 40, INTRUDER);
	set(&setting, setting.cursor, 4, 4);
	CHECK(!find(&setting, &box), "300 px wide, it shows");
	show(&setting, 128, 128, INTRUDER);
	set(&setting, setting.cursor, 4, 4);
	CHECK(find(&setting, &box), "128 px wide, it does not show");
	show(&setting, 129, 20, INTRUDER);
	CHECK(!find(&setting, &box), "it grows once it is shown");
	CHECK(is_visible_at(&setting, setting.own.x + 300, setting.own.y + 300), "then there is no cursor at all");
	/* Small again, and in the same breath as large as the screen, with the pointer elsewhere. */
	show(&setting, 20, 20, INTRUDER);
	set(&setting, setting.cursor, 4, 4);
	CHECK(find(&setting, &box), "small again, it does not show");
	move(&setting, &setting.victim);
	show(&setting, 1280, 720, INTRUDER);
	CHECK(!find(&setting, &box), "it grows while the pointer is elsewhere");
}

static void far_hotspot(struct test *test) {
	static const struct {
		int x, y;
	} hotspots[] = { { -600, 0 }, { 600, 600 }, { INT32_MIN, INT32_MAX }, { 0, -200 } };
	struct setting setting = set_up(test);
	struct box box;
	int x = setting.own.x + 300, y = setting.own.y + 300;
	show(&setting, 24, 24, INTRUDER);
	for (size_t i = 0; i < sizeof(hotspots) / sizeof(hotspots[0]); i++) {
		set(&setting, setting.cursor, hotspots[i].x, hotspots[i].y);
		CHECK(find(&setting, &box), "it does not show");
		CHECK(box_contains(&box, x, y), "with its hotspot at %d,%d it is at %d,%d, and the pointer at %d,%d",
			hotspots[i].x, hotspots[i].y, box.x, box.y, x, y);
	}
	/* Step by step, with the surface's own offset. */
	set(&setting, setting.cursor, 4, 4);
	for (int i = 0; i < 20; i++) {
		wl_surface_offset(setting.cursor, 10, -10);
		show(&setting, 24, 24, INTRUDER);
	}
	CHECK(find(&setting, &box), "with offsets, it does not show");
	CHECK(box_contains(&box, x, y), "after offsets it is at %d,%d, and the pointer at %d,%d", box.x, box.y, x, y);
	wl_surface_offset(setting.cursor, INT32_MIN, INT32_MIN);
	show(&setting, 24, 24, INTRUDER);
	CHECK(!find(&setting, &box) || box_contains(&box, x, y), "a leap puts it at %d,%d", box.x, box.y);
	/* An honest offset does what it should. */
	set(&setting, setting.cursor, 4, 4);
	wl_surface_offset(setting.cursor, -3, -5);
	show(&setting, 24, 24, INTRUDER);
	CHECK(find(&setting, &box), "with an honest offset, it does not show");
	CHECK_INT(box.x, x - 7, "an honest offset");
	CHECK_INT(box.y, y - 9, "an honest offset");
}

static void held_across(struct test *test) {
	struct setting setting = set_up(test);
	struct box box;
	show(&setting, 24, 24, INTRUDER);
	set(&setting, setting.cursor, 4, 4);
	virtual_pointer_button(setting.stage->pointer, BTN_LEFT, true);
	test_settle(test);
	move(&setting, &setting.victim);
	CHECK(!find(&setting, &box), "with a button down it shows over the victim");
	set(&setting, setting.cursor, 5, 5);
	CHECK(!find(&setting, &box), "and can be set there");
	move(&setting, &setting.own);
	CHECK(find(&setting, &box), "back inside it does not show again");
	virtual_pointer_button(setting.stage->pointer, BTN_LEFT, false);
}

static void dies_while_shown(struct test *test) {
	struct setting setting = set_up(test);
	struct box box;
	show(&setting, 24, 24, INTRUDER);
	set(&setting, setting.cursor, 4, 4);
	CHECK(find(&setting, &box), "it does not show");
	wl_surface_destroy(setting.cursor);
	CHECK(!find(&setting, &box), "it shows after its end");
	CHECK(is_visible_at(&setting, setting.own.x + 300, setting.own.y + 300), "there is no cursor after its end");
	setting.cursor = wl_compositor_create_surface(client_compositor(setting.stage->attacker.client));
	show(&setting, 24, 24, INTRUDER);
	set(&setting, setting.cursor, 4, 4);
	CHECK(find(&setting, &box), "the next does not show");
	party_reconnect(&setting.stage->attacker);
	CHECK(
		is_visible_at(&setting, setting.own.x + 300, setting.own.y + 300), "there is no cursor after its client's end");
}

/* The pointer is in the attacker's window, and the image at it reaches over the victim's. */
static void over_the_victim(struct test *test) {
	struct setting setting = set_up(test);
	struct picture *before = look(&setting);
	size_t pixels = picture_count(before, &setting.victim, VICTIM_CONTENT);
	show(&setting, 1200, 1200, INTRUDER);
	set(&setting, setting.cursor, 600, 600);
	struct picture *after = look(&setting);
	CHECK_INT(picture_count(after, &setting.victim, VICTIM_CONTENT), pixels, "a cursor of 1200 px covers the victim");
	picture_destroy(before);
	picture_destroy(after);
}

static const struct test_case cases[] = {
	{ "a cursor in one window covers no other", over_the_victim, ANYWHERE },
	{ "a client's cursor shows in its own pixels alone", stays_in_own_pixels },
	{ "one larger than 128 px does not show, whenever it grows", too_large },
	{ "its hotspot is on it, and where the person points", far_hotspot },
	{ "with a button down it shows no further", held_across },
	{ "it goes with its surface and its client, and a cursor is left", dies_while_shown },
};

TEST_MAIN(cases)
