/*
 * S6. Whoever belongs to a sandbox is killed: bubblewrap's processes, podman's, coffer-init, the bus, pasta, the program itself;
 * each of them once while the instance runs, and each at the moment when it appears. The instance is then failed, and
 * says why, or runs on, if it can without; nothing of it stays behind, no process, no zombie, no socket; the others go
 * on; and it starts again.
 */

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/protocol/lib/json.h"
#include "tests/protocol/lib/session.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define PROCESSES_MAX 256
#define PROCESSES_STARTED 6 /* no instance here has more */
#define ROUNDS 12
#define START_TIMEOUT_MS 40000 /* longer than the supervisor waits for one that nobody says anything of */

/* Without /dev/net/tun nobody has a network of its own: then both are offline, and the log says so. */
static const char *get_config(struct test *test) {
	bool has_network = access("/dev/net/tun", R_OK | W_OK) == 0;
	if (!has_network) {
		test_note(test, "no /dev/net/tun here: pasta is not among those that are killed");
	}
	return has_network ? "instance offline {\n\tgrace 1\n}\ninstance other {\n}\n"
						 "instance online {\n\tnetwork nat\n\tgrace 1\n}\n"
					   : "instance offline {\n\tgrace 1\n}\ninstance other {\n}\n"
						 "instance online {\n\tgrace 1\n}\n";
}

/* ---- processes ---- */

/* The letter of proc_pid_stat(5), and the name; 0 where there is none. */
static char state_of(pid_t pid, char name[32]) {
	char *path = xasprintf("/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	free(path);
	char state = 0;
	name[0] = '\0';
	if (file != NULL) {
		if (fscanf(file, "%*d (%31[^)]) %c", name, &state) != 2) {
			state = 0;
		}
		fclose(file);
	}
	return state;
}

struct family {
	pid_t pids[PROCESSES_MAX];
	size_t len;
};

static bool has(const struct family *family, pid_t pid) {
	for (size_t i = 0; i < family->len; i++) {
		if (family->pids[i] == pid) {
			return true;
		}
	}
	return false;
}

static int compare(const void *a, const void *b) {
	return *(const pid_t *)a - *(const pid_t *)b;
}

/* The supervisor's descendants that are not in `before`, oldest first: zombies too. */
static struct family find_new(struct session *session, const struct family *before) {
	struct family all = { 0 }, found = { 0 };
	all.len = process_descendants(session_pid(session), all.pids, PROCESSES_MAX);
	for (size_t i = 0; i < all.len; i++) {
		if (before == NULL || !has(before, all.pids[i])) {
			found.pids[found.len++] = all.pids[i];
		}
	}
	qsort(found.pids, found.len, sizeof(found.pids[0]), compare);
	return found;
}

/* coffer-init's children have its name until they execute something. */
static void name_of(const struct family *family, size_t n, char name[32]) {
	state_of(family->pids[n], name);
	for (size_t i = 0; i < n && strcmp(name, "coffer-init") == 0; i++) {
		char other[32];
		state_of(family->pids[i], other);
		if (strcmp(other, "coffer-init") == 0) {
			snprintf(name, 32, "its child");
		}
	}
}

static const char *describe(const struct family *family) {
	static char text[1024];
	text[0] = '\0';
	for (size_t i = 0; i < family->len; i++) {
		char name[32];
		char state = state_of(family->pids[i], name);
		size_t len = strlen(text);
		snprintf(text + len, sizeof(text) - len, "%s%s (%c)", i > 0 ? ", " : "", name, state != 0 ? state : '-');
	}
	return text;
}

/* ---- instances ---- */

/* Its state; *has_reason is whether it says why. */
static const char *state_of_instance(struct session *session, const char *name, bool *has_reason) {
	struct test *test = session_test(session);
	struct process_output output = COFFER(session, "ps", "--json");
	CHECK_INT(output.status, 0, "coffer ps is not answered: %s", output.err);
	const struct json_value *list = json_parse(test, output.out);
	process_output_finish(&output);
	for (size_t i = 0; i < json_len(test, list); i++) {
		const struct json_value *instance = json_at(test, list, i);
		if (strcmp(json_get_text(test, instance, "name"), name) == 0) {
			if (has_reason != NULL) {
				*has_reason = json_has(test, instance, "reason") && !json_is_null(json_get(test, instance, "reason")) &&
					json_get_text(test, instance, "reason")[0] != '\0';
			}
			return json_get_text(test, instance, "state");
		}
	}
	return "unknown";
}

static void run(struct session *session, const char *name) {
	struct test *test = session_test(session);
	struct process_output output = COFFER(session, "run", name, "sleep", "1000");
	CHECK_INT(output.status, 0, "%s does not start: %s", name, output.err);
	process_output_finish(&output);
}

static void stop(struct session *session, const char *name) {
	struct test *test = session_test(session);
	struct process_output output = COFFER(session, "kill", name);
	CHECK_INT(output.status, 0, "%s cannot be stopped: %s", name, output.err);
	process_output_finish(&output);
}

/* ---- sockets ---- */

static size_t sockets_found;

static int count_socket(const char *path, const struct stat *status, int type, struct FTW *place) {
	sockets_found += S_ISSOCK(status->st_mode);
	return 0;
}

static size_t count_sockets(struct session *session) {
	sockets_found = 0;
	nftw(session_runtime_directory(session), count_socket, 16, FTW_PHYS);
	return sockets_found;
}

/* ---- what must hold ---- */

struct setting {
	struct session *session;
	struct family before; /* while nothing but `other` runs */
	size_t sockets;
};

static struct setting set_up(struct test *test) {
	struct setting setting = { .session = session_start(test, get_config(test)) };
	run(setting.session, "other");
	setting.before = find_new(setting.session, NULL);
	setting.sockets = count_sockets(setting.session);
	return setting;
}

/* Without these there is no sandbox. Of those that build it, some have a child of their name that matters to nobody. */
static bool is_essential(const char *process, bool while_it_starts) {
	static const char *const processes[] = { "bwrap", "coffer-init", "all", "podman", "conmon" };
	const size_t len = while_it_starts ? 3 : LEN(processes);
	for (size_t i = 0; i < len; i++) {
		if (strcmp(process, processes[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* It has come to rest: failed with a reason, or, where it can do without that process, it runs on. */
static void check_after(
	struct setting *setting, const char *name, const char *process, bool while_it_starts, const char *what) {
	struct test *test = session_test(setting->session);
	bool essential = is_essential(process, while_it_starts);
	char state[16] = "";
	bool has_reason = false;
	WAIT_FOR(({
		copy_string(state, sizeof(state), state_of_instance(setting->session, name, &has_reason));
		strcmp(state, "failed") == 0 || (!essential && strcmp(state, "running") == 0);
	}),
		"%s was killed, and %s is %s", what, name, state);
	CHECK(strcmp(state, "failed") != 0 || has_reason, "%s was killed, and %s has failed without a reason", what, name);
	test_note(test, "%s: %s", what, state);
	if (strcmp(state, "running") == 0) {
		stop(setting->session, name);
	}
	struct family left;
	WAIT_FOR((left = find_new(setting->session, &setting->before)).len == 0,
		"%s was killed, and of %s there is left: %s", what, name, describe(&left));
	CHECK_INT(count_sockets(setting->session), setting->sockets, "%s was killed: the sockets are others", what);
	CHECK_TEXT(
		state_of_instance(setting->session, "other", NULL), "running", "%s was killed: the other instance", what);
	for (size_t i = 0; i < setting->before.len; i++) {
		CHECK(process_is_alive(setting->before.pids[i]), "%s was killed, and another process is gone", what);
	}
}

static void kill_each(struct test *test, const char *name) {
	struct setting setting = set_up(test);
	size_t killed = 0, len;
	do {
		run(setting.session, name);
		struct family family;
		/* All of them are there: one more may still be on its way when the program was started. */
		WAIT_FOR(
			(family = find_new(setting.session, &setting.before)).len >= 4, "only these run: %s", describe(&family));
		len = family.len;
		char process[32];
		name_of(&family, killed, process);
		CHECK(kill(family.pids[killed], SIGKILL) == 0, "%s cannot be killed: %s", process, strerror(errno));
		check_after(&setting, name, process, false, process);
		killed++;
	} while (killed < len);
	run(setting.session, name);
	CHECK_TEXT(state_of_instance(setting.session, name, NULL), "running", "started again");
}

static void offline(struct test *test) {
	kill_each(test, "offline");
}

static void online(struct test *test) {
	kill_each(test, "online");
}

/*
 * Its n-th process is killed as soon as there are more than so many of them. `coffer run` ends all the same. n and the
 * number begin at 0.
 */
static void kill_while_it_starts(struct setting *setting, const char *name, size_t n, size_t number) {
	struct test *test = session_test(setting->session);
	char *runtime = xasprintf("XDG_RUNTIME_DIR=%s", session_runtime_directory(setting->session));
	const char *environment[] = { runtime, NULL };
	const struct process_options options = { .environment = environment, .output = "/dev/null" };
	const char *argv[] = { getenv("TEST_COFFER"), "run", name, "sleep", "1000", NULL };
	pid_t coffer = process_start(test, argv, &options);
	char process[32] = "nothing";
	int64_t deadline = test_deadline(test, START_TIMEOUT_MS);
	bool ended = false, killed = false;
	int status;
	while (!ended) {
		CHECK(test_now() < deadline, "%s was killed, and coffer run does not end", process);
		struct family family = find_new(setting->session, &setting->before);
		if (!killed && family.len > number) {
			name_of(&family, n, process);
			kill(family.pids[n], SIGKILL);
			killed = true;
		}
		ended = process_wait(coffer, killed ? 10 : 0, &status);
	}
	char *what = xasprintf("process %zu of %s while it starts, %s", n + 1, name, process);
	check_after(setting, name, process, true, what);
	free(what);
	free(runtime);
}

static void check_starts_again(struct setting *setting) {
	struct test *test = session_test(setting->session);
	run(setting->session, "offline");
	run(setting->session, "online");
	CHECK_TEXT(state_of_instance(setting->session, "offline", NULL), "running", "started again");
	CHECK_TEXT(state_of_instance(setting->session, "online", NULL), "running", "started again");
}

static void while_it_starts(struct test *test) {
	struct setting setting = set_up(test);
	for (size_t n = 0; n < PROCESSES_STARTED; n++) {
		kill_while_it_starts(&setting, "offline", n, n);
		kill_while_it_starts(&setting, "online", n, n);
	}
	check_starts_again(&setting);
}

/* The first of them has forked, and what it has forked is not tied to its life yet. */
static void as_it_forks(struct test *test) {
	struct setting setting = set_up(test);
	for (int round = 0; round < ROUNDS; round++) {
		kill_while_it_starts(&setting, "offline", 0, 1);
	}
	check_starts_again(&setting);
}

/* All at once, as the kernel does when memory runs out. */
static void all_at_once(struct test *test) {
	struct setting setting = set_up(test);
	for (int i = 0; i < 3; i++) {
		run(setting.session, "online");
		struct family family = find_new(setting.session, &setting.before);
		for (size_t j = family.len; j > 0; j--) {
			kill(family.pids[j - 1], SIGKILL);
		}
		check_after(&setting, "online", "all", false, "all of it");
	}
}

static const struct test_case cases[] = {
	{ "each process of a sandbox may be killed while it runs", offline },
	{ "so may each of one with a network, where there is any", online },
	{ "and each at the moment when it appears", while_it_starts },
	{ "and the first as it forks the second", as_it_forks },
	{ "and all at once", all_at_once },
};

TEST_MAIN(cases)
