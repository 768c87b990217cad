/*
 * C7. Drags: over the victim, held for ever, with an icon as large as the screen and far from the pointer, without a
 * source, and with their client gone. Nobody but the dragging instance is entered or offered anything; the icon is
 * bounded, framed, below the strip and beside the pointer; Super+Escape ends it.
 */

#include "tests/attacks/stage.h"

#define ICON_SIZE_MAX 256
#define ICON_BORDER 2
#define ICON_DISTANCE 64

struct setting {
	struct stage *stage;
	struct box own, victim;
	struct source *source;
	struct wl_surface *icon;
};

/* The victim at the left, the attacker at the right, who has the focus and a button down in the middle of its window. */
static void set_up(struct test *test, struct setting *setting) {
	*setting = (struct setting){ .stage = stage_start(test, NULL, NULL) };
	struct stage *stage = setting->stage;
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->attacker);
	setting->victim = party_look(&stage->victim).content;
	setting->own = party_look(&stage->attacker).content;
	virtual_pointer_move(stage->pointer, setting->own.x + 200, setting->own.y + (stage_is_ours(stage) ? 300 : 100));
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	test_settle(test);
	setting->icon = wl_compositor_create_surface(client_compositor(stage->attacker.client));
}

static void draw_icon(struct setting *setting, int width, int height) {
	struct buffer *buffer = buffer_create(setting->stage->attacker.client, width, height, INTRUDER);
	wl_surface_attach(setting->icon, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(setting->icon, 0, 0, width, height);
	wl_surface_commit(setting->icon);
}

static void start(struct setting *setting, bool with_source, bool with_icon) {
	struct party *attacker = &setting->stage->attacker;
	if (with_source) {
		setting->source = source_create_text(attacker->client, "dragged");
		wl_data_source_set_actions(setting->source->wl_source, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
	}
	wl_data_device_start_drag(attacker->selection->device, with_source ? setting->source->wl_source : NULL,
		attacker->window->surface, with_icon ? setting->icon : NULL, attacker->seat->serial);
	test_settle(setting->stage->test);
}

static void move(struct setting *setting, int x, int y) {
	virtual_pointer_move(setting->stage->pointer, x, y);
	test_settle(setting->stage->test);
}

static void release(struct setting *setting) {
	virtual_pointer_button(setting->stage->pointer, BTN_LEFT, false);
	test_settle(setting->stage->test);
}

static void check_victim(struct setting *setting, const char *what) {
	struct test *test = setting->stage->test;
	const struct party *victim = &setting->stage->victim;
	CHECK_INT(victim->selection->drag_enters, 0, "%s: the victim is entered", what);
	CHECK_INT(victim->selection->offers, 0, "%s: the victim is offered something", what);
	CHECK_INT(victim->seat->events_len, 0, "%s: the victim hears of it:\n%s", what, seat_describe(victim->seat));
}

static void over_the_victim(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	selection_forget(setting.stage->victim.selection);
	seat_forget(setting.stage->victim.seat);
	start(&setting, true, false);
	move(&setting, setting.own.x + 210, setting.own.y + (stage_is_ours(setting.stage) ? 300 : 100));
	NEED(setting.stage->attacker.selection->drag_enters > 0, "its own window is not entered");
	move(&setting, setting.victim.x + 100, setting.victim.y + 100);
	move(&setting, setting.victim.x + 110, setting.victim.y + 100);
	check_victim(&setting, "the drag above it");
	release(&setting);
	CHECK_INT(setting.stage->victim.selection->drag_enters, 0, "dropped on it");
	CHECK_INT(setting.stage->victim.selection->offers, 0, "dropped on it");
	CHECK_INT(seat_count(setting.stage->victim.seat, SEAT_BUTTON), 0, "it hears of the release");
	WAIT_FOR(setting.source->is_cancelled, "the source is not told that it went nowhere");
	CHECK_INT(setting.source->asked, 0, "somebody asked for its data");
	/* Everything works as before. */
	WAIT_FOR(setting.stage->victim.seat->pointer_focus != NULL, "the victim is not entered by the pointer itself");
	virtual_pointer_click(setting.stage->pointer, setting.own.x + 20, setting.own.y + 20, BTN_LEFT);
	test_settle(test);
	CHECK(setting.stage->attacker.seat->pointer_focus != NULL, "the pointer does not come back");
}

static void held_for_ever(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	draw_icon(&setting, 40, 40);
	start(&setting, true, true);
	move(&setting, setting.own.x + 210, setting.own.y + 300);
	virtual_keyboard_chord(setting.stage->keyboard, MOD_SUPER, KEY_ESC);
	test_settle(test);
	WAIT_FOR(setting.source->is_cancelled, "Super+Escape does not end it");
	virtual_keyboard_tap(setting.stage->keyboard, KEY_ESC);
	test_settle(test);
	struct picture *picture = desktop_picture(setting.stage->session);
	struct box box;
	CHECK(!picture_find(picture, INTRUDER, &box), "the icon stays");
	picture_destroy(picture);
	release(&setting);
	virtual_keyboard_type(setting.stage->keyboard, "x");
	test_settle(test);
	CHECK_INT(seat_count_key(setting.stage->attacker.seat, KEY_X, 1), 1, "keys do not come back");
	/* Another focus ends it too. */
	virtual_pointer_move(setting.stage->pointer, setting.own.x + 200, setting.own.y + 300);
	virtual_pointer_button(setting.stage->pointer, BTN_LEFT, true);
	test_settle(test);
	start(&setting, true, false);
	virtual_keyboard_chord(setting.stage->keyboard, MOD_SUPER, KEY_J);
	WAIT_FOR(setting.source->is_cancelled, "another focus does not end it");
}

/* Wherever it shows, it is whole in its frame, bounded, and near the pointer. */
static void check_icon(struct setting *setting, int x, int y, const char *what) {
	struct test *test = setting->stage->test;
	test_settle(test);
	struct picture *picture = desktop_picture(setting->stage->session);
	struct box box;
	int at_x, at_y;
	CHECK(picture_find(picture, INTRUDER, &box), "%s: it does not show", what);
	CHECK(box.width <= ICON_SIZE_MAX && box.height <= ICON_SIZE_MAX, "%s: it is %d by %d", what, box.width, box.height);
	CHECK(picture_is_framed(picture, INTRUDER, ATTACKER_COLOR, ICON_BORDER, &at_x, &at_y),
		"%s: no whole frame: at %d,%d it is %06x", what, at_x, at_y, picture_pixel(picture, at_x, at_y));
	CHECK(box.x <= x + ICON_DISTANCE && box.x + box.width >= x - ICON_DISTANCE && box.y <= y + ICON_DISTANCE &&
			box.y + box.height >= y - ICON_DISTANCE,
		"%s: it is at %d,%d %dx%d, the pointer at %d,%d", what, box.x, box.y, box.width, box.height, x, y);
	CHECK(box.y >= STRIP_HEIGHT, "%s: it is over the strip", what);
	picture_destroy(picture);
}

static void icons(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	int x = setting.own.x + 210, y = setting.own.y + 310;
	draw_icon(&setting, 60, 40);
	start(&setting, true, true);
	move(&setting, x, y);
	check_icon(&setting, x, y, "an honest icon");
	wl_surface_offset(setting.icon, -10, -12);
	draw_icon(&setting, 60, 40);
	check_icon(&setting, x, y, "an honest offset");
	struct picture *picture = desktop_picture(setting.stage->session);
	struct box box;
	CHECK(picture_find(picture, INTRUDER, &box), "it does not show");
	CHECK_INT(box.x, x - 10, "the offset");
	CHECK_INT(box.y, y - 12, "the offset");
	/* Its frame right under the pointer is in nobody's way: the window below is left and entered. */
	wl_surface_offset(setting.icon, 11, 13);
	draw_icon(&setting, 60, 40);
	move(&setting, setting.victim.x + 100, setting.victim.y + 100);
	size_t enters = setting.stage->attacker.selection->drag_enters;
	move(&setting, x, y);
	CHECK_INT(setting.stage->attacker.selection->drag_enters, enters + 1, "the icon hides what is below it");
	draw_icon(&setting, 1280, 720);
	check_icon(&setting, x, y, "an icon as large as the screen");
	struct subsurface *sub = subsurface_create(
		setting.stage->attacker.client, setting.icon, -600, -600, 1200, 1200, INTRUDER);
	wl_surface_commit(setting.icon);
	check_icon(&setting, x, y, "a subsurface around it");
	for (int i = 0; i < 30; i++) {
		wl_surface_offset(setting.icon, -100, 70);
		draw_icon(&setting, 30, 30);
	}
	check_icon(&setting, x, y, "after many offsets");
	wl_surface_offset(setting.icon, INT32_MAX, INT32_MIN);
	draw_icon(&setting, 30, 30);
	check_icon(&setting, x, y, "after a leap");
	/* Up into the strip; the strip is above it. */
	draw_icon(&setting, 200, 200);
	move(&setting, 400, 14);
	test_settle(test);
	picture = desktop_picture(setting.stage->session);
	struct box strip = desktop_strip();
	CHECK_INT(picture_count(picture, &strip, INTRUDER), 0, "it is over the strip");
	/* What is under it is still hit: a drop in its own window, right below its subsurface. */
	move(&setting, x, y);
	(void)sub;
	release(&setting);
	picture = desktop_picture(setting.stage->session);
	CHECK(!picture_find(picture, INTRUDER, &box), "it stays after the end");
}

static void without_a_source(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	draw_icon(&setting, 40, 40);
	start(&setting, false, true);
	move(&setting, setting.victim.x + 100, setting.victim.y + 100);
	move(&setting, setting.own.x + 210, setting.own.y + 300);
	CHECK_INT(setting.stage->victim.selection->drag_enters, 0, "the victim is entered");
	/* Another client of the same instance is below it as its own client goes. */
	struct client *other = session_connect(setting.stage->session, "attacker");
	struct selection *selection = selection_create(other);
	window_open_fixed(other, "other", 0x223344, 300, 200);
	struct desktop_window place = desktop_wait(setting.stage->session, "attacker", "other");
	desktop_wait_still(setting.stage->session);
	place = desktop_wait(setting.stage->session, "attacker", "other");
	party_reconnect(&setting.stage->attacker);
	move(&setting, place.content.x + 20, place.content.y + 20);
	move(&setting, place.content.x + 30, place.content.y + 20);
	CHECK_INT(selection->drag_enters, 0, "the drag outlives its client");
	release(&setting);
	virtual_pointer_click(setting.stage->pointer, place.content.x + 30, place.content.y + 20, BTN_LEFT);
	client_roundtrip(other);
}

/* Its source, its icon, its seat, one after the other while it lasts. */
static void parts_go(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	struct party *attacker = &setting.stage->attacker;
	draw_icon(&setting, 40, 40);
	start(&setting, true, true);
	move(&setting, setting.own.x + 210, setting.own.y + 300);
	wl_surface_destroy(setting.icon);
	move(&setting, setting.own.x + 220, setting.own.y + 300);
	wl_data_source_destroy(setting.source->wl_source);
	move(&setting, setting.own.x + 230, setting.own.y + 300);
	release(&setting);
	virtual_pointer_button(setting.stage->pointer, BTN_LEFT, true);
	test_settle(test);
	setting.icon = wl_compositor_create_surface(client_compositor(attacker->client));
	draw_icon(&setting, 40, 40);
	start(&setting, false, true);
	move(&setting, setting.own.x + 240, setting.own.y + 300);
	window_unmap(attacker->window);
	wl_pointer_release(attacker->seat->pointer);
	wl_keyboard_release(attacker->seat->keyboard);
	wl_seat_release(attacker->seat->wl_seat);
	wl_display_roundtrip(attacker->client->display);
	virtual_pointer_move(setting.stage->pointer, setting.victim.x + 100, setting.victim.y + 100);
	client_roundtrip(session_shell(setting.stage->session));
	virtual_pointer_button(setting.stage->pointer, BTN_LEFT, false);
	client_roundtrip(session_shell(setting.stage->session));
	WAIT_FOR(setting.stage->victim.seat->pointer_focus != NULL, "the pointer is held");
}

/* No button down, or one of somebody else's: no drag. */
static void without_a_button(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	release(&setting);
	draw_icon(&setting, 40, 40);
	for (int i = 0; i < 10; i++) {
		start(&setting, true, i == 0);
		WAIT_FOR(setting.source->is_cancelled, "it drags without a button");
	}
	virtual_pointer_move(setting.stage->pointer, setting.victim.x + 100, setting.victim.y + 100);
	virtual_pointer_button(setting.stage->pointer, BTN_LEFT, true);
	test_settle(test);
	start(&setting, true, false);
	WAIT_FOR(setting.source->is_cancelled, "it drags with the victim's button");
	move(&setting, setting.own.x + 100, setting.own.y + 100);
	CHECK_INT(setting.stage->attacker.selection->drag_enters, 0, "it is entered");
	release(&setting);
}

/* A popup's grab in the middle of a drag: wlroots gives it the seat, and the drag hears of nothing any more. */
static void popup_on_top(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	struct party *attacker = &setting.stage->attacker;
	const struct popup_options options = {
		.x = 20,
		.y = 20,
		.width = 100,
		.height = 80,
		.color = 0x00ff00,
		.grab = attacker->seat->wl_seat,
		.grab_serial = attacker->seat->serial,
	};
	start(&setting, true, false);
	struct popup *popup = popup_open(attacker->client, attacker->window->xdg_surface, &options);
	move(&setting, setting.own.x + 60, setting.own.y + 60);
	move(&setting, setting.victim.x + 60, setting.victim.y + 60);
	release(&setting);
	WAIT_FOR(setting.source->is_cancelled, "the drag outlives its button");
	popup_destroy(popup);
	/* The same without a source, and the client goes. */
	virtual_pointer_move(setting.stage->pointer, setting.own.x + 200, setting.own.y + 300);
	virtual_pointer_button(setting.stage->pointer, BTN_LEFT, true);
	test_settle(test);
	start(&setting, false, false);
	popup_open(attacker->client, attacker->window->xdg_surface, &options);
	party_reconnect(attacker);
	release(&setting);
	move(&setting, setting.victim.x + 60, setting.victim.y + 60);
	CHECK(setting.stage->victim.seat->pointer_focus != NULL, "the pointer is held");
}

/* A source that has been dragged before. As an older client's, wlroots keeps it beyond a drop on nothing. */
static void source_again(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	struct party *attacker = &setting.stage->attacker;
	struct wl_data_device_manager *manager = client_bind(attacker->client, &wl_data_device_manager_interface, 2);
	struct wl_data_source *source = wl_data_device_manager_create_data_source(manager);
	wl_data_source_offer(source, "text/plain");
	for (int i = 0; i < 3; i++) {
		wl_data_device_start_drag(attacker->selection->device, source, attacker->window->surface, NULL,
			attacker->seat->serial);
		move(&setting, setting.own.x + 210 + i, setting.own.y + 300);
		release(&setting);
		virtual_pointer_button(setting.stage->pointer, BTN_LEFT, true);
		test_settle(test);
	}
	release(&setting);
	CHECK(client_is_alive(attacker->client), "it is thrown out");
}

static const struct test_case cases[] = {
	{ "a drag enters no other instance", over_the_victim, ANYWHERE },
	{ "Super+Escape and another focus end it", held_for_ever },
	{ "its icon is bounded, framed and beside the pointer", icons },
	{ "one without a source ends with its client", without_a_source },
	{ "its parts may go one by one", parts_go },
	{ "there is none without a button of its own", without_a_button },
	{ "a popup on top of one does not keep it", popup_on_top },
	{ "a source may be dragged again, and harms nobody", source_again },
};

TEST_MAIN(cases)
