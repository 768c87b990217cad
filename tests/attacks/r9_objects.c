/*
 * R9. Requests in an order, or with a parent, that no honest client would send. Each of these ended or hung a
 * compositor that leaves them to wlroots 0.20. The client may be thrown out for it; the session goes on, which
 * session_stop() sees at the end of each case, and nothing of it shows where it may not.
 */

#include <stdlib.h>

#include "tests/attacks/stage.h"
#include "viewporter-client-protocol.h"

/* A popup's objects, without anything that the library would do for them. */
struct raw_popup {
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_popup *xdg_popup;
};

static struct xdg_positioner *position(struct client *client, int x, int y, int width, int height) {
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(client_wm_base(client));
	xdg_positioner_set_size(positioner, width, height);
	xdg_positioner_set_anchor_rect(positioner, x, y, 1, 1);
	return positioner;
}

static struct raw_popup make_surface(struct client *client) {
	struct raw_popup popup = {.surface = wl_compositor_create_surface(client_compositor(client))};
	popup.xdg_surface = xdg_wm_base_get_xdg_surface(client_wm_base(client), popup.surface);
	return popup;
}

static struct raw_popup make_popup(struct client *client, struct xdg_surface *parent) {
	struct raw_popup popup = make_surface(client);
	popup.xdg_popup = xdg_surface_get_popup(popup.xdg_surface, parent, position(client, 10, 10, 50, 50));
	return popup;
}

/* All has been acted on, the attacker lives or not, the victim does. */
static void check(struct stage *stage) {
	client_try_roundtrip(stage->attacker.client);
	client_roundtrip(stage->victim.client);
	client_roundtrip(session_shell(stage->session));
}

static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	return stage;
}

static void grabbed_again(struct test *test) {
	struct stage *stage = set_up(test);
	party_focus(&stage->attacker);
	struct client *client = stage->attacker.client;
	struct wl_seat *wl_seat = client_wl_seat(client);
	struct raw_popup popups[2];
	for (int i = 0; i < 2; i++) {
		popups[i] = make_popup(client, stage->attacker.window->xdg_surface);
		xdg_popup_grab(popups[i].xdg_popup, wl_seat, 0);
	}
	for (int i = 0; i < 2; i++) {
		xdg_popup_grab(popups[i].xdg_popup, wl_seat, 0);
		xdg_popup_grab(popups[i].xdg_popup, wl_seat, 0);
		wl_surface_commit(popups[i].surface);
	}
	check(stage);
	if (client_is_alive(client)) {
		/* The grab goes with the focus, and then its popups. */
		party_focus(&stage->victim);
		xdg_popup_destroy(popups[0].xdg_popup);
		check(stage);
	}
	client_destroy(client);
	client_roundtrip(stage->victim.client);
}

static void grabbed_without_focus(struct test *test) {
	struct stage *stage = set_up(test);
	party_focus(&stage->victim);
	struct popup_options options = {.x = 10, .y = 10, .width = 100, .height = 100, .color = INTRUDER};
	options.grab = client_wl_seat(stage->attacker.client);
	struct popup *popup = popup_open(stage->attacker.client, stage->attacker.window->xdg_surface, &options);
	CHECK(popup->is_done, "a popup without focus has its grab");
	options.grab = NULL;
	popup = popup_open(stage->attacker.client, stage->attacker.window->xdg_surface, &options);
	CHECK(!popup->is_done, "a popup that grabs nothing is dismissed");
	seat_forget(stage->victim.seat);
	virtual_keyboard_type(stage->keyboard, "mine");
	test_settle(test);
	CHECK_TEXT(seat_text(stage->victim.seat), "mine", "the victim did not get what was typed for it");
}

static void strange_parents(struct test *test) {
	struct stage *stage = set_up(test);
	struct client *client = stage->attacker.client;
	struct raw_popup itself = make_surface(client);
	itself.xdg_popup = xdg_surface_get_popup(itself.xdg_surface, itself.xdg_surface, position(client, 0, 0, 50, 50));
	wl_surface_commit(itself.surface);
	check(stage);

	struct raw_popup orphan = make_popup(client, NULL);
	struct raw_popup child = make_popup(client, orphan.xdg_surface);
	wl_surface_commit(child.surface);
	check(stage);

	/* Two that were ended by the compositor and are made anew, each on the other. */
	struct raw_popup a = make_popup(client, orphan.xdg_surface), b = make_popup(client, a.xdg_surface);
	xdg_popup_destroy(b.xdg_popup);
	xdg_popup_destroy(a.xdg_popup);
	xdg_surface_get_popup(a.xdg_surface, b.xdg_surface, position(client, 0, 0, 50, 50));
	xdg_surface_get_popup(b.xdg_surface, a.xdg_surface, position(client, 0, 0, 50, 50));
	wl_surface_commit(a.surface);
	wl_surface_commit(b.surface);
	check(stage);
}

static void moved_too_early(struct test *test) {
	struct stage *stage = set_up(test);
	struct client *client = stage->attacker.client;
	struct raw_popup popup = make_popup(client, stage->attacker.window->xdg_surface);
	for (uint32_t i = 0; i < 64; i++) {
		struct xdg_positioner *positioner = position(client, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MAX);
		xdg_positioner_set_offset(positioner, i % 2 == 0 ? INT32_MAX : INT32_MIN, INT32_MIN);
		xdg_positioner_set_reactive(positioner);
		xdg_positioner_set_constraint_adjustment(positioner, i);
		xdg_popup_reposition(popup.xdg_popup, positioner, i);
		check(stage);
	}
	CHECK(!stage_is_ours(stage) || client_is_alive(client), "it is thrown out: %s", client->error.message);
	wl_surface_commit(popup.surface);
	xdg_popup_reposition(popup.xdg_popup, position(client, 0, 0, 10, 10), 64);
	check(stage);
}

static void turned_and_cut(struct test *test) {
	struct stage *stage = set_up(test);
	struct party *attacker = &stage->attacker;
	struct picture *before = desktop_picture(stage->session);
	struct box content = party_look(attacker).content;
	struct client *client = attacker->client;
	struct wp_viewporter *viewporter = client_bind(client, &wp_viewporter_interface, 1);
	for (int transform = 0; transform < 8; transform++) {
		struct subsurface *part = subsurface_create(client, attacker->window->surface, 0, 0, 99, 77, INTRUDER);
		struct wp_viewport *viewport = wp_viewporter_get_viewport(viewporter, part->surface);
		wl_surface_set_buffer_transform(part->surface, transform);
		for (int i = 1; i <= 20; i++) {
			/* Cut on one side alone, the sum of its parts is the whole: or a hair more. */
			wp_viewport_set_destination(viewport, content.width / 2 + i * 7, content.height / 2 + i * 3);
			wl_surface_commit(part->surface);
			wl_subsurface_set_position(part->wl_subsurface, -i * 5, -i * 11);
			wl_surface_commit(attacker->window->surface);
			client_roundtrip(client);
		}
		/* Alone, without its parent. */
		wp_viewport_set_destination(viewport, content.width * 3, content.height * 3);
		wl_surface_commit(part->surface);
		stage_check_only_inside(stage, before, &content, "a turned subsurface");
		struct picture *picture = desktop_picture(stage->session);
		CHECK(picture_count(picture, &content, INTRUDER) > 0, "turned by %d it shows nowhere at all", transform);
		picture_destroy(picture);
		wp_viewport_destroy(viewport);
		wl_subsurface_destroy(part->wl_subsurface);
		wl_surface_destroy(part->surface);
	}
}

static void a_tree_made_before(struct test *test) {
	struct stage *stage = set_up(test);
	struct party *attacker = &stage->attacker;
	struct picture *before = desktop_picture(stage->session);
	struct box content = party_look(attacker).content;
	struct client *client = attacker->client;
	struct wl_surface *root = wl_compositor_create_surface(client_compositor(client));
	subsurface_create(client, root, 0, 0, 3000, 2000, INTRUDER);
	struct buffer *buffer = buffer_create(client, 1, 1, INTRUDER);
	wl_surface_attach(root, buffer->wl_buffer, 0, 0);
	wl_surface_commit(root);
	struct wl_subsurface *wl_subsurface =
		wl_subcompositor_get_subsurface(client_subcompositor(client), root, attacker->window->surface);
	static const int places[][2] = {{50, 50}, {-900, -500}, {INT32_MIN, INT32_MIN}, {INT32_MAX, INT32_MAX}, {20, 20}};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		wl_subsurface_set_position(wl_subsurface, places[i][0], places[i][1]);
		wl_surface_commit(attacker->window->surface);
		stage_check_only_inside(stage, before, &content, "a subsurface's own subsurface");
	}
}

static void too_many_windows(struct test *test) {
	struct stage *stage = set_up(test);
	struct client *client = stage->attacker.client;
	for (int i = 0; i < 2000 && client_is_alive(client); i++) {
		struct raw_popup window = make_surface(client);
		xdg_surface_get_toplevel(window.xdg_surface);
		if (i % 100 == 0) {
			client_try_roundtrip(client);
		}
	}
	check(stage);
	if (!stage_is_ours(stage)) {
		return;
	}
	CHECK(!client_is_alive(client), "2000 windows are too few");
	party_reconnect(&stage->attacker);
	party_open(&stage->attacker, "another");
}

static const struct test_case cases[] = {
	{"a popup may ask for its grab again and again", grabbed_again, ANYWHERE},
	{"a popup without focus grabs nothing", grabbed_without_focus},
	{"a popup may name itself, nobody, or its own child as its parent", strange_parents, ANYWHERE},
	{"a popup may be moved before it is there, to where no number reaches", moved_too_early, ANYWHERE},
	{"turned, scaled and cut, a surface stays inside", turned_and_cut},
	{"so does a tree of surfaces that was there before", a_tree_made_before},
	{"an instance has no end of windows, and nobody else notices", too_many_windows, ANYWHERE},
};

TEST_MAIN(cases)
