/*
 * R6. Requests without end, from one connection and from fifty. It is not measured how long the victim waits, which
 * depends on the machine, but behind how many of the flood's requests: the compositor is stopped while all of them are
 * sent, and the victim's one request last. libwayland writes into the log what it handles, in that order.
 */

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/attacks/stage.h"

#define MANY 50
#define EACH_OF_MANY 150 /* less than libwayland reads at once */
#define OF_ONE 6000 /* less than a socket holds */
/*
 * What a compositor reads of one connection that leaves libwayland's buffer as it is, and a little. Ours reads as much as
 * takes 40 microseconds, and each request takes more than one, since it is written into the log.
 */
#define BOUND 200
#define ROUNDS 5
#define FLOOD "flood-3456"
#define VICTIM "victim-789"
#define PATIENCE_MS 20000

struct flood {
	struct client *client;
	struct window *window;
};

static void set_titles(struct test *test, struct window *window, const char *title, int count) {
	for (int i = 0; i < count; i++) {
		xdg_toplevel_set_title(window->toplevel, title);
	}
	CHECK(wl_display_flush(window->client->display) >= 0, "the socket does not hold the requests");
}

static bool is_stopped(struct test *test, pid_t pid) {
	char *path = xasprintf("/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	CHECK(file != NULL, "the compositor is gone");
	char state = 0;
	int read = fscanf(file, "%*d (%*[^)]) %c", &state);
	fclose(file);
	free(path);
	return read == 1 && state == 'T';
}

static void stop(struct test *test, pid_t pid) {
	CHECK(kill(pid, SIGSTOP) == 0, "the compositor cannot be stopped");
	int64_t deadline = test_now() + PATIENCE_MS;
	while (!is_stopped(test, pid)) {
		CHECK(test_now() < deadline, "the compositor does not stop");
		sched_yield();
	}
}

/* All of them are sent, the victim's last, before any is handled. */
static void ask_at_once(struct stage *stage, struct flood *floods, int len, int each) {
	struct test *test = stage->test;
	pid_t pid = session_compositor_pid(stage->session);
	stop(test, pid);
	for (int i = 0; i < len; i++) {
		set_titles(test, floods[i].window, FLOOD, each);
	}
	set_titles(test, stage->victim.window, VICTIM, 1);
	kill(pid, SIGCONT);
	client_roundtrip(stage->victim.client);
	for (int i = 0; i < len; i++) {
		client_roundtrip(floods[i].client);
	}
}

/* At most, how many of the floods' requests of a round are handled before the victim's. */
static long count_before(struct stage *stage, long in_a_round) {
	struct test *test = stage->test;
	long flood = 0, most = 0;
	int rounds = 0;
	for (const char *at = session_log(stage->session); (at = strstr(at, ".set_title(\"")) != NULL; at++) {
		const char *title = at + strlen(".set_title(\"");
		if (strncmp(title, VICTIM, strlen(VICTIM)) == 0) {
			long before = flood - rounds * in_a_round;
			most = before > most ? before : most;
			rounds++;
		} else if (strncmp(title, FLOOD, strlen(FLOOD)) == 0) {
			flood++;
		}
	}
	CHECK_INT(rounds, ROUNDS, "the log does not have the victim's requests");
	CHECK_INT(flood, ROUNDS * in_a_round, "the log does not have all of the flood's requests");
	return most;
}

static void check_flood(struct test *test, int len, int each) {
	setenv("WAYLAND_DEBUG", "server", 1);
	struct stage *stage = stage_start(test, NULL, NULL);
	unsetenv("WAYLAND_DEBUG");
	party_open(&stage->victim, "editor");
	struct flood floods[MANY] = { 0 };
	for (int i = 0; i < len; i++) {
		floods[i].client = i == 0 ? stage->attacker.client : session_connect(stage->session, stage->attacker.name);
		floods[i].window = window_create(floods[i].client, "game", INTRUDER);
		client_roundtrip(floods[i].client);
	}
	for (int i = 0; i < ROUNDS; i++) {
		ask_at_once(stage, floods, len, each);
	}
	long before = count_before(stage, (long)len * each);
	test_note(test, "the victim's request is handled after %ld of %d at most", before, len * each);
	CHECK(before <= BOUND, "the victim's request is handled after %ld of the flood's", before);
}

static void from_one(struct test *test) {
	check_flood(test, 1, OF_ONE);
}

static void from_many(struct test *test) {
	check_flood(test, MANY, EACH_OF_MANY);
}

static const struct test_case cases[] = {
	{ "one connection that asks without end is not served before one that asks once", from_one, ANYWHERE },
	{ "fifty connections of one instance are not either", from_many, ANYWHERE },
};

TEST_MAIN(cases)
