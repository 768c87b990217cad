/*
 * S7. The compositor is taken over: in its place runs s7_taken_over.c, confined as the real one is, with the same line to
 * the supervisor and the same sockets, and says whatever we like. What it can do is what a person at the keyboard can, and
 * to lie; the first case lists it. All else changes nothing, is said in the log, and where it goes on, it is killed and
 * another compositor started.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/protocol/lib/json.h"
#include "tests/protocol/lib/session.h"
#include "wire/session.h"

#define LINE_MAX_SIZE 1024
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_MAX (256 * 1024) /* with what a sanitizer keeps of what was freed */
#else
#define MEMORY_MAX (4 * 1024) /* KiB */
#endif

static const char config[] =
	"bind Super+Return run work editor\n"
	"bind Super+E exec sh -c \"echo x >> $HOME/executed\"\n"
	"bind Super+Q close\n"
	"instance work {\n\tapp editor sh -c \"echo started; exec sleep 1000\"\n}\n"
	"instance bank {\n}\n";
enum { BIND_RUN, BIND_EXEC, BIND_CLOSE, BINDS };

struct stage {
	struct test *test;
	struct session *session;
	int listen_fd, fd; /* the one to the compositor that runs now */
	char buffer[LINE_MAX_SIZE];
	size_t len;
	char line[LINE_MAX_SIZE]; /* the last that was expected */
	uint32_t serial; /* of the config */
};

/* ---- the line to it ---- */

static bool has_line(struct stage *stage) {
	ssize_t n = recv(stage->fd, stage->buffer + stage->len, sizeof(stage->buffer) - 1 - stage->len, MSG_DONTWAIT);
	stage->len += n > 0 ? (size_t)n : 0;
	stage->buffer[stage->len] = '\0';
	char *end = strchr(stage->buffer, '\n');
	if (end == NULL) {
		return false;
	}
	*end = '\0';
	copy_string(stage->line, sizeof(stage->line), stage->buffer);
	stage->len -= (size_t)(end + 1 - stage->buffer);
	memmove(stage->buffer, end + 1, stage->len + 1);
	return true;
}

/* The next line that begins so. */
static const char *expect(struct stage *stage, const char *start) {
	struct test *test = stage->test;
	do {
		WAIT_FOR(has_line(stage), "the compositor does not say \"%s\"", start);
	} while (strncmp(stage->line, start, strlen(start)) != 0);
	return stage->line;
}

static void __attribute__((format(printf, 2, 3))) tell(struct stage *stage, const char *format, ...) {
	struct test *test = stage->test;
	char line[LINE_MAX_SIZE];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	CHECK(len >= 0 && len < (int)sizeof(line) - 1, "a line is too long");
	line[len++] = '\n';
	CHECK(send(stage->fd, line, (size_t)len, MSG_NOSIGNAL) == len, "the compositor has gone");
}

static void tell_message(struct stage *stage, const char *verb, unsigned int number, struct message *message) {
	char hex[LINE_MAX_SIZE] = "";
	for (size_t i = 0; i < message->length && 2 * i + 2 < sizeof(hex); i++) {
		snprintf(hex + 2 * i, 3, "%02x", message->body[i]);
	}
	if (strcmp(verb, "raw") == 0) {
		tell(stage, "raw %u %u %s", message->type, number, hex);
	} else {
		tell(stage, "%s %u %u %s", verb, number, message->type, hex);
	}
}

static void press(struct stage *stage, uint32_t serial, uint32_t index) {
	struct message message;
	message_init(&message, SESSION_BIND);
	message_put_u32(&message, serial);
	message_put_u32(&message, index);
	tell_message(stage, "raw", 0, &message);
}

static void order(struct stage *stage, const char *name, uint32_t what) {
	struct message message;
	message_init(&message, SESSION_ORDER);
	message_put_string(&message, name);
	message_put_u32(&message, what);
	tell_message(stage, "raw", 0, &message);
}

/* Questions asked by us are answered after all that was said before: MEASURE is answered by the state of all. */
static void settle(struct stage *stage) {
	tell(stage, "raw %d 0", SESSION_MEASURE);
	expect(stage, "state bank");
}

/* ---- looking ---- */

static const struct json_value *look(struct stage *stage, const char *name) {
	struct test *test = stage->test;
	struct process_output output = COFFER(stage->session, "ps", "--json");
	CHECK_INT(output.status, 0, "coffer ps: %s", output.err);
	const struct json_value *list = json_parse(test, output.out);
	for (size_t i = 0; i < json_len(test, list); i++) {
		if (strcmp(json_get_text(test, json_at(test, list, i), "name"), name) == 0) {
			return json_at(test, list, i);
		}
	}
	FAIL("coffer ps does not list %s", name);
}

static const char *state_of(struct stage *stage, const char *name) {
	return json_get_text(stage->test, look(stage, name), "state");
}

static size_t count_in_log(struct stage *stage, const char *text) {
	size_t count = 0;
	for (const char *at = session_log(stage->session); (at = strstr(at, text)) != NULL; at += strlen(text)) {
		count++;
	}
	return count;
}

/* How often the program of BIND_EXEC has run. */
static size_t count_executed(struct stage *stage) {
	struct test *test = stage->test;
	char *path = xasprintf("%s/home/executed", test_directory(test));
	FILE *file = fopen(path, "r");
	size_t count = 0;
	for (int c; file != NULL && (c = fgetc(file)) != EOF;) {
		count += c == 'x';
	}
	if (file != NULL) {
		fclose(file);
	}
	free(path);
	return count;
}

static size_t count_processes(struct stage *stage) {
	pid_t pids[256];
	return process_descendants(session_pid(stage->session), pids, 256);
}

/* ---- the beginning ---- */

static void next_compositor(struct stage *stage) {
	struct test *test = stage->test;
	int fd;
	WAIT_FOR((fd = accept4(stage->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0, "no compositor is started");
	if (stage->fd >= 0) {
		close(stage->fd); /* not before, or the one before would die of it */
	}
	stage->fd = fd;
	stage->len = 0;
	expect(stage, "born");
	sscanf(expect(stage, "config"), "config %u", &stage->serial);
	expect(stage, "state bank");
}

static struct stage *start_with(struct test *test, const char *text) {
	struct stage *stage = xcalloc(1, sizeof(*stage));
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	stage->test = test;
	stage->fd = -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s7", test_directory(test));
	stage->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(stage->listen_fd >= 0 && bind(stage->listen_fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
			listen(stage->listen_fd, 8) == 0, "cannot listen at %s", address.sun_path);
	setenv("S7_SOCKET", address.sun_path, 1);
	stage->session = session_start(test, text);
	next_compositor(stage);
	return stage;
}

static struct stage *start(struct test *test) {
	return start_with(test, config);
}

/* It was killed, said so, and another is there; what ran in the sandboxes goes on. */
static void check_started_again(struct stage *stage, const char *why) {
	struct test *test = stage->test;
	session_allow_restart(stage->session);
	next_compositor(stage);
	CHECK(strstr(session_log(stage->session), why) != NULL, "the log does not say: %s", why);
	CHECK(strstr(session_log(stage->session), "is started again") != NULL, "the log does not say that it is started again");
}

/* ---- what it can do ---- */

static void what_the_person_can(struct test *test) {
	struct stage *stage = start(test);
	/* Press any chord of the config. */
	press(stage, stage->serial, BIND_RUN);
	WAIT_FOR(strcmp(state_of(stage, "work"), "running") == 0, "a chord does not start its app");
	press(stage, stage->serial, BIND_EXEC);
	WAIT_FOR(count_executed(stage) == 1, "a chord does not start its program");
	/* Freeze, thaw, stop and kill any instance, as Super+Escape does. */
	order(stage, "work", ORDER_FREEZE);
	WAIT_FOR(json_get_bool(test, look(stage, "work"), "frozen"), "an order to freeze is not carried out");
	order(stage, "work", ORDER_THAW);
	WAIT_FOR(!json_get_bool(test, look(stage, "work"), "frozen"), "an order to thaw is not carried out");
	order(stage, "work", ORDER_STOP);
	WAIT_FOR(strcmp(state_of(stage, "work"), "stopped") == 0, "an order to stop is not carried out");
	press(stage, stage->serial, BIND_RUN);
	WAIT_FOR(strcmp(state_of(stage, "work"), "running") == 0, "a chord does not start its app again");
	order(stage, "work", ORDER_KILL);
	WAIT_FOR(strcmp(state_of(stage, "work"), "stopped") == 0, "an order to kill is not carried out");
	/* Learn each instance's state, processes and memory. */
	settle(stage);
	/* Lie about windows, to `coffer ps` and `coffer windows`. */
	struct message message;
	message_init(&message, SESSION_WINDOWS);
	message_put_string(&message, "bank");
	message_put_u32(&message, 77);
	message_put_u32(&message, 5);
	tell_message(stage, "raw", 0, &message);
	WAIT_FOR(json_get_int(test, look(stage, "bank"), "windows") == 77, "its word on windows is not taken");
	tell(stage, "lie bank");
	tell(stage, "has");
	expect(stage, "has");
	struct process_output output = COFFER(stage->session, "windows");
	CHECK_INT(output.status, 0, "coffer windows: %s", output.err);
	CHECK(strstr(output.out, "anything it likes") != NULL, "coffer windows does not show its answer: %s", output.out);
}

/* All that clients say to the compositor, and with that their pixels; and it may say to them what it likes. */
static void what_clients_say(struct test *test) {
	struct stage *stage = start(test);
	int fd = session_connect_raw(stage->session, "bank", 0);
	CHECK(send(fd, "a client's secret", 17, MSG_NOSIGNAL) == 17, "cannot send");
	tell(stage, "accept bank");
	CHECK_TEXT(expect(stage, "heard"), "heard a client's secret", "what it hears of a client of bank");
	close(fd);
	/* Its line, a listening socket each for the shell and two instances, this client, and two for us. */
	tell(stage, "has");
	CHECK_TEXT(expect(stage, "has"), "has 7 sockets, 0 memory, 0 others", "what it has open");
}

/* ---- what it cannot do ---- */

static void nothing_else_is_started(struct test *test) {
	struct stage *stage = start(test);
	static const uint32_t beyond[] = { BINDS, BINDS + 1, 255, 65536, 0x7fffffff, 0x80000000, 0xffffffff };
	size_t processes = count_processes(stage);
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		press(stage, stage->serial, beyond[i]);
		press(stage, stage->serial + beyond[i], BIND_EXEC);
	}
	/* What is its own to do is not ours. */
	press(stage, stage->serial, BIND_CLOSE);
	static const char *const names[] = { "nobody", "w", "work2", "workk", "bank0", "a-name-of-thirty-one-characters" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		order(stage, names[i], ORDER_KILL);
	}
	/* There is no order to start one, and those that there are start none. */
	order(stage, "work", ORDER_THAW);
	order(stage, "work", ORDER_STOP);
	order(stage, "bank", ORDER_FREEZE);
	settle(stage);
	CHECK_TEXT(state_of(stage, "work"), "stopped", "work was not started");
	CHECK_TEXT(state_of(stage, "bank"), "stopped", "bank was not started");
	CHECK_INT(count_executed(stage), 0, "nothing was executed");
	CHECK_INT(count_processes(stage), processes, "processes of the session");
	CHECK(strstr(session_log(stage->session), "a chord of a config that is not in effect") != NULL, "the log is silent");
}

static void nothing_else_is_reached(struct test *test) {
	struct stage *stage = start(test);
	const char *directory = test_directory(test);
	const struct {
		const char *what;
		char *argument;
		int expected;
	} attempts[] = {
		{ "exec", xstrdup("/bin/sh"), EPERM },
		{ "fork", xstrdup("-"), EPERM },
		{ "list", xasprintf("%s/state", directory), EACCES },
		{ "list", xasprintf("%s/home", directory), EACCES },
		{ "read", xasprintf("%s/test.conf", directory), EACCES },
		{ "read", xstrdup("/etc/passwd"), EACCES },
		{ "read", xasprintf("/proc/%d/mem", (int)session_pid(stage->session)), EACCES },
		{ "write", xasprintf("%s/home/left-behind", directory), EACCES },
		{ "write", xstrdup("/dev/shm/left-behind"), EACCES },
		{ "remove", xasprintf("%s/test.conf", directory), EACCES },
		{ "connect", xasprintf("%s/r/cofferdam/control", directory), EPERM },
		{ "connect", session_instance_socket(stage->session, "bank"), EPERM },
		{ "reconnect", xasprintf("%s/r/cofferdam/control", directory), EPERM },
		{ "kill", xasprintf("%d", (int)session_pid(stage->session)), EPERM },
#ifndef __SANITIZE_ADDRESS__ /* which traces itself to look for leaks */
		{ "trace", xasprintf("%d", (int)session_pid(stage->session)), EPERM },
#endif
	};
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		tell(stage, "try %s %s", attempts[i].what, attempts[i].argument);
		int result = atoi(expect(stage, "tried") + strlen("tried "));
		CHECK_INT(result, attempts[i].expected, "to %s %s", attempts[i].what, attempts[i].argument);
		free(attempts[i].argument);
	}
	CHECK_TEXT(state_of(stage, "bank"), "stopped", "the supervisor goes on");
}

/* ---- nonsense ---- */

#define U32 "01000000"
#define WORK "04000000776f726b" /* "work" */

/* Fewer in a row than it is killed for. */
static const struct {
	const char *what;
	unsigned int type, descriptors;
	const char *body;
} nonsense[] = {
	{ "a type that is none", 0, 0, "" },
	{ "a type after the last", SESSION_LIMITS + 1, 0, "" },
	{ "the largest type", 0xffffffff, 0, U32 },
	{ "what only the supervisor says: a config", SESSION_CONFIG, 2, U32 },
	{ "what only the supervisor says: a socket", SESSION_LISTEN, 1, WORK },
	{ "what only the supervisor says: a state", SESSION_STATE, 0, WORK U32 },
	{ "what only the supervisor says: a question", SESSION_QUERY, 0, U32 U32 },

	{ "a chord without a number", SESSION_BIND, 0, U32 },
	{ "a chord without anything", SESSION_BIND, 0, "" },
	{ "a chord with more", SESSION_BIND, 0, U32 U32 U32 },
	{ "a chord and half a number", SESSION_BIND, 0, U32 U32 "0100" },
	{ "a chord with a descriptor", SESSION_BIND, 1, U32 U32 },
	{ "a chord with four", SESSION_BIND, 4, U32 U32 },
	{ "a measure with a descriptor", SESSION_MEASURE, 1, "" },

	{ "order number 0", SESSION_ORDER, 0, WORK "00000000" },
	{ "order number 5", SESSION_ORDER, 0, WORK "05000000" },
	{ "an order for nobody", SESSION_ORDER, 0, "00000000" "03000000" },
	{ "an order for ../x", SESSION_ORDER, 0, "040000002e2e2f78" "03000000" },
	{ "an order for Work", SESSION_ORDER, 0, "04000000576f726b" "03000000" },
	{ "an order for a name with a zero byte", SESSION_ORDER, 0, "05000000776f726b00" "03000000" },
	{ "an order for a name that goes on past the end", SESSION_ORDER, 0, "ffffffff776f726b" "03000000" },

	{ "ready, neither yes nor no", SESSION_READY, 0, U32 "02000000" "00000000" },
	{ "a reason that is not UTF-8", SESSION_READY, 0, U32 "00000000" "02000000" "c328" },
	{ "a reason with a line's end", SESSION_READY, 0, U32 "00000000" "02000000" "0a61" },
	{ "a window without fields", SESSION_WINDOW, 0, U32 },
	{ "counts without a name", SESSION_WINDOWS, 0, U32 U32 },
	{ "an end with a descriptor", SESSION_QUERY_END, 1, U32 },
	{ "a closed window with a body", SESSION_CLOSED, 0, U32 },

	{ "limits without anything", SESSION_LIMITS, 0, "" },
	{ "limits of nobody", SESSION_LIMITS, 0, U32 "00000000" },
	{ "limits of Work", SESSION_LIMITS, 0, U32 "04000000576f726b" },
	{ "limits of a name that goes on past the end", SESSION_LIMITS, 0, U32 "ffffffff776f726b" },
	{ "limits without numbers", SESSION_LIMITS, 0, U32 WORK },
	{ "limits with half a number", SESSION_LIMITS, 0, U32 WORK U32 },
	{ "limits with a descriptor", SESSION_LIMITS, 1, U32 WORK },
};
#define AT_A_TIME 7

static void nonsense_changes_nothing(struct test *test, size_t from) {
	struct stage *stage = start(test);
	press(stage, stage->serial, BIND_RUN);
	WAIT_FOR(strcmp(state_of(stage, "work"), "running") == 0, "a chord does not start its app");
	settle(stage);
	size_t descriptors = process_count_descriptors(test, session_pid(stage->session));
	size_t processes = count_processes(stage);
	for (size_t i = from; i < from + AT_A_TIME; i++) {
		tell(stage, "raw %u %u %s", nonsense[i].type, nonsense[i].descriptors, nonsense[i].body);
		WAIT_FOR(count_in_log(stage, "a malformed message from the compositor is refused") == i - from + 1,
			"%s: the log does not say that it was refused", nonsense[i].what);
	}
	settle(stage);
	CHECK_TEXT(state_of(stage, "work"), "running", "work goes on");
	CHECK_TEXT(state_of(stage, "bank"), "stopped", "bank was not started");
	CHECK_INT(count_processes(stage), processes, "processes of the session");
	WAIT_FOR(process_count_descriptors(test, session_pid(stage->session)) == descriptors,
		"the supervisor has other descriptors than before");
}

static void types(struct test *test) {
	nonsense_changes_nothing(test, 0);
}

static void chords(struct test *test) {
	nonsense_changes_nothing(test, AT_A_TIME);
}

static void orders(struct test *test) {
	nonsense_changes_nothing(test, 2 * AT_A_TIME);
}

static void reports(struct test *test) {
	nonsense_changes_nothing(test, 3 * AT_A_TIME);
}

static void limits(struct test *test) {
	nonsense_changes_nothing(test, 4 * AT_A_TIME);
}

_Static_assert(sizeof(nonsense) / sizeof(nonsense[0]) == 5 * AT_A_TIME, "each is sent once");

static void too_much_nonsense(struct test *test) {
	struct stage *stage = start(test);
	press(stage, stage->serial, BIND_RUN);
	WAIT_FOR(strcmp(state_of(stage, "work"), "running") == 0, "a chord does not start its app");
	tell(stage, "flood 100000 4711 %s", U32);
	check_started_again(stage, "it talks nonsense");
	CHECK(count_in_log(stage, "a malformed message") < 20, "it can fill the log");
	CHECK_TEXT(state_of(stage, "work"), "running", "work goes on");
}

/* A packet that cannot be a message at all: the line is given up, and with it whoever is at its other end. */
static void no_message_at_all(struct test *test, const char *packet) {
	struct stage *stage = start(test);
	press(stage, stage->serial, BIND_RUN);
	WAIT_FOR(strcmp(state_of(stage, "work"), "running") == 0, "a chord does not start its app");
	tell(stage, "%s", packet);
	check_started_again(stage, "the line to the compositor is closed");
	CHECK_TEXT(state_of(stage, "work"), "running", "work goes on");
}

static void half_a_type(struct test *test) {
	no_message_at_all(test, "bytes 2");
}

static void nothing_at_all(struct test *test) {
	no_message_at_all(test, "bytes 0");
}

static void larger_than_any(struct test *test) {
	no_message_at_all(test, "bytes 100000");
}

static void too_many_descriptors(struct test *test) {
	no_message_at_all(test, "raw 10 9 " U32 U32);
}

/* ---- floods and silence ---- */

static void flood_of_chords(struct test *test) {
	struct stage *stage = start(test);
	struct message message;
	message_init(&message, SESSION_BIND);
	message_put_u32(&message, stage->serial);
	message_put_u32(&message, BIND_EXEC);
	int64_t began = test_now();
	size_t processes = count_processes(stage);
	tell_message(stage, "flood", 3000, &message);
	expect(stage, "flooded");
	WAIT_FOR(count_executed(stage) >= 30, "those that are within the ration are carried out");
	WAIT_FOR(count_processes(stage) == processes, "they end");
	size_t executed = count_executed(stage);
	int64_t most = 30 + (test_now() - began) / 100 + 1;
	CHECK((int64_t)executed <= most, "%zu chords of a flood were carried out, and %d is the most", executed, (int)most);
	CHECK(count_in_log(stage, "asks for more than a person can") >= 1, "the log is silent");
	CHECK(count_in_log(stage, "asks for more than a person can") <= 40, "it can fill the log");
}

static void flood_of_reports(struct test *test) {
	struct stage *stage = start(test);
	struct message message;
	message_init(&message, SESSION_WINDOWS);
	message_put_string(&message, "nobody");
	message_put_u32(&message, 1);
	message_put_u32(&message, 1);
	long memory = process_status(test, session_pid(stage->session), "VmRSS");
	tell_message(stage, "flood", 8000, &message);
	/* The supervisor serves others meanwhile. */
	for (int i = 0; i < 5; i++) {
		CHECK_TEXT(state_of(stage, "bank"), "stopped", "the state of bank, during a flood");
	}
	CHECK_TEXT(expect(stage, "flooded"), "flooded 8000", "a flood waits, and is read in the end");
	long grown = process_status(test, session_pid(stage->session), "VmRSS") - memory;
	CHECK(grown < MEMORY_MAX, "the supervisor has grown by %ld KiB", grown);
	CHECK(count_in_log(stage, "floods its line") >= 1, "the log is silent");
	CHECK(count_in_log(stage, "floods its line") <= 40, "it can fill the log");
}

static void ready_over_and_over(struct test *test) {
	struct stage *stage = start_with(test, "shell {\n\texec sh -c \"echo x >> $HOME/executed; exec sleep 1000\"\n}\ninstance bank {\n}\n");
	struct message message;
	WAIT_FOR(count_executed(stage) == 1, "the shell is not started");
	message_init(&message, SESSION_READY);
	message_put_u32(&message, stage->serial);
	message_put_u32(&message, 1);
	message_put_string(&message, "");
	tell_message(stage, "flood", 500, &message);
	expect(stage, "flooded");
	settle(stage);
	CHECK_INT(count_executed(stage), 1, "the shell is started once in a compositor's life");
}

static void answers_to_no_question(struct test *test) {
	struct stage *stage = start(test);
	for (unsigned int query = 0; query < 20; query++) {
		tell(stage, "raw %d 0 %02x000000", SESSION_QUERY_END, query);
	}
	settle(stage);
	struct process_output output = COFFER(stage->session, "windows");
	CHECK_INT(output.status, 0, "a question that is asked later is answered as ever: %s", output.err);
}

static void windows_of_nobody(struct test *test) {
	struct stage *stage = start(test);
	tell(stage, "lie nobody");
	tell(stage, "has");
	expect(stage, "has");
	struct process_output output = COFFER(stage->session, "windows");
	CHECK_INT(output.status, 0, "coffer windows: %s", output.err);
	CHECK(strstr(output.out, "nobody") == NULL, "coffer windows tells of an instance that is not there: %s", output.out);
	CHECK(strstr(session_log(stage->session), "an instance that is not there") != NULL, "the log is silent");
	struct message message;
	message_init(&message, SESSION_WINDOWS);
	message_put_string(&message, "nobody");
	message_put_u32(&message, 3);
	message_put_u32(&message, 3);
	tell_message(stage, "raw", 0, &message);
	settle(stage);
	output = COFFER(stage->session, "ps");
	CHECK(strstr(output.out, "nobody") == NULL, "coffer ps tells of an instance that is not there: %s", output.out);
}

static void no_answer(struct test *test) {
	struct stage *stage = start(test);
	tell(stage, "sulk");
	tell(stage, "has");
	expect(stage, "has");
	struct process_output output = COFFER(stage->session, "windows");
	CHECK(output.status != 0, "coffer windows got an answer that nobody gave");
	CHECK(strstr(output.err, "did not answer in time") != NULL, "coffer windows says: %s", output.err);
	CHECK_TEXT(state_of(stage, "bank"), "stopped", "the supervisor goes on");
}

static void never_reads(struct test *test) {
	/* Each measure is answered by the state of all, so many that neither the kernel nor the queue takes them. */
	char *text = xstrdup("");
	for (int i = 0; i < 60; i++) {
		char *more = xasprintf("%sinstance i%d {\n}\n", text, i);
		free(text);
		text = more;
	}
	char *whole = xasprintf("%sinstance bank {\n}\n", text);
	struct stage *stage = start_with(test, whole);
	tell(stage, "deaf");
	tell(stage, "flood 25 %d", SESSION_MEASURE);
	check_started_again(stage, "it does not read");
	CHECK_TEXT(state_of(stage, "bank"), "stopped", "the supervisor goes on");
	free(text);
	free(whole);
}

static const struct test_case cases[] = {
	{ "it can do what the person can at the keyboard, and lie", what_the_person_can },
	{ "it can hear what clients say, and has nothing else open", what_clients_say },
	{ "it can start nothing that the config does not name", nothing_else_is_started },
	{ "it can reach no file, socket or process", nothing_else_is_reached },
	{ "types that are none, or not its own, are refused and change nothing", types },
	{ "chords out of form or with descriptors likewise", chords },
	{ "orders likewise", orders },
	{ "reports and answers likewise", reports },
	{ "limits likewise", limits },
	{ "for too much of it, it is killed and another started", too_much_nonsense },
	{ "half a type ends it", half_a_type },
	{ "an empty packet ends it", nothing_at_all },
	{ "a packet larger than any message ends it", larger_than_any },
	{ "more descriptors than any message has end it", too_many_descriptors },
	{ "a flood of chords is carried out no faster than a person presses keys", flood_of_chords },
	{ "a flood of reports is read slowly: the supervisor serves others, and does not grow", flood_of_reports },
	{ "being ready over and over starts the shell once", ready_over_and_over },
	{ "answers that nobody asked for are nothing", answers_to_no_question },
	{ "windows of an instance that is not there are nobody's", windows_of_nobody },
	{ "who asked for an answer that does not come is told", no_answer },
	{ "one that never reads is killed, and another started", never_reads },
};

TEST_MAIN(cases)
