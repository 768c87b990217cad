/*
 * P2. A client lies about its window's geometry: negative, huge, none at all, larger than its surface, somewhere
 * else, another with each frame. The frame stays whole, on the screen, and says the truth: what it surrounds is the
 * attacker's, everything else is as it was, and a click lands where the person sees it land.
 */

#include <limits.h>
#include <stdio.h>

#include "tests/attacks/stage.h"

struct geometry {
	int x, y, width, height;
};

static const struct geometry lies[] = {
	{ -500, -300, 800, 600 },
	{ 0, 0, INT_MAX, INT_MAX },
	{ INT_MIN, INT_MIN, INT_MAX, INT_MAX },
	{ INT_MAX, INT_MAX, INT_MAX, INT_MAX },
	{ INT_MAX - 100, 100, 200, 200 },
	{ 100, INT_MIN, 200, 200 },
	{ -1, -1, 1, 1 },
	{ 10, 10, 1, 1 },
	{ 5000, 5000, 100, 100 },
	{ -30000, 40, 30100, 20 },
	{ 0, 0, 16385, 16385 },
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static void declare(struct window *window, const struct geometry *geometry) {
	xdg_surface_set_window_geometry(window->xdg_surface, geometry->x, geometry->y, geometry->width, geometry->height);
	window_acknowledge(window);
	wl_surface_commit(window->surface);
}

/* The person can see and take hold of all of it. */
static void check_on_screen(struct stage *stage, const struct desktop_window *window, const char *what) {
	struct test *test = stage->test;
	struct box below = desktop_below_strip(), shown;
	CHECK(box_intersect(&shown, &window->frame, &below), "%s: the frame is off the screen", what);
	CHECK(shown.width == window->frame.width && shown.height == window->frame.height,
		"%s: of the frame, %d by %d at %d,%d, only %d by %d are on the screen", what, window->frame.width,
		window->frame.height, window->frame.x, window->frame.y, shown.width, shown.height);
	struct box content = frame_content(&window->frame);
	CHECK(content.x == window->content.x && content.y == window->content.y && content.width == window->content.width &&
			content.height == window->content.height,
		"%s: the content is not inside the frame's border and band", what);
}

/* ---- a tile ---- */

static void tiled(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	struct desktop_window before = party_open(attacker, "game");
	struct picture *picture = desktop_picture(stage->session);
	attacker->window->is_manual = true;
	window_draw(attacker->window, 3000, 2000, INTRUDER);
	for (size_t i = 0; i < LEN(lies); i++) {
		declare(attacker->window, &lies[i]);
		stage_check_only_inside(stage, picture, &before.content, "a lie about the geometry");
		desktop_wait_still(stage->session);
		struct desktop_window now = party_look(attacker);
		CHECK(now.frame.x == before.frame.x && now.frame.y == before.frame.y && now.frame.width == before.frame.width &&
				now.frame.height == before.frame.height,
			"geometry %d,%d %dx%d moves a tile", lies[i].x, lies[i].y, lies[i].width, lies[i].height);
	}
}

static void sizes_that_are_none(struct test *test) {
	static const struct geometry none[] = { { 0, 0, 0, 0 }, { 0, 0, -1, 100 }, { 0, 0, 100, INT_MIN } };
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	struct picture *before = desktop_picture(stage->session);
	for (size_t i = 0; i < LEN(none); i++) {
		party_open(attacker, "game");
		declare(attacker->window, &none[i]);
		client_expect_death(attacker->client, "xdg_surface");
		struct desktop_window gone;
		WAIT_FOR(!desktop_find(stage->session, "attacker", NULL, &gone), "its window is still there");
		party_reconnect(attacker);
	}
	desktop_wait_still(stage->session);
	struct box nothing = { 0 };
	stage_check_only_inside(stage, before, &nothing, "what is left of a geometry without a size");
}

/* ---- a floating window, whose frame follows its client's size ---- */

/* The size of frame that this much of a surface makes, where a window may have any size that the screen has room for. */
static struct box expected_frame(const struct geometry *geometry, const struct box *surface) {
	struct box shown, declared = { geometry->x, geometry->y, geometry->width, geometry->height };
	if (!box_intersect(&shown, &declared, surface)) {
		shown = declared;
	}
	struct box frame = frame_for_content(0, 0, shown.width, shown.height), below = desktop_below_strip();
	frame.width = frame.width > below.width ? below.width : frame.width;
	frame.height = frame.height > below.height ? below.height : frame.height;
	return frame;
}

static bool has_size(struct party *party, const struct box *size) {
	struct desktop_window window = party_look(party);
	return window.frame.width == size->width && window.frame.height == size->height;
}

/* The victim alone on the screen. */
static struct stage *set_up(struct test *test, struct picture **victim_alone) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_focus(&stage->victim);
	*victim_alone = desktop_picture(stage->session);
	return stage;
}

/* A window of fixed size floats. It draws what it likes, and acknowledges what it is told. */
static struct window *create_floating(struct party *party) {
	struct window *window = window_create(party->client, "dialog", INTRUDER);
	xdg_toplevel_set_min_size(window->toplevel, 300, 200);
	xdg_toplevel_set_max_size(window->toplevel, 300, 200);
	window->is_manual = true;
	party->window = window;
	window_map(window);
	window_acknowledge(window);
	return window;
}

static void check_floating(struct stage *stage, const struct picture *victim_alone, const char *what) {
	struct test *test = stage->test;
	struct desktop_window window = party_look(&stage->attacker);
	CHECK(window.floating, "%s: it does not float", what);
	check_on_screen(stage, &window, what);
	struct picture *picture = desktop_picture(stage->session);
	desktop_check_frame(stage->session, picture, &window, ATTACKER_COLOR);
	picture_destroy(picture);
	stage_check_only_inside(stage, victim_alone, &window.frame, what);
}

/* With Super held, the person drags a window by its middle. */
static void drag_by(struct party *party, int dx, int dy) {
	struct virtual_keyboard *keyboard = party->stage->keyboard;
	struct virtual_pointer *pointer = party->stage->pointer;
	struct desktop_window window = party_look(party);
	int x = window.frame.x + window.frame.width / 2, y = window.frame.y + window.frame.height / 2;
	virtual_keyboard_key(keyboard, KEY_LEFTMETA, true);
	virtual_pointer_move(pointer, x, y);
	virtual_pointer_button(pointer, BTN_LEFT, true);
	virtual_pointer_move(pointer, x + dx / 2, y + dy / 2);
	virtual_pointer_move(pointer, x + dx, y + dy);
	virtual_pointer_button(pointer, BTN_LEFT, false);
	virtual_keyboard_key(keyboard, KEY_LEFTMETA, false);
	test_settle(party->stage->test);
	desktop_wait_still(party->stage->session);
}

static const char *describe(const struct geometry *geometry) {
	static char text[80];
	snprintf(text, sizeof(text), "geometry %d,%d %dx%d", geometry->x, geometry->y, geometry->width, geometry->height);
	return text;
}

static void declare_all(struct stage *stage, const struct picture *victim_alone) {
	struct test *test = stage->test;
	const struct box surface = { 0, 0, 2000, 1500 };
	window_draw(stage->attacker.window, surface.width, surface.height, INTRUDER);
	for (size_t i = 0; i < LEN(lies); i++) {
		declare(stage->attacker.window, &lies[i]);
		struct box expected = expected_frame(&lies[i], &surface);
		WAIT_FOR(has_size(&stage->attacker, &expected), "%s: the frame does not become %d by %d", describe(&lies[i]),
			expected.width, expected.height);
		check_floating(stage, victim_alone, describe(&lies[i]));
	}
}

static void floating(struct test *test) {
	struct picture *victim_alone;
	struct stage *stage = set_up(test, &victim_alone);
	window_draw(create_floating(&stage->attacker), 300, 200, INTRUDER);
	desktop_wait(stage->session, "attacker", "dialog");
	declare_all(stage, victim_alone);
}

/* Small and near the lower right corner, so that whatever it grows by is beyond the edge. */
static void floating_in_a_corner(struct test *test) {
	struct picture *victim_alone;
	struct stage *stage = set_up(test, &victim_alone);
	window_draw(create_floating(&stage->attacker), 300, 200, INTRUDER);
	desktop_wait(stage->session, "attacker", "dialog");
	drag_by(&stage->attacker, OUTPUT_WIDTH - 360, OUTPUT_HEIGHT - 320);
	struct desktop_window window = party_look(&stage->attacker);
	CHECK(window.frame.x > OUTPUT_WIDTH / 2 && window.frame.y > OUTPUT_HEIGHT / 2, "the person cannot move it");
	party_focus(&stage->victim);
	declare_all(stage, victim_alone);
}

static void from_its_first_commit(struct test *test) {
	struct picture *victim_alone;
	struct stage *stage = set_up(test, &victim_alone);
	struct party *attacker = &stage->attacker;
	for (size_t i = 0; i < LEN(lies); i++) {
		struct window *window = create_floating(attacker);
		xdg_surface_set_window_geometry(window->xdg_surface, lies[i].x, lies[i].y, lies[i].width, lies[i].height);
		window_draw(window, 2000, 1500, INTRUDER);
		desktop_wait(stage->session, "attacker", "dialog");
		desktop_wait_still(stage->session);
		check_floating(stage, victim_alone, describe(&lies[i]));
		window_destroy(window);
		struct desktop_window gone;
		WAIT_FOR(!desktop_find(stage->session, "attacker", NULL, &gone), "its window is still there");
	}
}

/* ---- at any moment ---- */

/*
 * Beside the paint, at both sides and below it, is the border; above it the band, and above that the border. So the
 * picture alone shows whether a frame that changes all the time is ever half drawn.
 */
static void check_around_paint(struct stage *stage, const struct picture *picture, size_t round) {
	struct test *test = stage->test;
	struct box paint;
	CHECK(picture_find(picture, INTRUDER, &paint), "round %zu: nothing of the window shows", round);
	const struct desktop_window around = {
		.instance = "attacker",
		.title = "dialog",
		.frame = { paint.x - BORDER_WIDTH, paint.y - BAND_HEIGHT - BORDER_WIDTH, paint.width + 2 * BORDER_WIDTH,
			paint.height + BAND_HEIGHT + 2 * BORDER_WIDTH },
	};
	desktop_check_frame(stage->session, picture, &around, ATTACKER_COLOR);
}

static void with_every_frame(struct test *test) {
	static const struct geometry turns[] = {
		{ 0, 0, 700, 500 },
		{ 300, 300, 130, 60 },
		{ -4000, -4000, 4500, 4300 },
		{ 100, 0, 300, 1000 },
		{ 0, 200, 1200, 100 },
	};
	struct picture *victim_alone;
	struct stage *stage = set_up(test, &victim_alone);
	struct window *window = create_floating(&stage->attacker);
	window_draw(window, 2000, 1500, INTRUDER);
	desktop_wait(stage->session, "attacker", "dialog");
	/* Wherever they begin, the surface is large enough to fill any content box on this screen. */
	for (size_t round = 0; round < 60; round++) {
		declare(window, &turns[round % LEN(turns)]);
		struct picture *picture = desktop_picture(stage->session);
		check_around_paint(stage, picture, round);
		picture_destroy(picture);
	}
	desktop_wait_still(stage->session);
	check_floating(stage, victim_alone, "after all of it");
}

/* ---- what the person sees is what is hit ---- */

static void clicks(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	struct desktop_window frame = party_open(attacker, "game");
	struct window *window = attacker->window;
	window->is_manual = true;
	/* The declared part begins with a mark; above and to the left of it there is more, under band and border. */
	struct buffer *buffer = buffer_create(attacker->client, 1500, 1000, ATTACKER_CONTENT);
	buffer_fill(buffer, 200, 150, 40, 40, INTRUDER);
	window_acknowledge(window);
	xdg_surface_set_window_geometry(window->xdg_surface, 200, 150, 1000, 800);
	window_show(window, buffer);
	struct picture *picture = desktop_picture(stage->session);
	struct box mark;
	CHECK(picture_find(picture, INTRUDER, &mark), "the declared part does not show");
	CHECK_INT(mark.x, frame.content.x, "the content begins where the geometry does");
	CHECK_INT(mark.y, frame.content.y, "the content begins where the geometry does");

	seat_forget(attacker->seat);
	virtual_pointer_click(stage->pointer, frame.content.x + 5, frame.content.y + 7, BTN_LEFT);
	test_settle(test);
	const struct seat_event *enter = seat_last(attacker->seat, SEAT_POINTER_ENTER);
	CHECK(enter != NULL && seat_count(attacker->seat, SEAT_BUTTON) == 2, "the click does not reach it");
	CHECK_INT(enter->x, 205, "the click is not where the person sees it");
	CHECK_INT(enter->y, 157, "the click is not where the person sees it");

	const struct {
		int x, y;
	} places[] = {
		{ frame.frame.x + frame.frame.width / 2, frame.frame.y + BORDER_WIDTH + BAND_HEIGHT / 2 },
		{ frame.frame.x + 1, frame.frame.y + frame.frame.height / 2 },
		{ frame.frame.x + frame.frame.width / 2, frame.frame.y + frame.frame.height - 1 },
		{ frame.frame.x - 4, frame.frame.y + frame.frame.height / 2 },
	};
	seat_forget(attacker->seat);
	for (size_t i = 0; i < LEN(places); i++) {
		virtual_pointer_click(stage->pointer, places[i].x, places[i].y, BTN_LEFT);
	}
	test_settle(test);
	CHECK_INT(seat_count(attacker->seat, SEAT_BUTTON), 0, "a click beside its content reaches it:\n%s",
		seat_describe(attacker->seat));
	CHECK_INT(seat_count(attacker->seat, SEAT_MOTION), 0, "the pointer beside its content is told to it:\n%s",
		seat_describe(attacker->seat));
}

static void popups(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	party_focus(attacker);
	struct picture *before = desktop_picture(stage->session);
	struct popup *popup = popup_open(attacker->client, attacker->window->xdg_surface,
		&(struct popup_options){ .x = 50, .y = 80, .width = 200, .height = 150, .color = INTRUDER });
	struct buffer *buffer = buffer_create(attacker->client, 2000, 1500, INTRUDER);
	wl_surface_attach(popup->surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(popup->surface, 0, 0, buffer->width, buffer->height);
	for (size_t i = 0; i < LEN(lies); i++) {
		xdg_surface_set_window_geometry(popup->xdg_surface, lies[i].x, lies[i].y, lies[i].width, lies[i].height);
		wl_surface_commit(popup->surface);
		struct picture *picture = desktop_picture(stage->session);
		struct box strip = desktop_strip();
		int x, y;
		CHECK_INT(picture_count(picture, &strip, INTRUDER), 0, "%s: a popup over the strip", describe(&lies[i]));
		CHECK(picture_is_framed(picture, INTRUDER, ATTACKER_COLOR, POPUP_BORDER_WIDTH, &x, &y),
			"%s: a popup without a frame at %d,%d", describe(&lies[i]), x, y);
		picture_destroy(picture);
	}
	popup_destroy(popup);
	struct box nothing = { 0 };
	stage_check_only_inside(stage, before, &nothing, "what is left of the popup");
}

/* ---- what can be asked where no frame is ---- */

/* Its buffer stays what it was; only what it says of it changes. None of its pixels comes to stand over the victim's. */
static void onto_the_victim(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	const struct box victim = party_look(&stage->victim).content;
	struct picture *before = desktop_picture(stage->session);
	size_t pixels = picture_count(before, &victim, VICTIM_CONTENT);
	picture_destroy(before);
	attacker->window->is_manual = true;
	for (size_t i = 0; i < LEN(lies); i++) {
		declare(attacker->window, &lies[i]);
		client_try_roundtrip(attacker->client);
		desktop_wait_still(stage->session);
		struct picture *now = desktop_picture(stage->session);
		CHECK_INT(picture_count(now, &victim, VICTIM_CONTENT), pixels, "geometry %d,%d %dx%d covers the victim",
			lies[i].x, lies[i].y, lies[i].width, lies[i].height);
		picture_destroy(now);
	}
	client_roundtrip(stage->victim.client);
}

static const struct test_case cases[] = {
	{ "no lie about the geometry takes its pixels onto the victim", onto_the_victim, ANYWHERE },
	{ "a tile stays where it is, and its client inside it", tiled },
	{ "a geometry without a size is a protocol error", sizes_that_are_none },
	{ "a floating frame follows within the screen, whole", floating },
	{ "and from a corner that it outgrows", floating_in_a_corner },
	{ "and when it maps so", from_its_first_commit },
	{ "at no moment is a frame half drawn that changes with every frame", with_every_frame },
	{ "a click lands where the person sees it, and beside the content nowhere", clicks },
	{ "a popup's geometry breaks no frame either", popups },
};

TEST_MAIN(cases)
