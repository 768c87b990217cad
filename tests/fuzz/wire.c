/*
 * The Wayland wire, against the real session: many short connections to two instances' sockets, each of which does
 * what honest clients do mixed with any request there is, some of it changed on its way out, while the person types
 * and clicks. The compositor has to live, as the same process, and an honest client of a third instance has to get
 * its window on the screen throughout. Build with the sanitizers to see more than crashes.
 *
 * $FUZZ_SEED (1) and $FUZZ_CONNECTIONS (60) say which and how many.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "tests/fuzz/moves.h"
#include "tests/fuzz/raw.h"
#include "tests/protocol/lib/desktop.h"
#include "tests/protocol/lib/devices.h"
#include "tests/protocol/lib/session.h"
#include "tests/protocol/lib/test.h"
#include "tests/protocol/lib/window.h"

#define AT_ONCE 6
#define MOVES_MAX 150 /* of one connection */
#define CHECK_EVERY 20 /* connections */
#define TURN_MS 5

static const char config[] = "bind Super+C clipboard-take\n"
							 "bind Super+V clipboard-give\n"
							 "bind Super+J focus next\n"
							 "bind Super+F fullscreen\n"
							 "bind Super+T float\n"
							 "bind Super+1 workspace 1\n"
							 "bind Super+2 workspace 2\n"
							 "instance honest {\n}\n"
							 "instance plain {\n}\n"
							 "instance granted {\n"
							 "\tallow pointer-lock idle-inhibit xdg-output\n"
							 "}\n";

struct attacker {
	struct raw *raw;
	size_t moves_left;
};

struct attack {
	struct test *test;
	struct session *session;
	struct rng rng;
	uint64_t seed;
	size_t begun, limit;
	struct attacker attackers[AT_ONCE];
	uint64_t moves, refused;
	size_t windows_seen; /* of the attackers, at the checks */
};

static uint64_t read_number(const char *variable, uint64_t fallback) {
	const char *text = getenv(variable);
	return text != NULL ? strtoull(text, NULL, 10) : fallback;
}

/* ---- the person ---- */

static void act_as_person(struct attack *attack) {
	static const uint32_t keys[] = { KEY_C, KEY_V, KEY_J, KEY_F, KEY_T, KEY_1, KEY_2 };
	struct virtual_keyboard *keyboard = session_keyboard(attack->session);
	struct virtual_pointer *pointer = session_pointer(attack->session);
	struct rng *rng = &attack->rng;
	int x = (int)rng_below(rng, OUTPUT_WIDTH), y = 60 + (int)rng_below(rng, OUTPUT_HEIGHT - 60);
	switch (rng_below(rng, 6)) {
	case 0:
		virtual_pointer_move(pointer, x, y);
		break;
	case 1:
		virtual_pointer_move(pointer, x, y);
		virtual_pointer_button(pointer, BTN_LEFT, true);
		break;
	case 2:
		virtual_pointer_move(pointer, x, y);
		virtual_pointer_button(pointer, BTN_LEFT, false);
		break;
	case 3:
		virtual_pointer_click(pointer, x, y, BTN_LEFT);
		break;
	case 4:
		virtual_keyboard_tap(keyboard, KEY_A);
		break;
	default:
		virtual_keyboard_chord(keyboard, MOD_SUPER, keys[rng_below(rng, sizeof(keys) / sizeof(keys[0]))]);
	}
}

/* ---- the attackers ---- */

static void begin(struct attack *attack, struct attacker *attacker) {
	struct test *test = attack->test;
	/* How much of it is changed: from nothing, so that it gets far, to one message in twenty. */
	static const size_t rarities[] = { 0, 0, 2000, 500, 100, 20 };
	uint64_t seed = attack->seed * 1000003 + attack->begun;
	char *path = session_instance_socket(attack->session, attack->begun % 2 == 0 ? "plain" : "granted");
	size_t rarely = rarities[rng_below(&attack->rng, sizeof(rarities) / sizeof(rarities[0]))];
	attacker->raw = raw_connect(path, seed, rarely);
	CHECK(attacker->raw != NULL, "connection %zu is not taken", attack->begun);
	attacker->moves_left = 1 + rng_below(&attack->rng, MOVES_MAX);
	attack->begun++;
	free(path);
}

/* True where it goes on. */
static bool go_on(struct attack *attack, struct attacker *attacker) {
	raw_step(attacker->raw);
	if (!raw_is_alive(attacker->raw) || attacker->moves_left == 0) {
		attack->refused += raw_error(attacker->raw)[0] != '\0';
		raw_destroy(attacker->raw);
		attacker->raw = NULL;
		return false;
	}
	moves_make(attacker->raw);
	raw_step(attacker->raw);
	attacker->moves_left--;
	attack->moves++;
	return true;
}

/* ---- the honest one ---- */

static void check_alive(struct attack *attack, struct client *honest, pid_t compositor) {
	struct test *test = attack->test;
	CHECK_INT(session_compositor_pid(attack->session), compositor,
		"the compositor has died of connections up to %zu, seed %" PRIu64, attack->begun, attack->seed);
	CHECK(client_is_alive(honest), "the honest client was thrown out: %s", honest->error.message);
	struct desktop_window windows[DESKTOP_WINDOWS_MAX];
	attack->windows_seen += desktop_windows(attack->session, windows);
	struct window *window = window_open(honest, "editor", 0x20c0a0);
	window_destroy(window);
	client_roundtrip(honest);
}

static void survives(struct test *test) {
	struct attack attack = { .test = test };
	attack.seed = read_number("FUZZ_SEED", 1);
	attack.limit = read_number("FUZZ_CONNECTIONS", 60);
	attack.rng.state = attack.seed;
	test_note(test, "seed %" PRIu64 ", %zu connections", attack.seed, attack.limit);
	attack.session = session_start(test, config);
	pid_t compositor = session_compositor_pid(attack.session);
	struct client *honest = session_connect(attack.session, "honest");

	size_t checked = 0;
	while (attack.begun < attack.limit) {
		struct attacker *attacker = &attack.attackers[rng_below(&attack.rng, AT_ONCE)];
		if (attacker->raw == NULL) {
			begin(&attack, attacker);
		}
		go_on(&attack, attacker);
		if (rng_one(&attack.rng, 8)) {
			act_as_person(&attack);
		}
		/* Everybody, the compositor too, gets a turn. */
		test_step(test, test_now() + TURN_MS);
		if (attack.begun >= checked + CHECK_EVERY) {
			check_alive(&attack, honest, compositor);
			checked = attack.begun;
		}
	}
	check_alive(&attack, honest, compositor);
	for (size_t i = 0; i < AT_ONCE; i++) {
		raw_destroy(attack.attackers[i].raw);
	}
	check_alive(&attack, honest, compositor);
	test_note(test, "%" PRIu64 " moves; %" PRIu64 " connections ended by a protocol error; %zu windows seen",
		attack.moves, attack.refused, attack.windows_seen);
	CHECK(attack.windows_seen > 0, "no attacker ever got a window: this tries next to nothing");
}

static const struct test_case cases[] = {
	{ "the compositor and an honest client live through mutated sessions", survives },
};

TEST_MAIN(cases)
