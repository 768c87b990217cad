/*
 * P3. Popups as overlays: over the victim's band, over the strip, larger than the screen, with subsurfaces of their
 * own, nested by the thousand. A popup must stay on the output and below the strip, and wherever its pixels end,
 * the attacker's colour begins: what looks like the victim's band is then visibly the attacker's.
 */

#include "tests/attacks/stage.h"

/* The attacker at the right has the focus, so that its popups are welcome. */
static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->attacker);
	return stage;
}

/* Opens one with its corner wanted at this place of the screen. */
static struct popup *open_at(struct stage *stage, int x, int y, struct popup_options options) {
	struct desktop_window window = party_look(&stage->attacker);
	options.x = x - window.content.x;
	options.y = y - window.content.y;
	options.color = INTRUDER;
	return popup_open(stage->attacker.client, stage->attacker.window->xdg_surface, &options);
}

/* Wherever it is shown, it is whole in its frame, on the output and below the strip. Returns where it is. */
static struct box check_popup(struct stage *stage, const char *what) {
	struct test *test = stage->test;
	struct picture *picture = desktop_picture(stage->session);
	struct box box;
	int x, y;
	CHECK(picture_find(picture, INTRUDER, &box), "%s does not show at all", what);
	CHECK(box.y - POPUP_BORDER_WIDTH >= STRIP_HEIGHT, "%s stands at y %d, over the strip", what, box.y);
	CHECK(picture_is_framed(picture, INTRUDER, ATTACKER_COLOR, POPUP_BORDER_WIDTH, &x, &y),
		"%s has no whole frame: at %d,%d it is %06x", what, x, y, picture_pixel(picture, x, y));
	picture_destroy(picture);
	return box;
}

static void over_the_band(struct test *test) {
	struct stage *stage = set_up(test);
	struct desktop_window victim = party_look(&stage->victim);
	open_at(stage, victim.frame.x + 20, victim.frame.y, (struct popup_options){ .width = 200, .height = 27 });
	check_popup(stage, "a popup over the victim's band");
}

static void over_the_strip(struct test *test) {
	static const uint32_t adjustments[] = {
		XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_NONE,
		XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X | XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_Y,
		XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_FLIP_Y,
		XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_RESIZE_X | XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_RESIZE_Y,
	};
	struct stage *stage = set_up(test);
	for (size_t i = 0; i < sizeof(adjustments) / sizeof(adjustments[0]); i++) {
		struct popup *popup = open_at(stage, 700, -10,
			(struct popup_options){ .width = 300, .height = 100, .constraint_adjustment = adjustments[i] });
		check_popup(stage, "a popup over the strip");
		popup_destroy(popup);
	}
}

static void beyond_the_screen(struct test *test) {
	static const struct {
		int x, y;
	} places[] = { { -5000, 300 }, { 5000, 300 }, { 700, -5000 }, { 700, 5000 }, { 1200, 650 } };
	struct stage *stage = set_up(test);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct popup *popup = open_at(
			stage, places[i].x, places[i].y, (struct popup_options){ .width = 200, .height = 150 });
		struct box box = check_popup(stage, "a popup beyond the screen");
		CHECK(box.width == 200 && box.height == 150, "of 200 by 150 pixels %d by %d show", box.width, box.height);
		popup_destroy(popup);
	}
}

static void larger_than_the_screen(struct test *test) {
	struct stage *stage = set_up(test);
	struct popup *popup = open_at(stage, -100, -100, (struct popup_options){ .width = 4000, .height = 3000 });
	check_popup(stage, "a popup larger than the screen");
	popup_destroy(popup);
	/* Asks for a small one and draws a large one. */
	popup = popup_create(stage->attacker.client, stage->attacker.window->xdg_surface,
		&(struct popup_options){ .x = 50, .y = 50, .width = 60, .height = 60, .color = INTRUDER });
	popup->is_oversized = true;
	popup->width = 4000;
	popup->height = 3000;
	WAIT_FOR(popup->configures > 0, "the popup is not answered");
	check_popup(stage, "a popup drawn larger than it asked for");
}

static void its_subsurfaces(struct test *test) {
	struct stage *stage = set_up(test);
	struct popup *popup = open_at(stage, 900, 300, (struct popup_options){ .width = 200, .height = 150 });
	/* Said, or the protocol counts the subsurfaces in. */
	xdg_surface_set_window_geometry(popup->xdg_surface, 0, 0, 200, 150);
	wl_surface_commit(popup->surface);
	struct box before = check_popup(stage, "a popup");
	subsurface_create(stage->attacker.client, popup->surface, -2000, -2000, 5000, 5000, INTRUDER);
	wl_surface_commit(popup->surface);
	struct box after = check_popup(stage, "a popup with a subsurface");
	CHECK(after.x == before.x && after.y == before.y && after.width == before.width && after.height == before.height,
		"its subsurface shows outside of it");
}

static void over_the_victim_of_a_floating_window(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open_fixed(&stage->attacker, "dialog", 300, 200);
	party_focus(&stage->attacker);
	struct desktop_window victim = party_look(&stage->victim);
	open_at(stage, victim.frame.x, victim.frame.y + BORDER_WIDTH,
		(struct popup_options){ .width = 600, .height = BAND_HEIGHT });
	check_popup(stage, "a floating window's popup over the victim's band");
}

static void a_thousand_nested(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	struct picture *before = desktop_picture(stage->session);
	party_open(&stage->attacker, "game");
	party_focus(&stage->attacker);
	struct client *client = stage->attacker.client;
	struct xdg_surface *parent = stage->attacker.window->xdg_surface;
	/* 16 levels are let: with the instance's limit, the last of them stands. */
	for (int i = 0; i < 16; i++) {
		parent = popup_open(
			client, parent, &(struct popup_options){ .x = 1, .y = 1, .width = 30, .height = 30, .color = INTRUDER })->xdg_surface;
	}
	struct picture *nested = desktop_picture(stage->session);
	int at_x, at_y;
	CHECK(picture_is_framed(nested, INTRUDER, ATTACKER_COLOR, POPUP_BORDER_WIDTH, &at_x, &at_y),
		"one of 16 nested popups has no frame at %d,%d", at_x, at_y);
	picture_destroy(nested);
	for (int i = 0; i < 1000 && client_is_alive(client); i++) {
		struct popup *popup = popup_create(
			client, parent, &(struct popup_options){ .x = 1, .y = 1, .width = 30, .height = 30, .color = INTRUDER });
		parent = popup->xdg_surface;
		if (i % 50 == 49) {
			/* The compositor may end the client for it, and nobody else. */
			client_try_roundtrip(client);
			double time = client_time_roundtrip(stage->victim.client);
			CHECK(time >= 0, "the victim was thrown out");
			CHECK(time < test_deadline(test, 1000) - test_now(), "the victim waited for %.0f ms", time);
		}
	}
	struct picture *picture = desktop_picture(stage->session);
	int x, y;
	CHECK(picture_is_framed(picture, INTRUDER, ATTACKER_COLOR, POPUP_BORDER_WIDTH, &x, &y),
		"one of many popups has no frame at %d,%d", x, y);
	client_destroy(client);
	desktop_wait_still(stage->session);
	struct box nothing = { 0 };
	stage_check_only_inside(stage, before, &nothing, "what is left of a thousand popups");
}

/* Wherever a popup stands over the victim, there is more than the victim's own pixels between the two. */
static void told_from_the_victim(struct test *test) {
	struct stage *stage = set_up(test);
	const struct box victim = party_look(&stage->victim).content;
	open_at(stage, victim.x + 60, victim.y + 80, (struct popup_options){ .width = 100, .height = 60 });
	desktop_wait_still(stage->session);
	struct picture *picture = desktop_picture(stage->session);
	for (int y = victim.y; y < victim.y + victim.height; y++) {
		for (int x = victim.x; x < victim.x + victim.width; x++) {
			bool touches = picture_pixel(picture, x, y) == INTRUDER &&
				(picture_pixel(picture, x + 1, y) == VICTIM_CONTENT ||
					picture_pixel(picture, x, y + 1) == VICTIM_CONTENT);
			CHECK(!touches, "a popup stands over the victim with nothing around it that says whose it is");
		}
	}
	picture_destroy(picture);
}

static const struct test_case cases[] = {
	{ "a popup over the victim can be told from it", told_from_the_victim, ANYWHERE },
	{ "a popup over another's band is framed as its own instance's", over_the_band },
	{ "no popup covers the strip, however it may be adjusted", over_the_strip },
	{ "a popup wanted beyond the screen is on the screen, whole", beyond_the_screen },
	{ "a popup larger than the screen is framed and below the strip", larger_than_the_screen },
	{ "a popup's subsurfaces show inside it only", its_subsurfaces },
	{ "a floating window's popup over another's band is framed as its own", over_the_victim_of_a_floating_window },
	{ "a thousand nested popups are framed, hold nobody up, and leave nothing", a_thousand_nested },
};

TEST_MAIN(cases)
