#include "tests/attacks/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"

#define PROGRAM_DIRECTORY "attack" /* of the home, which is the same outside and inside */
#define PROGRAM "/home/user/" PROGRAM_DIRECTORY "/program"
#define LOG_MAX (8 * 1024 * 1024)
#define LAST_WORD "inside: end\n"

/* ---- outside ---- */

static void copy_self(struct test *test, const char *to) {
	int from_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to_fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	CHECK(from_fd >= 0 && to_fd >= 0, "cannot copy the program to %s: %s", to, strerror(errno));
	static char piece[65536];
	ssize_t len;
	while ((len = read(from_fd, piece, sizeof(piece))) > 0) {
		CHECK(write(to_fd, piece, (size_t)len) == len, "cannot write %s: %s", to, strerror(errno));
	}
	CHECK(len == 0, "cannot read the program: %s", strerror(errno));
	close(from_fd);
	close(to_fd);
}

const char *inside_config(struct test *test) {
	char *home = xasprintf("%s/home", test_directory(test));
	char *directory = xasprintf("%s/" PROGRAM_DIRECTORY, home);
	char *program = xasprintf("%s/program", directory);
	CHECK(mkdir(home, 0700) == 0 || errno == EEXIST, "cannot make %s: %s", home, strerror(errno));
	CHECK(mkdir(directory, 0755) == 0, "cannot make %s: %s", directory, strerror(errno));
	copy_self(test, program);
	free(program);
	free(directory);
	free(home);
	return "\tfiles ~/" PROGRAM_DIRECTORY "\n";
}

char *inside_log(struct session *session, const char *instance) {
	char *path = xasprintf("%s/cofferdam/instances/%s/log", session_runtime_directory(session), instance);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size;
	char *text = fd >= 0 ? fd_read_all(fd, LOG_MAX, &size) : NULL;
	fd_close(&fd);
	free(path);
	return text != NULL ? text : xstrdup("");
}

void inside_start(struct session *session, const char *instance, const char *const *words) {
	struct test *test = session_test(session);
	const char *argv[16] = { "run", instance, "--", PROGRAM, INSIDE };
	size_t len = 5;
	for (; *words != NULL; words++) {
		CHECK(len + 1 < sizeof(argv) / sizeof(argv[0]), "too many words");
		argv[len++] = *words;
	}
	struct process_output output = session_coffer(session, argv);
	CHECK(output.status == 0, "the attack cannot be started in %s: %s", instance, output.err);
	process_output_finish(&output);
}

/* What was said after the first bytes of the log, once the last word is there; else NULL. */
static char *said_since(struct session *session, const char *instance, size_t before) {
	char *log = inside_log(session, instance);
	char *said = strlen(log) > before && strstr(log + before, LAST_WORD) != NULL ? xstrdup(log + before) : NULL;
	free(log);
	return said;
}

char *inside_run(struct session *session, const char *instance, const char *const *words) {
	struct test *test = session_test(session);
	char *log = inside_log(session, instance);
	size_t before = strlen(log);
	free(log);
	inside_start(session, instance, words);
	char *said = NULL;
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	while ((said = said_since(session, instance, before)) == NULL) {
		if (!test_step(test, deadline)) {
			FAIL("%s inside %s does not end; it said: %s", words[0], instance, inside_log(session, instance));
		}
	}
	return said;
}

char *inside_find(const char *said, const char *start) {
	size_t len = strlen(start);
	for (const char *line = said; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, start, len) == 0 && line[len] == ' ') {
			return xstrndup(line + len + 1, strcspn(line + len + 1, "\n"));
		}
	}
	return NULL;
}

/* ---- inside ---- */

void inside_tell(const char *name, int error) {
	const char *answer = error == 0 ? "done" : strerrorname_np(error);
	/* In one piece, so that it is one line whatever others say. */
	dprintf(STDOUT_FILENO, "%s %s\n", name, answer != NULL ? answer : "strange");
}

_Noreturn void inside_end(void) {
	dprintf(STDOUT_FILENO, LAST_WORD);
	/* Without the leak checker, which traces, and that is forbidden here. */
	_exit(0);
}
