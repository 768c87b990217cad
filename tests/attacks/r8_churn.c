/*
 * R8. A client maps and unmaps, resizes, minimises, rings, calls for attention and renames itself as fast as it can. It
 * costs what a turn of the loop costs: the victim is answered and drawn meanwhile, neither the compositor nor the
 * supervisor grows by it, the log does not fill, `coffer` answers, and the bell marks a window once in a second at
 * most. Super+Escape and F freeze the instance, and from then on nothing of it moves.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/attacks/inside.h"
#include "tests/attacks/stage.h"
#include "tests/protocol/lib/json.h"
#include "tests/protocol/lib/test_private.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-system-bell-v1-client-protocol.h"
#include "xdg-toplevel-tag-v1-client-protocol.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define BATCH 50 /* requests before the next look at what was answered */
#define CHURN_MS 800
#define GROWTH_MAX (8 * 1024) /* KiB, of either process */
#define LOG_GROWTH_MAX (16 * 1024) /* bytes */
#define BELL_PAUSE_MS 1000

/* ---- the attacker, wherever it runs ---- */

struct churner {
	struct client *client;
	struct window *window;
	struct xdg_activation_v1 *activation;
	struct xdg_system_bell_v1 *bell;
	struct xdg_toplevel_tag_manager_v1 *tags;
	struct wl_output *output;
	unsigned turn;
};

/* Peers need not have it. */
static void *bind_if_there(struct client *client, const struct wl_interface *interface) {
	bool is_missing = test_is_on_peer() && client_find(client, interface->name) == NULL;
	return is_missing ? NULL : client_bind(client, interface, 1);
}

static struct churner churner_create(struct client *client, struct window *window) {
	return (struct churner){
		.client = client,
		.window = window,
		.activation = bind_if_there(client, &xdg_activation_v1_interface),
		.bell = bind_if_there(client, &xdg_system_bell_v1_interface),
		.tags = bind_if_there(client, &xdg_toplevel_tag_manager_v1_interface),
		.output = client_output(client),
	};
}

static void map_and_unmap(struct churner *churner) {
	window_unmap(churner->window);
	wl_surface_commit(churner->window->surface);
	client_try_roundtrip(churner->client); /* the configure, and the next buffer */
}

static void open_and_destroy(struct churner *churner) {
	window_destroy(window_open(churner->client, "another", INTRUDER));
}

static void resize(struct churner *churner) {
	int side = 100 + (int)(churner->turn * 37 % 500);
	struct xdg_surface *xdg_surface = churner->window->xdg_surface;
	for (int i = 0; i < BATCH; i++) {
		xdg_surface_set_window_geometry(xdg_surface, i, i, side + i, side);
		xdg_toplevel_set_min_size(churner->window->toplevel, side, side);
		xdg_toplevel_set_max_size(churner->window->toplevel, side + i, side + i);
		wl_surface_commit(churner->window->surface);
	}
	struct buffer *buffer = buffer_create(churner->client, side, side, INTRUDER);
	window_show(churner->window, buffer);
	client_try_roundtrip(churner->client);
	buffer_destroy(buffer);
}

static void change_states(struct churner *churner) {
	struct xdg_toplevel *toplevel = churner->window->toplevel;
	for (int i = 0; i < BATCH / 5; i++) {
		xdg_toplevel_set_minimized(toplevel);
		xdg_toplevel_set_maximized(toplevel);
		xdg_toplevel_unset_maximized(toplevel);
		xdg_toplevel_set_fullscreen(toplevel, churner->output);
		xdg_toplevel_unset_fullscreen(toplevel);
	}
}

static void ring(struct churner *churner) {
	for (int i = 0; i < BATCH; i++) {
		xdg_system_bell_v1_ring(churner->bell, churner->window->surface);
	}
}

static void call(struct churner *churner) {
	for (int i = 0; i < BATCH; i++) {
		struct xdg_activation_token_v1 *token = xdg_activation_v1_get_activation_token(churner->activation);
		xdg_activation_token_v1_set_surface(token, churner->window->surface);
		xdg_activation_token_v1_commit(token);
		xdg_activation_token_v1_destroy(token);
		xdg_activation_v1_activate(churner->activation, "a token that nobody gave", churner->window->surface);
	}
}

static void rename_itself(struct churner *churner) {
	static char name[3000];
	memset(name, 'a' + (int)(churner->turn % 26), sizeof(name) - 1);
	for (int i = 0; i < BATCH; i++) {
		snprintf(name, 16, "%u %d", churner->turn, i);
		name[strlen(name)] = ' ';
		xdg_toplevel_set_title(churner->window->toplevel, name);
		xdg_toplevel_set_app_id(churner->window->toplevel, name);
		xdg_toplevel_tag_manager_v1_set_toplevel_tag(churner->tags, churner->window->toplevel, name);
	}
}

static void (*const ways[])(struct churner *churner) = {
	map_and_unmap,
	open_and_destroy,
	resize,
	change_states,
	ring,
	call,
	rename_itself,
};

static void churn(struct churner *churner, void (*way)(struct churner *churner)) {
	way(churner);
	churner->turn++;
	client_try_roundtrip(churner->client);
}

/* ---- what it costs ---- */

static void check_bounded(struct test *test, void (*way)(struct churner *churner)) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker, *victim = &stage->victim;
	party_open(attacker, "game");
	party_open(victim, "editor");
	party_focus(victim);
	window_count_frames(victim->window);
	struct churner churner = churner_create(attacker->client, attacker->window);
	/* Once before, so that what is made on first use is there. */
	churn(&churner, way);
	pid_t supervisor = session_pid(stage->session);
	long before[] = { stage_resident(stage), process_resident(test, supervisor) };
	size_t log_before = strlen(session_log(stage->session)), frames = victim->window->frames;
	double slowest = 0;
	int64_t stop = test_deadline(test, CHURN_MS);
	while (test_now() < stop || victim->window->frames < frames + 10) {
		CHECK(test_now() < stop + TEST_TIMEOUT_MS, "the victim has no frames any more");
		churn(&churner, way);
		double time = client_time_roundtrip(victim->client);
		slowest = time > slowest ? time : slowest;
	}
	if (stage_is_ours(stage)) {
		struct desktop_window windows[DESKTOP_WINDOWS_MAX];
		CHECK(desktop_windows(stage->session, windows) >= 1, "the victim's window is gone");
	}
	long grown[] = { stage_resident(stage) - before[0], process_resident(test, supervisor) - before[1] };
	size_t logged = strlen(session_log(stage->session)) - log_before;
	test_note(test,
		"%u turns; the victim had %zu frames, its slowest roundtrip took %.1f ms; the compositor grew by %ld "
		"KiB, the supervisor by %ld; %zu bytes were logged",
		churner.turn, victim->window->frames - frames, slowest, grown[0], grown[1], logged);
	/* One that leaves more pictures lying about than it may have is thrown out: bounded, too. */
	CHECK(!stage_is_ours(stage) || client_is_alive(attacker->client) ||
			strstr(attacker->client->error.message, "the limit of this instance") != NULL,
		"it is thrown out: %s", attacker->client->error.message);
	CHECK(slowest < test_deadline(test, 250) - test_now(), "the victim waits for %.0f ms", slowest);
	CHECK(grown[0] < GROWTH_MAX + RESIDENT_SLACK, "the compositor grows by %ld KiB", grown[0]);
	CHECK(grown[1] < GROWTH_MAX + RESIDENT_SLACK, "the supervisor grows by %ld KiB", grown[1]);
	CHECK(logged < LOG_GROWTH_MAX, "it fills the log");
	/* Whose key it is has not changed. */
	seat_forget(victim->seat);
	virtual_keyboard_type(stage->keyboard, "mine");
	test_settle(test);
	CHECK_TEXT(seat_text(victim->seat), "mine", "the victim does not get what is typed for it");
}

static void maps(struct test *test) {
	check_bounded(test, map_and_unmap);
}

static void opens(struct test *test) {
	check_bounded(test, open_and_destroy);
}

static void resizes(struct test *test) {
	check_bounded(test, resize);
}

static void states(struct test *test) {
	check_bounded(test, change_states);
}

static void rings(struct test *test) {
	check_bounded(test, ring);
}

static void calls(struct test *test) {
	check_bounded(test, call);
}

static void renames(struct test *test) {
	check_bounded(test, rename_itself);
}

/* ---- the bell ---- */

/* The person looks at it and away again, over and over, and it rings whenever the person is away. */
static void marks(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->attacker, "game");
	party_open(&stage->victim, "editor");
	party_focus(&stage->victim);
	struct churner churner = churner_create(stage->attacker.client, stage->attacker.window);
	int64_t begin = test_now();
	int looks = 0, marked = 0;
	while (looks < 40 && (looks < 10 || test_now() - begin < 3 * BELL_PAUSE_MS)) {
		/* From one to the other: these two are all there is. */
		virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_J);
		WAIT_FOR(seat_has_focus(stage->attacker.seat, stage->attacker.window->surface), "the person cannot look at it");
		virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_J);
		WAIT_FOR(seat_has_focus(stage->victim.seat, stage->victim.window->surface), "the person cannot look away");
		churn(&churner, ring);
		marked += party_look(&stage->attacker).urgent;
		looks++;
	}
	int64_t seconds = (test_now() - begin) / BELL_PAUSE_MS;
	test_note(test, "marked %d times in %d looks and %d s", marked, looks, (int)seconds);
	CHECK(marked > 0, "a bell marks nothing");
	CHECK(marked <= seconds + 1, "it is marked %d times in %d s", marked, (int)seconds);
	CHECK(looks > seconds + 2, "this machine is too slow to show anything");
}

/* ---- while nobody reads ---- */

/* The supervisor stands still, as on a machine that swaps: what the compositor has to tell it waits, and has an end. */
static void without_a_supervisor(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(attacker, "game");
	party_open(&stage->victim, "editor");
	struct churner churner = churner_create(attacker->client, attacker->window);
	churn(&churner, map_and_unmap);
	long before = stage_resident(stage);
	CHECK(kill(session_pid(stage->session), SIGSTOP) == 0, "cannot stop the supervisor");
	int64_t stop = test_deadline(test, CHURN_MS);
	while (test_now() < stop) {
		for (size_t i = 0; i < LEN(ways); i++) {
			churn(&churner, ways[i]);
		}
		client_roundtrip(stage->victim.client);
	}
	long grown = stage_resident(stage) - before;
	CHECK(kill(session_pid(stage->session), SIGCONT) == 0, "cannot let the supervisor go on");
	test_note(test, "the compositor grew by %ld KiB", grown);
	CHECK(grown < GROWTH_MAX + RESIDENT_SLACK, "the compositor grows by %ld KiB", grown);
	struct desktop_window windows[DESKTOP_WINDOWS_MAX];
	CHECK(desktop_windows(stage->session, windows) >= 1, "the supervisor knows of no window any more");
}

/* ---- Super+Escape ---- */

/* The part inside: all of it, for ever. */
static void churn_for_ever(struct test *test) {
	struct client *client = client_connect(test, "/run/user/1000/wayland-0");
	struct churner churner = churner_create(client, window_open(client, "game", INTRUDER));
	inside_tell("churning", 0);
	for (;;) {
		for (size_t i = 0; i < LEN(ways); i++) {
			churn(&churner, ways[i]);
		}
	}
}

static bool is_frozen(struct stage *stage) {
	struct test *test = stage->test;
	struct process_output output = COFFER(stage->session, "ps", "--json");
	CHECK(output.status == 0, "coffer ps does not answer: %s", output.err);
	const struct json_value *list = json_parse(test, output.out);
	bool is_frozen = false;
	for (size_t i = 0; i < json_len(test, list); i++) {
		const struct json_value *instance = json_at(test, list, i);
		bool is_attacker = strcmp(json_get_text(test, instance, "name"), "attacker") == 0;
		CHECK(is_attacker || !json_get_bool(test, instance, "frozen"), "another is frozen");
		is_frozen |= is_attacker && json_get_bool(test, instance, "frozen");
	}
	process_output_finish(&output);
	return is_frozen;
}

static void freezes(struct test *test) {
	struct stage *stage = stage_start(test, NULL, inside_config(test));
	party_open(&stage->victim, "editor");
	inside_start(stage->session, "attacker", (const char *const[]){ "churn", NULL });
	char *log = NULL;
	WAIT_FOR(
		strstr(log = inside_log(stage->session, "attacker"), "churning done") != NULL, "it does not begin: %s", log);
	free(log);
	/* The attacker alone runs here, so that it alone can be frozen, wherever the selection stands. */
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_ESC);
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	while (!is_frozen(stage)) {
		CHECK(test_step(test, deadline), "Super+Escape and F do not freeze it");
		virtual_keyboard_tap(stage->keyboard, KEY_F);
		test_settle(test);
		for (int i = 0; i < 5 && !is_frozen(stage); i++) {
			test_settle(test); /* the order goes by the supervisor and coffer-init */
		}
		if (!is_frozen(stage)) {
			virtual_keyboard_tap(stage->keyboard, KEY_TAB);
		}
	}
	virtual_keyboard_tap(stage->keyboard, KEY_ESC);
	desktop_wait_still(stage->session);
	struct picture *before = desktop_picture(stage->session);
	int64_t stop = test_deadline(test, 300);
	while (test_step(test, stop)) {
	}
	struct picture *after = desktop_picture(stage->session);
	struct box below = desktop_below_strip();
	int x, y;
	CHECK(!picture_differs(before, after, &below, NULL, 0, &x, &y), "frozen, it still moves at %d,%d", x, y);
	party_focus(&stage->victim);
	seat_forget(stage->victim.seat);
	virtual_keyboard_type(stage->keyboard, "mine");
	test_settle(test);
	CHECK_TEXT(seat_text(stage->victim.seat), "mine", "the victim does not get what is typed for it");
}

static const struct test_case cases[] = {
	{ "mapping and unmapping is bounded", maps, ANYWHERE },
	{ "so is opening and destroying", opens, ANYWHERE },
	{ "so is resizing", resizes, ANYWHERE },
	{ "so is minimising, maximising, and filling the screen", states, ANYWHERE },
	{ "so is ringing", rings },
	{ "so is asking for attention", calls },
	{ "so is changing titles, names and tags", renames },
	{ "the bell marks a window once in a second at most", marks },
	{ "what the supervisor is told waits in a queue that has an end", without_a_supervisor },
	{ "Super+Escape freezes it in the middle of it all", freezes },
};

int main(int argc, char **argv) {
	if (argc > 1 && strcmp(argv[1], INSIDE) == 0) {
		static const struct test_case part = { "inside", churn_for_ever };
		return test_run_and_destroy(test_create("r8_churn", &part, "/tmp", 1));
	}
	return test_main(argc, argv, cases, LEN(cases));
}
