/*
 * F3 and F6. A client that may lock and confine the pointer holds it for ever, takes it again and again, warps it onto
 * somebody else's pixels, and listens to its motion while it is elsewhere. Locks end with the focus, with every view
 * of the compositor's own, and do not come back before the person clicks into the client; a warp stays inside its
 * own pixels; relative motion is told to who has the pointer.
 */

#include "keyboard-shortcuts-inhibit-unstable-v1-client-protocol.h"
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"
#include "tests/attacks/stage.h"

struct setting {
	struct stage *stage;
	struct zwp_pointer_constraints_v1 *constraints;
	struct zwp_locked_pointer_v1 *lock;
	struct zwp_confined_pointer_v1 *confinement;
	size_t begun, ended;
	size_t relative; /* motions told */
	double dx, dy;   /* of the last one */
	struct box own, victim;
};

static void handle_relative(void *data, struct zwp_relative_pointer_v1 *object, uint32_t high, uint32_t low,
	wl_fixed_t dx, wl_fixed_t dy, wl_fixed_t raw_dx, wl_fixed_t raw_dy) {
	struct setting *setting = data;
	setting->relative++;
	setting->dx = wl_fixed_to_double(dx);
	setting->dy = wl_fixed_to_double(dy);
}

static const struct zwp_relative_pointer_v1_listener relative_listener = { .relative_motion = handle_relative };

static void handle_locked(void *data, struct zwp_locked_pointer_v1 *object) {
	struct setting *setting = data;
	setting->begun++;
}

static void handle_unlocked(void *data, struct zwp_locked_pointer_v1 *object) {
	struct setting *setting = data;
	setting->ended++;
}

static const struct zwp_locked_pointer_v1_listener lock_listener = {
	.locked = handle_locked,
	.unlocked = handle_unlocked,
};

static void handle_confined(void *data, struct zwp_confined_pointer_v1 *object) {
	struct setting *setting = data;
	setting->begun++;
}

static void handle_unconfined(void *data, struct zwp_confined_pointer_v1 *object) {
	struct setting *setting = data;
	setting->ended++;
}

static const struct zwp_confined_pointer_v1_listener confinement_listener = {
	.confined = handle_confined,
	.unconfined = handle_unconfined,
};

/* The victim at the left, the attacker at the right, who has the focus; the pointer is over neither. */
static void set_up(struct test *test, struct setting *setting) {
	*setting = (struct setting){ .stage = stage_start(test, NULL, "\tallow pointer-lock\n") };
	struct stage *stage = setting->stage;
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->attacker);
	setting->victim = party_look(&stage->victim).content;
	setting->own = party_look(&stage->attacker).content;
	struct client *client = stage->attacker.client;
	setting->constraints = client_bind(client, &zwp_pointer_constraints_v1_interface, 1);
	struct zwp_relative_pointer_manager_v1 *manager = client_bind(
		client, &zwp_relative_pointer_manager_v1_interface, 1);
	zwp_relative_pointer_v1_add_listener(
		zwp_relative_pointer_manager_v1_get_relative_pointer(manager, stage->attacker.seat->pointer),
		&relative_listener, setting);
	test_settle(test);
}

static void lock(struct setting *setting) {
	struct party *attacker = &setting->stage->attacker;
	setting->lock = zwp_pointer_constraints_v1_lock_pointer(setting->constraints, attacker->window->surface,
		attacker->seat->pointer, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	zwp_locked_pointer_v1_add_listener(setting->lock, &lock_listener, setting);
}

static void click_inside(struct setting *setting) {
	virtual_pointer_click(setting->stage->pointer, setting->own.x + 200, setting->own.y + 200, BTN_LEFT);
	test_settle(setting->stage->test);
}

static void move(struct setting *setting, int x, int y) {
	virtual_pointer_move(setting->stage->pointer, x, y);
	test_settle(setting->stage->test);
}

/* Where the pointer is, as who is below it is told by a step of one pixel to the right and back. */
static void check_at(struct setting *setting, double x, double y, const char *what) {
	struct test *test = setting->stage->test;
	const struct seat *seat = setting->stage->attacker.seat;
	const struct seat_event *motion = seat_last(seat, SEAT_MOTION);
	const struct seat_event *enter = seat_last(seat, SEAT_POINTER_ENTER);
	const struct seat_event *last = motion > enter ? motion : enter;
	CHECK(last != NULL && last->x >= x - 2 && last->x <= x + 2 && last->y >= y - 2 && last->y <= y + 2,
		"%s: the pointer is elsewhere than at %.0f,%.0f:\n%s", what, x, y, seat_describe(seat));
}

static void honest_lock(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	lock(&setting);
	move(&setting, setting.own.x + 200, setting.own.y + 200);
	CHECK_INT(setting.begun, 0, "it locks before the person has clicked into it");
	click_inside(&setting);
	CHECK_INT(setting.begun, 1, "a click does not let it lock");
	seat_forget(setting.stage->attacker.seat);
	setting.relative = 0;
	move(&setting, setting.own.x + 210, setting.own.y + 195);
	CHECK_INT(setting.relative, 1, "no relative motion");
	CHECK_INT((int)setting.dx, 10, "dx");
	CHECK_INT((int)setting.dy, -5, "dy");
	move(&setting, setting.victim.x + 10, setting.victim.y + 10);
	CHECK_INT(seat_count(setting.stage->attacker.seat, SEAT_MOTION), 0, "a locked pointer moves");
	CHECK(setting.stage->victim.seat->pointer_focus == NULL, "a locked pointer gets away");
	zwp_locked_pointer_v1_destroy(setting.lock);
	test_settle(test);
	move(&setting, setting.own.x + 220, setting.own.y + 220);
	check_at(&setting, 220, 220, "after its end");
}

/* Each of these ends it; until a click, it does not begin again, as it is or as another. */
static void check_stays_ended(struct setting *setting, const char *what) {
	struct test *test = setting->stage->test;
	move(setting, setting->own.x + 150, setting->own.y + 160);
	CHECK_INT(setting->begun, 1, "%s: it begins again by itself", what);
	for (int i = 0; i < 3; i++) {
		zwp_locked_pointer_v1_destroy(setting->lock);
		lock(setting);
		move(setting, setting->own.x + 150 + i, setting->own.y + 160);
	}
	CHECK_INT(setting->begun, 1, "%s: a new one begins", what);
	click_inside(setting);
	CHECK_INT(setting->begun, 2, "%s: a click does not let it begin", what);
}

static void ends_with_focus(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	lock(&setting);
	click_inside(&setting);
	CHECK_INT(setting.begun, 1, "no lock");
	virtual_keyboard_chord(setting.stage->keyboard, MOD_SUPER, KEY_J);
	WAIT_FOR(
		seat_has_focus(setting.stage->victim.seat, setting.stage->victim.window->surface), "the chord does nothing");
	test_settle(test);
	CHECK_INT(setting.ended, 1, "it lasts beyond the focus");
	virtual_keyboard_chord(setting.stage->keyboard, MOD_SUPER, KEY_J);
	WAIT_FOR(seat_has_focus(setting.stage->attacker.seat, setting.stage->attacker.window->surface),
		"the chord does nothing");
	check_stays_ended(&setting, "with the focus back");
}

static void ends_with_owners(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	lock(&setting);
	click_inside(&setting);
	CHECK_INT(setting.begun, 1, "no lock");
	virtual_keyboard_chord(setting.stage->keyboard, MOD_SUPER, KEY_ESC);
	test_settle(test);
	CHECK_INT(setting.ended, 1, "it lasts beyond Super+Escape");
	setting.relative = 0;
	move(&setting, setting.own.x + 100, setting.own.y + 100);
	CHECK_INT(setting.relative, 0, "it hears of motion below the owners");
	zwp_locked_pointer_v1_destroy(setting.lock);
	lock(&setting);
	move(&setting, setting.own.x + 110, setting.own.y + 100);
	CHECK_INT(setting.begun, 1, "it begins again below the owners");
	virtual_keyboard_tap(setting.stage->keyboard, KEY_ESC);
	WAIT_FOR(seat_has_focus(setting.stage->attacker.seat, setting.stage->attacker.window->surface), "the owners stay");
	check_stays_ended(&setting, "after the owners");
}

static void hints(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	const struct {
		int x, y;
		bool inside;
	} hints[] = {
		{ 50, 60, true },
		{ -400, 100, false },
		{ 100, -20, false },
		{ 1 << 20, 1 << 20, false },
		{ -(1 << 22), 0, false },
		{ 300, 300, true },
	};
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		click_inside(&setting);
		lock(&setting);
		test_settle(test);
		CHECK_INT(setting.begun, i + 1, "no lock");
		zwp_locked_pointer_v1_set_cursor_position_hint(
			setting.lock, wl_fixed_from_int(hints[i].x), wl_fixed_from_int(hints[i].y));
		wl_surface_commit(setting.stage->attacker.window->surface);
		test_settle(test);
		seat_forget(setting.stage->attacker.seat);
		seat_forget(setting.stage->victim.seat);
		zwp_locked_pointer_v1_destroy(setting.lock);
		test_settle(test);
		CHECK_INT(
			seat_count(setting.stage->victim.seat, SEAT_POINTER_ENTER), 0, "hint %zu: it warps onto the victim", i);
		/* The wheel tells nothing of the place; what follows by a relative step does. */
		setting.relative = 0;
		int x = setting.own.x + 120, y = setting.own.y + 130;
		move(&setting, x, y);
		CHECK_INT(setting.relative, 1, "hint %zu: no motion", i);
		double from_x = 120 - setting.dx, from_y = 130 - setting.dy;
		double wanted_x = hints[i].inside ? hints[i].x : 200, wanted_y = hints[i].inside ? hints[i].y : 200;
		CHECK(from_x > wanted_x - 2 && from_x < wanted_x + 2 && from_y > wanted_y - 2 && from_y < wanted_y + 2,
			"hint %zu: the pointer was at %.1f,%.1f", i, from_x, from_y);
	}
}

static void confinement(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	struct party *attacker = &setting.stage->attacker;
	setting.confinement = zwp_pointer_constraints_v1_confine_pointer(setting.constraints, attacker->window->surface,
		attacker->seat->pointer, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	zwp_confined_pointer_v1_add_listener(setting.confinement, &confinement_listener, &setting);
	click_inside(&setting);
	CHECK_INT(setting.begun, 1, "no confinement");
	seat_forget(setting.stage->victim.seat);
	move(&setting, setting.victim.x + 10, setting.own.y + 200);
	CHECK_INT(setting.stage->victim.seat->events_len, 0, "a confined pointer gets away");
	check_at(&setting, 0, 200, "confined at the left edge");
	virtual_keyboard_chord(setting.stage->keyboard, MOD_SUPER, KEY_ESC);
	virtual_keyboard_tap(setting.stage->keyboard, KEY_ESC);
	test_settle(test);
	CHECK_INT(setting.ended, 1, "it lasts beyond Super+Escape");
	move(&setting, setting.victim.x + 10, setting.own.y + 200);
	CHECK(setting.stage->victim.seat->pointer_focus != NULL, "it holds beyond its end");
	CHECK_INT(setting.begun, 1, "it begins again");
	/* A region of its own. */
	struct wl_region *region = wl_compositor_create_region(client_compositor(attacker->client));
	wl_region_add(region, 150, 150, 100, 100);
	zwp_confined_pointer_v1_set_region(setting.confinement, region);
	wl_surface_commit(attacker->window->surface);
	click_inside(&setting);
	CHECK_INT(setting.begun, 2, "no confinement to a region");
	move(&setting, setting.own.x + 400, setting.own.y + 200);
	check_at(&setting, 249, 200, "confined to a region");
	/* It moves the region from under the pointer: that lets go of it. */
	wl_region_add(region, 0, 0, 10, 10);
	wl_region_subtract(region, 150, 150, 100, 100);
	zwp_confined_pointer_v1_set_region(setting.confinement, region);
	wl_surface_commit(attacker->window->surface);
	test_settle(test);
	move(&setting, setting.own.x + 260, setting.own.y + 200);
	check_at(&setting, 260, 200, "its region gone");
	CHECK_INT(setting.ended, 2, "it lasts without its region");
}

static void elsewhere(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	lock(&setting);
	click_inside(&setting);
	virtual_keyboard_chord(setting.stage->keyboard, MOD_SUPER, KEY_ESC);
	virtual_keyboard_tap(setting.stage->keyboard, KEY_ESC);
	test_settle(test);
	move(&setting, setting.victim.x + 10, setting.victim.y + 10);
	setting.relative = 0;
	for (int i = 0; i < 10; i++) {
		move(&setting, setting.victim.x + 10 + 5 * i, setting.victim.y + 10);
	}
	move(&setting, 600, 10);
	CHECK_INT(setting.relative, 0, "it hears of motion elsewhere");
	/* The victim has the keyboard and the pointer is over the attacker: no lock either. */
	party_focus(&setting.stage->victim);
	move(&setting, setting.own.x + 100, setting.own.y + 100);
	zwp_locked_pointer_v1_destroy(setting.lock);
	lock(&setting);
	move(&setting, setting.own.x + 101, setting.own.y + 100);
	CHECK_INT(setting.begun, 1, "it locks without the keyboard");
}

/* Its surface, its client, at the worst moment. */
static void goes_while_active(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	lock(&setting);
	zwp_locked_pointer_v1_set_cursor_position_hint(setting.lock, wl_fixed_from_int(10), wl_fixed_from_int(10));
	wl_surface_commit(setting.stage->attacker.window->surface);
	click_inside(&setting);
	CHECK_INT(setting.begun, 1, "no lock");
	window_unmap(setting.stage->attacker.window);
	test_settle(test);
	move(&setting, setting.victim.x + 10, setting.victim.y + 10);
	WAIT_FOR(setting.stage->victim.seat->pointer_focus != NULL, "the pointer is held by what is not there");
	struct window *window = window_open(setting.stage->attacker.client, "again", INTRUDER);
	setting.stage->attacker.window = window;
	desktop_wait_still(setting.stage->session);
	zwp_locked_pointer_v1_destroy(setting.lock);
	lock(&setting);
	setting.own = party_look(&setting.stage->attacker).content;
	click_inside(&setting);
	CHECK_INT(setting.begun, 2, "no lock on the next window");
	party_reconnect(&setting.stage->attacker);
	virtual_pointer_move(setting.stage->pointer, setting.victim.x + 30, setting.victim.y + 10);
	virtual_pointer_move(setting.stage->pointer, setting.victim.x + 40, setting.victim.y + 10);
	WAIT_FOR(setting.stage->victim.seat->pointer_focus != NULL, "the pointer is held by who has gone");
}

/* The person's chord for the next window, under a lock of the pointer. */
static void chord_ends_it(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	lock(&setting);
	virtual_pointer_click(setting.stage->pointer, setting.own.x + 100, setting.own.y + 100, BTN_LEFT);
	test_settle(test);
	NEED(setting.begun > 0, "no lock");
	stage_focus_next(setting.stage);
	NEED(seat_has_focus(setting.stage->victim.seat, setting.stage->victim.window->surface), "the focus does not move");
	CHECK(setting.ended > 0, "the lock outlives the focus: the pointer cannot be moved");
}

/* The same with all chords asked for. (The gate has no such interface for an instance.) */
static void chords_inhibited(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	party_focus(attacker);
	stage_focus_next(stage);
	NEED(seat_has_focus(stage->victim.seat, stage->victim.window->surface), "the chord does not move the focus");
	party_focus(attacker);
	if (!stage_is_ours(stage) ||
		client_find(attacker->client, zwp_keyboard_shortcuts_inhibit_manager_v1_interface.name) != NULL) {
		struct zwp_keyboard_shortcuts_inhibit_manager_v1 *manager =
			client_bind(attacker->client, &zwp_keyboard_shortcuts_inhibit_manager_v1_interface, 1);
		zwp_keyboard_shortcuts_inhibit_manager_v1_inhibit_shortcuts(
			manager, attacker->window->surface, attacker->seat->wl_seat);
		test_settle(test);
	}
	stage_focus_next(stage);
	CHECK(seat_has_focus(stage->victim.seat, stage->victim.window->surface),
		"it inhibits the person's chords, unasked: the focus stays where it is");
}

static const struct test_case cases[] = {
	{ "a chord that moves the focus ends a lock", chord_ends_it, ANYWHERE },
	{ "and no client keeps chords from working", chords_inhibited, ANYWHERE },
	{ "a lock holds from a click on, and tells of relative motion", honest_lock },
	{ "it ends with the focus, and waits for a click", ends_with_focus },
	{ "it ends with Super+Escape, and waits for a click", ends_with_owners },
	{ "a warp stays inside its own pixels", hints },
	{ "a confinement likewise", confinement },
	{ "nothing is told or locked without the pointer and the keyboard", elsewhere },
	{ "a lock goes with its window and its client", goes_while_active },
};

TEST_MAIN(cases)
