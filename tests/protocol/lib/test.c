#include "tests/protocol/lib/test.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/protocol/lib/client.h"
#include "tests/protocol/lib/process.h"
#include "tests/protocol/lib/test_private.h"

#define CLIENTS_MAX 4096
#define STEP_MS 10
#define PEER_SETTLE_MS 150

struct at_end {
	void (*finish)(void *data);
	void *data;
};

struct at_failure {
	void (*save)(struct test *test, void *data);
	void *data;
};

struct test {
	const char *program;
	const struct test_case *current;
	char *directory;
	double time_factor;
	bool failing;
	bool has_crashed; /* the peer */
	bool settling;

	struct {
		struct client *client;
		bool is_shell;
	} clients[CLIENTS_MAX];
	size_t clients_len;

	struct at_end at_end[64];
	size_t at_end_len;
	struct at_failure at_failure[64];
	size_t at_failure_len;
};

int64_t test_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t test_deadline(struct test *test, int64_t milliseconds) {
	return test_now() + (int64_t)((double)milliseconds * test->time_factor);
}

const char *test_directory(struct test *test) {
	return test->directory;
}

static void print_diagnostic(const char *text) {
	printf("# ");
	for (; *text != '\0'; text++) {
		fputc(*text, stdout);
		if (*text == '\n' && text[1] != '\0') {
			printf("# ");
		}
	}
	printf("\n");
	fflush(stdout);
}

void test_note(struct test *test, const char *format, ...) {
	char text[4096];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_diagnostic(text);
}

/* ---- failure ---- */

bool test_is_on_peer(void) {
	return getenv("TEST_PEER") != NULL;
}

void test_note_crash(struct test *test, const char *how) {
	if (!test->has_crashed) {
		test_note(test, "crashed: %s", how);
	}
	test->has_crashed = true;
}

/*
 * On a peer: is it the attack that a check in this file is about? Not in the library and the stage; but who does not
 * answer, or throws a client out that a test relies on, is seen in client.c, and who takes no connection in socket.c.
 */
static bool is_about_attack(const char *file) {
	return strstr(file, "lib/client.c") != NULL || strstr(file, "lib/socket.c") != NULL ||
		(strstr(file, "protocol/lib/") == NULL && strstr(file, "attacks/stage.c") == NULL);
}

static _Noreturn void fail(struct test *test, bool is_need, const char *file, int line, const char *expected,
	const char *format, va_list args) {
	char message[2048];
	vsnprintf(message, sizeof(message), format, args);
	if (test->failing) {
		/* Something went wrong while evidence was saved. What failed first has been told. */
		_exit(1);
	}
	test->failing = true;
	const char *name = strrchr(file, '/');
	test_note(test, "%s:%d: %s", name != NULL ? name + 1 : file, line, message);
	if (expected != NULL) {
		test_note(test, "    expected %s", expected);
	}
	for (size_t i = 0; i < test->at_failure_len; i++) {
		test->at_failure[i].save(test, test->at_failure[i].data);
	}
	if (test_is_on_peer() && !test->has_crashed) {
		bool got_through = !is_need && is_about_attack(file);
		test_note(test, "%s: %s", got_through ? "got through" : "not measured", message);
		_exit(got_through ? 1 : TEST_EXIT_SKIPPED);
	}
	/* The runner ends what this process has started and removes its directory. */
	_exit(1);
}

void test_fail(struct test *test, const char *file, int line, const char *expected, const char *format, ...) {
	va_list args;
	va_start(args, format);
	fail(test, false, file, line, expected, format, args);
}

void test_fail_need(
	struct test *test, const char *file, int line, const char *expected, const char *format, ...) {
	va_list args;
	va_start(args, format);
	fail(test, true, file, line, expected, format, args);
}

void test_absent(struct test *test, const char *format, ...) {
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	test_note(test, "absent: %s", text);
	_exit(TEST_EXIT_SKIPPED);
}

void test_check_int(struct test *test, const char *file, int line, const char *name, long value, long expected,
	const char *format, ...) {
	if (value == expected) {
		return;
	}
	char text[512];
	snprintf(text, sizeof(text), "%s to be %ld, and it is %ld", name, expected, value);
	va_list args;
	va_start(args, format);
	fail(test, false, file, line, text, format, args);
}

void test_check_text(struct test *test, const char *file, int line, const char *name, const char *value,
	const char *expected, const char *format, ...) {
	if (value != NULL && expected != NULL && strcmp(value, expected) == 0) {
		return;
	}
	char text[1024];
	snprintf(text, sizeof(text), "%s to be “%s”, and it is “%s”", name, expected != NULL ? expected : "(nothing)",
		value != NULL ? value : "(nothing)");
	va_list args;
	va_start(args, format);
	fail(test, false, file, line, text, format, args);
}

void test_at_end(struct test *test, void (*finish)(void *data), void *data) {
	CHECK(test->at_end_len < sizeof(test->at_end) / sizeof(test->at_end[0]), "too many things to finish");
	test->at_end[test->at_end_len++] = (struct at_end){ finish, data };
}

void test_at_failure(struct test *test, void (*save)(struct test *test, void *data), void *data) {
	CHECK(test->at_failure_len < sizeof(test->at_failure) / sizeof(test->at_failure[0]), "too many things to save");
	test->at_failure[test->at_failure_len++] = (struct at_failure){ save, data };
}

char *test_picture_path(struct test *test, const char *what) {
	const char *directory = getenv("TEST_PICTURES");
	if (directory == NULL || directory[0] == '\0') {
		return NULL;
	}
	mkdir(directory, 0755); /* an error shows when the picture is written */
	char name[96];
	size_t len = 0;
	for (const char *c = test->current->name; *c != '\0' && len < sizeof(name) - 1; c++) {
		bool is_plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
		name[len++] = is_plain ? *c : '-';
	}
	name[len] = '\0';
	return xasprintf("%s/%s.%s.%s.png", directory, test->program, name, what);
}

/* ---- clients ---- */

void test_add_client(struct test *test, struct client *client, bool is_shell) {
	CHECK(test->clients_len < CLIENTS_MAX, "too many clients");
	test->clients[test->clients_len].client = client;
	test->clients[test->clients_len].is_shell = is_shell;
	test->clients_len++;
}

void test_remove_client(struct test *test, struct client *client) {
	for (size_t i = 0; i < test->clients_len; i++) {
		if (test->clients[i].client == client) {
			memmove(&test->clients[i], &test->clients[i + 1], (test->clients_len - i - 1) * sizeof(test->clients[0]));
			test->clients_len--;
			return;
		}
	}
}

bool test_step(struct test *test, int64_t deadline) {
	int64_t left = deadline - test_now();
	if (left <= 0) {
		return false;
	}
	struct pollfd *polls = xcalloc(test->clients_len + 1, sizeof(polls[0]));
	size_t len = 0;
	bool dispatched = false;
	for (size_t i = 0; i < test->clients_len; i++) {
		dispatched |= client_dispatch(test->clients[i].client);
		client_poll(test->clients[i].client, &polls[len++]);
	}
	/* The slice is short, because a condition may look at what no descriptor tells of. */
	int timeout = dispatched ? 0 : (int)(left < STEP_MS ? left : STEP_MS);
	if (poll(polls, len, timeout) > 0) {
		for (size_t i = 0; i < test->clients_len; i++) {
			client_dispatch(test->clients[i].client);
		}
	}
	free(polls);
	return true;
}

static void settle_once(struct test *test) {
	/* Twice: what the first round brought in may have been answered, as a configure is by a commit. */
	for (int round = 0; round < 2; round++) {
		for (int shells = 1; shells >= 0; shells--) {
			for (size_t i = 0; i < test->clients_len; i++) {
				struct client *client = test->clients[i].client;
				if (test->clients[i].is_shell == shells && client_is_alive(client)) {
					client_try_roundtrip(client);
				}
			}
		}
	}
}

void test_settle(struct test *test) {
	settle_once(test);
	if (test_is_on_peer()) {
		/* It may answer before it acts, and may be the guest of another: there is nothing to know but time. */
		int64_t deadline = test_deadline(test, PEER_SETTLE_MS);
		while (test_step(test, deadline)) {
		}
		settle_once(test);
	}
}

/* ---- the case's own process ---- */

static int run_case(struct test *test) {
	process_adopt_orphans();
	signal(SIGPIPE, SIG_IGN);
	test->current->run(test);
	while (test->at_end_len > 0) {
		struct at_end end = test->at_end[--test->at_end_len];
		end.finish(end.data);
	}
	pid_t child = process_any_descendant(getpid());
	CHECK(child == 0 || test_is_on_peer(), "process %d was left behind", (int)child);
	return 0;
}

struct test *test_create(
	const char *program, const struct test_case *current, const char *directory, double time_factor) {
	struct test *test = xcalloc(1, sizeof(*test));
	test->program = program;
	test->current = current;
	test->directory = xstrdup(directory);
	test->time_factor = time_factor;
	return test;
}

int test_run_and_destroy(struct test *test) {
	int status = run_case(test);
	free(test->directory);
	free(test);
	return status;
}
