/*
 * S5. The compositor is killed, at rest and in the middle of things. The supervisor starts it again with the same
 * sockets and the same colours; sandboxes live on; after three deaths in ten seconds it gives up and says so.
 */

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/attacks/stage.h"
#include "tests/protocol/lib/json.h"

static void kill_compositor(struct stage *stage, int signal_number) {
	struct test *test = stage->test;
	session_allow_restart(stage->session);
	pid_t before = session_compositor_pid(stage->session);
	CHECK(before != 0, "there is no compositor");
	struct client *shell = session_shell(stage->session);
	CHECK(kill(before, signal_number) == 0, "cannot kill the compositor");
	WAIT_FOR(!process_is_alive(before), "the compositor does not die");
	/* Or the person's keyboard would still be the one of the dead. */
	WAIT_FOR(!client_is_alive(shell), "the shell is still connected to the dead compositor");
	pid_t after;
	WAIT_FOR((after = session_compositor_pid(stage->session)) != 0 && after != before,
		"the compositor is not started again");
}

/* The connections died with it. The same paths, new connections: what a program does that starts again. */
static void reconnect(struct stage *stage) {
	struct test *test = stage->test;
	stage->keyboard = session_keyboard(stage->session);
	stage->pointer = session_pointer(stage->session);
	struct party *parties[] = { &stage->attacker, &stage->victim, &stage->third };
	for (size_t i = 0; i < 3; i++) {
		WAIT_FOR(
			!client_is_alive(parties[i]->client), "%s is still connected to the dead compositor", parties[i]->name);
		party_reconnect(parties[i]);
	}
}

/* A window of each instance, in its own colour, and input for the focused one. */
static void check_desktop(struct stage *stage) {
	struct test *test = stage->test;
	struct party *parties[] = { &stage->attacker, &stage->victim, &stage->third };
	for (size_t i = 0; i < 3; i++) {
		party_open(parties[i], "window");
	}
	struct picture *picture = desktop_picture(stage->session);
	for (size_t i = 0; i < 3; i++) {
		struct desktop_window window = party_look(parties[i]);
		desktop_check_frame(stage->session, picture, &window, parties[i]->color);
	}
	picture_destroy(picture);
	party_focus(&stage->victim);
	seat_forget(stage->victim.seat);
	virtual_keyboard_type(stage->keyboard, "hello");
	test_settle(test);
	CHECK_TEXT(seat_text(stage->victim.seat), "hello", "the focused window gets what is typed");
}

static void at_rest(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	check_desktop(stage);
	kill_compositor(stage, SIGKILL);
	reconnect(stage);
	check_desktop(stage);
}

static void by_abort(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	kill_compositor(stage, SIGABRT);
	reconnect(stage);
	check_desktop(stage);
}

static void connecting_meanwhile(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	session_allow_restart(stage->session);
	pid_t before = session_compositor_pid(stage->session);
	kill(before, SIGKILL);
	WAIT_FOR(!process_is_alive(before), "the compositor does not die");
	/* At once: the socket listens all the time, and the connection waits for the next compositor. */
	struct client *client = session_connect(stage->session, "victim");
	client_roundtrip(client);
	CHECK(session_compositor_pid(stage->session) != before, "this was the old one");
	struct window *window = window_open(client, "first after the restart", VICTIM_CONTENT);
	struct desktop_window first = desktop_wait(stage->session, "victim", "first after the restart");
	struct picture *picture = desktop_picture(stage->session);
	desktop_check_frame(stage->session, picture, &first, VICTIM_COLOR);
	window_destroy(window);
}

static void with_a_transfer_held(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_focus(&stage->victim);
	party_copy(&stage->victim, "secret");
	stage_take_and_wait(stage);
	kill_compositor(stage, SIGKILL);
	reconnect(stage);
	/* What it held is gone with it, rather than given to the wrong one. */
	CHECK(!desktop_clipboard(stage->session).held, "something is held that nobody has taken");
	party_open(&stage->attacker, "game");
	party_focus(&stage->attacker);
	stage_give(stage);
	CHECK(stage->attacker.selection->offer == NULL, "something was given that nobody has taken");
}

/* `coffer ps`: the state of an instance. */
static const char *state_of(struct stage *stage, const char *name) {
	struct test *test = stage->test;
	struct process_output output = COFFER(stage->session, "ps", "--json");
	CHECK_INT(output.status, 0, "coffer ps: %s", output.err);
	const struct json_value *list = json_parse(test, output.out);
	for (size_t i = 0; i < json_len(test, list); i++) {
		const struct json_value *object = json_at(test, list, i);
		if (strcmp(json_get_text(test, object, "name"), name) == 0) {
			return json_get_text(test, object, "state");
		}
	}
	FAIL("coffer ps does not list %s: %s", name, output.out);
}

static void sandboxes_live_on(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct process_output output = COFFER(stage->session, "run", "victim", "sleep", "1000");
	CHECK_INT(output.status, 0, "coffer run: %s", output.err);
	CHECK_TEXT(state_of(stage, "victim"), "running", "the sandbox runs");
	pid_t sandboxed;
	WAIT_FOR((sandboxed = process_find_descendant(session_pid(stage->session), "sleep")) != 0,
		"the program in the sandbox is not started");
	kill_compositor(stage, SIGKILL);
	CHECK(process_is_alive(sandboxed), "the program in the sandbox died with the compositor");
	CHECK_TEXT(state_of(stage, "victim"), "running", "the sandbox still runs");
	output = COFFER(stage->session, "stop", "victim");
	CHECK_INT(output.status, 0, "coffer stop: %s", output.err);
	WAIT_FOR(!process_is_alive(sandboxed), "the program outlives its sandbox");
}

static void three_deaths(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	session_allow_restart(stage->session);
	int64_t begin = test_now();
	for (int i = 0; i < 3; i++) {
		pid_t pid;
		WAIT_FOR((pid = session_compositor_pid(stage->session)) != 0, "death %d: there is no compositor", i + 1);
		kill(pid, SIGKILL);
		WAIT_FOR(session_compositor_pid(stage->session) != pid, "death %d: it is still there", i + 1);
	}
	CHECK(test_now() - begin < 10000, "this machine is too slow for three deaths in ten seconds");
	int status = session_wait_end(stage->session);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 0, "the supervisor ends as if nothing had happened: 0x%x",
		(unsigned)status);
	CHECK(strstr(session_log(stage->session), "compositor") != NULL, "and does not say why");
}

static const struct test_case cases[] = {
	{ "killed at rest: same sockets, same colours, input works", at_rest },
	{ "the same after an abort", by_abort },
	{ "a client that connects meanwhile is served", connecting_meanwhile },
	{ "a transfer that was held is dropped", with_a_transfer_held },
	{ "sandboxes and the programs in them live on", sandboxes_live_on },
	{ "after three deaths in ten seconds the supervisor gives up and says why", three_deaths },
};

TEST_MAIN(cases)
