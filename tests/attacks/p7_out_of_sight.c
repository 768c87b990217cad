/*
 * P7. A window is brought where its band cannot be read: moved beyond an edge of the screen, by hand or at its
 * client's request, sized away from under the pointer, grown and shrunk there, left below a panel, or pressed flat by
 * the mere number of others. At every move and resize at least 48 px of the band are to be seen, as high as it is, with
 * the instance's name in them.
 */

#include <stdio.h>

#include "tests/attacks/stage.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define TAG_PIXELS 300 /* of the instance's colour in 48 px of band, with the letters on it */

/* Where a window may be: all of the screen, or what a panel leaves of it. */
static void check_band(struct stage *stage, const struct desktop_window *window, const struct box *room, uint32_t color,
	const char *what) {
	struct test *test = stage->test;
	struct box band = { window->frame.x + BORDER_WIDTH, window->frame.y + BORDER_WIDTH,
		window->frame.width - 2 * BORDER_WIDTH, BAND_HEIGHT };
	struct box seen;
	CHECK(box_intersect(&seen, &band, room), "%s: nothing of the band can be seen", what);
	CHECK(seen.width >= BAND_VISIBLE_MIN && seen.height == BAND_HEIGHT,
		"%s: of the band, %d by %d px can be seen, the frame is %d by %d at %d,%d", what, seen.width, seen.height,
		window->frame.width, window->frame.height, window->frame.x, window->frame.y);
	struct picture *picture = desktop_picture(stage->session);
	CHECK(picture_count(picture, &seen, color) >= TAG_PIXELS, "%s: the name cannot be read in what is seen of the band",
		what);
	picture_destroy(picture);
}

static void check(struct stage *stage, const char *what) {
	struct box below = desktop_below_strip();
	struct desktop_window window = party_look(&stage->attacker);
	check_band(stage, &window, &below, ATTACKER_COLOR, what);
}

static const struct {
	const char *name;
	int x, y;
} corners[] = {
	{ "the upper left corner", 0, 0 },
	{ "the upper right corner", OUTPUT_WIDTH - 1, 0 },
	{ "the lower left corner", 0, OUTPUT_HEIGHT - 1 },
	{ "the lower right corner", OUTPUT_WIDTH - 1, OUTPUT_HEIGHT - 1 },
	{ "the left edge", 0, OUTPUT_HEIGHT / 2 },
	{ "the lower edge", OUTPUT_WIDTH / 2, OUTPUT_HEIGHT - 1 },
};

/* The victim's window is tiled; the attacker's floats and has the focus. */
static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open_fixed(&stage->attacker, "tool", 300, 200);
	party_focus(&stage->attacker);
	return stage;
}

/* Another one, where the layout puts it. */
static void open_again(struct stage *stage) {
	struct test *test = stage->test;
	window_destroy(stage->attacker.window);
	struct desktop_window gone;
	WAIT_FOR(!desktop_find(stage->session, "attacker", NULL, &gone), "its window is still there");
	party_open_fixed(&stage->attacker, "tool", 300, 200);
	party_focus(&stage->attacker);
}

static void press_at(struct stage *stage, uint32_t button, int x, int y) {
	virtual_pointer_move(stage->pointer, x, y);
	virtual_pointer_button(stage->pointer, button, true);
	test_settle(stage->test);
}

/* The pointer goes there, checked at a stop on the way as well. */
static void drag_to(struct stage *stage, int from_x, int from_y, size_t corner) {
	virtual_pointer_move(stage->pointer, (from_x + corners[corner].x) / 2, (from_y + corners[corner].y) / 2);
	test_settle(stage->test);
	check(stage, "on its way");
	virtual_pointer_move(stage->pointer, corners[corner].x, corners[corner].y);
	test_settle(stage->test);
	check(stage, corners[corner].name);
}

static void release(struct stage *stage, uint32_t button) {
	virtual_pointer_button(stage->pointer, button, false);
	test_settle(stage->test);
}

/* Where to hold a window so that as much of it as possible goes beyond that edge: at its side across. */
static void get_grip(const struct box *box, size_t corner, int *x, int *y) {
	*x = corners[corner].x < OUTPUT_WIDTH / 2 ? box->x + box->width - 2 : box->x + 1;
	*y = corners[corner].y < OUTPUT_HEIGHT / 2 ? box->y + box->height - 2 : box->y + 1;
}

/* ---- moved ---- */

/* With Super held, wherever its window is taken, to this corner. Returns the window as it was before. */
static struct desktop_window drag_by_super(struct stage *stage, size_t corner) {
	struct desktop_window window = party_look(&stage->attacker);
	int x, y;
	get_grip(&window.frame, corner, &x, &y);
	virtual_keyboard_key(stage->keyboard, KEY_LEFTMETA, true);
	press_at(stage, BTN_LEFT, x, y);
	drag_to(stage, x, y, corner);
	release(stage, BTN_LEFT);
	virtual_keyboard_key(stage->keyboard, KEY_LEFTMETA, false);
	return window;
}

static void by_hand(struct test *test) {
	struct stage *stage = set_up(test);
	for (size_t i = 0; i < LEN(corners); i++) {
		open_again(stage);
		struct desktop_window window = drag_by_super(stage, i);
		check(stage, "let go");
		CHECK(party_look(&stage->attacker).frame.x != window.frame.x, "it does not move at all");
	}
}

/* Its client asks to be moved on the click that it is given, wherever that is. */
static void by_request(struct test *test) {
	struct stage *stage = set_up(test);
	struct party *attacker = &stage->attacker;
	for (size_t i = 0; i < LEN(corners); i++) {
		open_again(stage);
		struct desktop_window window = party_look(attacker);
		int x, y;
		get_grip(&window.content, i, &x, &y);
		press_at(stage, BTN_LEFT, x, y);
		xdg_toplevel_move(attacker->window->toplevel, attacker->seat->wl_seat, attacker->seat->serial);
		test_settle(test);
		drag_to(stage, x, y, i);
		release(stage, BTN_LEFT);
		check(stage, "let go");
		CHECK(party_look(attacker).frame.x != window.frame.x, "it does not move at all");
	}
}

/* ---- sized ---- */

static void sized_away(struct test *test) {
	static const uint32_t edges[] = {
		XDG_TOPLEVEL_RESIZE_EDGE_TOP,
		XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM,
		XDG_TOPLEVEL_RESIZE_EDGE_LEFT,
		XDG_TOPLEVEL_RESIZE_EDGE_RIGHT,
		XDG_TOPLEVEL_RESIZE_EDGE_TOP_LEFT,
		XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM_RIGHT,
	};
	struct stage *stage = set_up(test);
	struct party *attacker = &stage->attacker;
	for (size_t i = 0; i < LEN(edges); i++) {
		for (size_t j = 0; j < LEN(corners); j++) {
			open_again(stage);
			/* What it says of its sizes counts only where the person's own bounds leave the choice. */
			xdg_toplevel_set_min_size(attacker->window->toplevel, 0, 0);
			xdg_toplevel_set_max_size(attacker->window->toplevel, j % 2 == 0 ? 0 : 1, j % 2 == 0 ? 0 : 1);
			wl_surface_commit(attacker->window->surface);
			struct desktop_window window = party_look(attacker);
			int x = window.content.x + window.content.width / 2, y = window.content.y + window.content.height / 2;
			press_at(stage, BTN_LEFT, x, y);
			xdg_toplevel_resize(attacker->window->toplevel, attacker->seat->wl_seat, attacker->seat->serial, edges[i]);
			test_settle(test);
			drag_to(stage, x, y, j);
			release(stage, BTN_LEFT);
			check(stage, "let go");
		}
	}
}

/* It draws what it likes, and acknowledges what it is told until the frame has followed. */
static bool has_size(struct party *party, int width, int height) {
	window_acknowledge(party->window);
	wl_surface_commit(party->window->surface);
	struct desktop_window window = party_look(party);
	return window.frame.width == width && window.frame.height == height;
}

/* The person has moved it half beyond an edge; now its client shrinks away from there, and grows, and shrinks. */
static void shrinks_away(struct test *test) {
	static const struct {
		int width, height;
	} sizes[] = { { 1, 1 }, { 4000, 1 }, { 1, 4000 }, { 4000, 4000 }, { 130, 90 }, { 300, 200 } };
	struct stage *stage = set_up(test);
	struct party *attacker = &stage->attacker;
	for (size_t i = 0; i < LEN(corners); i++) {
		open_again(stage);
		drag_by_super(stage, i);
		test_settle(test);
		attacker->window->is_manual = true;
		for (size_t j = 0; j < LEN(sizes); j++) {
			window_draw(attacker->window, sizes[j].width, sizes[j].height, ATTACKER_CONTENT);
			struct box wanted = frame_for_content(0, 0, sizes[j].width, sizes[j].height);
			int width = wanted.width < OUTPUT_WIDTH ? wanted.width : OUTPUT_WIDTH;
			int height = wanted.height < OUTPUT_HEIGHT - STRIP_HEIGHT ? wanted.height : OUTPUT_HEIGHT - STRIP_HEIGHT;
			WAIT_FOR(has_size(attacker, width, height), "the frame does not become %d by %d", width, height);
			check(stage, corners[i].name);
		}
	}
}

/* ---- below a panel ---- */

struct panel {
	struct zwlr_layer_surface_v1 *layer;
	struct wl_surface *surface;
	struct client *client;
	bool is_shown;
};

static void handle_panel_configure(
	void *data, struct zwlr_layer_surface_v1 *layer, uint32_t serial, uint32_t width, uint32_t height) {
	struct panel *panel = data;
	zwlr_layer_surface_v1_ack_configure(layer, serial);
	struct buffer *buffer = buffer_create(panel->client, (int)width, (int)height, THIRD_CONTENT);
	wl_surface_attach(panel->surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(panel->surface, 0, 0, (int)width, (int)height);
	wl_surface_commit(panel->surface);
	panel->is_shown = true;
}

static void handle_panel_closed(void *data, struct zwlr_layer_surface_v1 *layer) {
}

static const struct zwlr_layer_surface_v1_listener panel_listener = {
	.configure = handle_panel_configure,
	.closed = handle_panel_closed,
};

/* The trusted shell shows a panel of this size at an edge, which it keeps for itself. */
static void open_panel(struct stage *stage, struct panel *panel, uint32_t anchor, uint32_t width, uint32_t height) {
	struct test *test = stage->test;
	struct client *shell = session_shell(stage->session);
	struct zwlr_layer_shell_v1 *layer_shell = client_bind(shell, &zwlr_layer_shell_v1_interface, 4);
	*panel = (struct panel){ .client = shell, .surface = wl_compositor_create_surface(client_compositor(shell)) };
	panel->layer = zwlr_layer_shell_v1_get_layer_surface(
		layer_shell, panel->surface, NULL, ZWLR_LAYER_SHELL_V1_LAYER_TOP, "panel");
	zwlr_layer_surface_v1_add_listener(panel->layer, &panel_listener, panel);
	zwlr_layer_surface_v1_set_anchor(panel->layer, anchor);
	zwlr_layer_surface_v1_set_size(panel->layer, width, height);
	zwlr_layer_surface_v1_set_exclusive_zone(panel->layer, (int32_t)(width != 0 ? width : height));
	wl_surface_commit(panel->surface);
	WAIT_FOR(panel->is_shown, "the panel is not configured");
	test_settle(test);
	desktop_wait_still(stage->session);
	zwlr_layer_shell_v1_destroy(layer_shell);
}

static void close_panel(struct stage *stage, struct panel *panel) {
	zwlr_layer_surface_v1_destroy(panel->layer);
	wl_surface_destroy(panel->surface);
	test_settle(stage->test);
	desktop_wait_still(stage->session);
}

static void below_a_panel(struct test *test) {
	static const uint32_t top = ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP, bottom = ZWLR_LAYER_SURFACE_V1_ANCHOR_BOTTOM,
						  left = ZWLR_LAYER_SURFACE_V1_ANCHOR_LEFT, right = ZWLR_LAYER_SURFACE_V1_ANCHOR_RIGHT;
	static const int thickness = 150;
	const struct {
		uint32_t anchor, width, height;
		struct box room;
	} panels[] = {
		{ top | left | right, 0, thickness,
			{ 0, STRIP_HEIGHT + thickness, OUTPUT_WIDTH, OUTPUT_HEIGHT - STRIP_HEIGHT - thickness } },
		{ bottom | left | right, 0, thickness,
			{ 0, STRIP_HEIGHT, OUTPUT_WIDTH, OUTPUT_HEIGHT - STRIP_HEIGHT - thickness } },
		{ left | top | bottom, thickness, 0,
			{ thickness, STRIP_HEIGHT, OUTPUT_WIDTH - thickness, OUTPUT_HEIGHT - STRIP_HEIGHT } },
		{ right | top | bottom, thickness, 0,
			{ 0, STRIP_HEIGHT, OUTPUT_WIDTH - thickness, OUTPUT_HEIGHT - STRIP_HEIGHT } },
	};
	struct stage *stage = set_up(test);
	for (size_t i = 0; i < LEN(corners); i++) {
		open_again(stage);
		drag_by_super(stage, i);
		test_settle(test);
		for (size_t j = 0; j < LEN(panels); j++) {
			struct panel panel;
			open_panel(stage, &panel, panels[j].anchor, panels[j].width, panels[j].height);
			struct desktop_window window = party_look(&stage->attacker);
			check_band(stage, &window, &panels[j].room, ATTACKER_COLOR, "below a panel");
			close_panel(stage, &panel);
		}
	}
}

/* ---- pressed flat ---- */

static void open_tiles(struct stage *stage, int from, int to) {
	for (int i = from; i < to; i++) {
		char title[32];
		snprintf(title, sizeof(title), "tile %d", i);
		window_open(stage->attacker.client, title, INTRUDER);
	}
	desktop_wait_still(stage->session);
}

/* The victim's tile, which has the focus, is whole, readable, and covered by nothing. */
static void check_victim(struct stage *stage, int tiles) {
	struct test *test = stage->test;
	struct desktop_window victim = party_look(&stage->victim);
	struct picture *picture = desktop_picture(stage->session);
	int x, y;
	CHECK(victim.focused, "%d tiles take the focus", tiles);
	desktop_check_frame(stage->session, picture, &victim, VICTIM_COLOR);
	CHECK(picture_is_filled(picture, &victim.content, VICTIM_CONTENT, &x, &y),
		"%d tiles cover the content of the victim, who has the focus, at %d,%d", tiles, x, y);
	picture_destroy(picture);
	struct box below = desktop_below_strip();
	check_band(stage, &victim, &below, VICTIM_COLOR, "the victim's tile");
	CHECK(victim.frame.height >= WINDOW_MIN_HEIGHT, "%d tiles press the victim's to a height of %d", tiles,
		victim.frame.height);
}

/* So many tiles that there is no room for them all. */
static void in_a_crowd(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->third, "main");
	party_open(&stage->victim, "editor");
	party_focus(&stage->victim);
	struct box below = desktop_below_strip();
	for (int i = 0; i < 50; i += 10) {
		open_tiles(stage, i, i + 10);
		check_victim(stage, i + 10);
		struct desktop_window own = party_look(&stage->attacker);
		check_band(stage, &own, &below, ATTACKER_COLOR, "the first tile of many");
	}
}

/* Where there is no room left, tiles are one behind the other. The one that the person goes to is in front, and stays. */
static void behind_a_crowd(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	open_tiles(stage, 0, 20);
	party_open(&stage->victim, "editor");
	for (int i = 0; i < 21 && !party_look(&stage->victim).focused; i++) {
		virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_J);
		test_settle(test);
	}
	check_victim(stage, 20);
	open_tiles(stage, 20, 40);
	check_victim(stage, 40);
}

static const struct test_case cases[] = {
	{ "moved by hand, its band is in sight", by_hand },
	{ "and moved at its client's request", by_request },
	{ "and sized away from under the pointer", sized_away },
	{ "and grown and shrunk half beyond an edge", shrinks_away },
	{ "no panel comes to lie on it", below_a_panel },
	{ "no number of others presses it flat", in_a_crowd },
	{ "nor comes to stand before it where it has the focus", behind_a_crowd },
};

TEST_MAIN(cases)
