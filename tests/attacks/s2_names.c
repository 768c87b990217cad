/*
 * S2. The name of an instance is shown as whose a window is, and becomes a directory, a socket and a hostname. One with a
 * slash, dots, a newline, letters that look like others, 300 bytes, or one that equals another but for its case, is
 * refused with the file and the line: by `coffer check`, by `cofferdam` before it makes anything, and by a reload, which
 * leaves the session as it was. `coffer` takes no such name either.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/protocol/lib/session.h"
#include "tests/protocol/lib/test.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define TEN "aaaaaaaaaa"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define EXIT_CONFIG 5

/* As they stand in the config: in quotes where scfg wants them. */
static const struct {
	const char *what, *name;
} names[] = {
	{ "nothing", "\"\"" },
	{ "a slash", "wo/rk" },
	{ "the root", "/" },
	{ "the directory itself", "." },
	{ "the directory above", ".." },
	{ "a way out", "../../home" },
	{ "an absolute path", "/etc/passwd" },
	{ "a hidden file", ".work" },
	{ "a newline", "\"wo\nrk\"" },
	{ "a space", "\"wo rk\"" },
	{ "a tab", "\"wo\trk\"" },
	{ "an escape sequence", "\"\x1b[31mwork\"" },
	{ "a delete", "\"work\x7f\"" },
	{ "a colon", "wo:rk" },
	{ "a shell's characters", "\"$(reboot)\"" },
	{ "a percent sign", "w%s%n" },
	{ "an option", "-work" },
	{ "a digit first", "1work" },
	{ "an underscore", "wo_rk" },
	{ "a dot", "work.bank" },
	{ "an upper-case letter", "Work" },
	{ "upper case alone", "WORK" },
	{ "a Cyrillic o", "w\xd0\xberk" },
	{ "a Greek omicron", "w\xce\xbfrk" },
	{ "a full-width w", "\xef\xbd\x97ork" },
	{ "a long s", "\xc5\xbfhell" },
	{ "a dotless i", "b\xc4\xb1nk" },
	{ "a combining mark", "work\xcc\x81" },
	{ "a zero-width space", "wo\xe2\x80\x8brk" },
	{ "a word joiner", "wo\xe2\x81\xa0rk" },
	{ "a right-to-left override", "\xe2\x80\xaekrow" },
	{ "a soft hyphen", "wo\xc2\xadrk" },
	{ "a no-break space", "work\xc2\xa0" },
	{ "bytes that are no UTF-8", "wo\xffrk" },
	{ "a slash in too many bytes", "wo\xc0\xafrk" },
	{ "half a character", "work\xd0" },
	{ "32 bytes", TEN TEN TEN "aa" },
	{ "300 bytes", HUNDRED HUNDRED HUNDRED },
};

static char *write_file(struct test *test, const char *name, const char *text) {
	char *path = xasprintf("%s/%s", test_directory(test), name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "cannot write %s: %s", path,
		strerror(errno));
	close(fd);
	return path;
}

/* On its third line. */
static char *config_with(const char *name) {
	return xasprintf("instance honest {\n}\ninstance %s {\n}\n", name);
}

/* One line that begins with the file and the line, and says it in plain characters. */
static void check_message(struct test *test, const char *text, const char *path, int line, const char *what) {
	char *start = xasprintf("%s:%d: ", path, line);
	const char *found = strstr(text, start);
	CHECK(found != NULL, "%s: the file and the line are not named: %s", what, text);
	for (const char *c = text; *c != '\0'; c++) {
		bool is_plain = *c == '\n' || *c == '\t' || ((unsigned char)*c >= 0x20 && *c != 0x7f);
		CHECK(is_plain, "%s: a control character is printed", what);
	}
	free(start);
}

static void by_check(struct test *test) {
	const char *coffer = getenv("TEST_COFFER");
	CHECK(coffer != NULL, "$TEST_COFFER has to name the program under test");
	for (size_t i = 0; i < LEN(names); i++) {
		char *text = config_with(names[i].name), *path = write_file(test, "bad.conf", text);
		const char *argv[] = { coffer, "check", path, NULL };
		struct process_output output = process_run(test, argv, NULL, TEST_TIMEOUT_MS);
		CHECK_INT(
			output.status, EXIT_CONFIG, "%s is taken by coffer check: %s%s", names[i].what, output.out, output.err);
		check_message(test, output.err, path, 3, names[i].what);
		process_output_finish(&output);
		free(path);
		free(text);
	}
	/* Or it refuses everything. */
	static const char *const good[] = { "a", "work", "w0-rk", "a-", TEN TEN TEN "a" };
	for (size_t i = 0; i < LEN(good); i++) {
		char *text = config_with(good[i]), *path = write_file(test, "good.conf", text);
		const char *argv[] = { coffer, "check", path, NULL };
		struct process_output output = process_run(test, argv, NULL, TEST_TIMEOUT_MS);
		CHECK_INT(output.status, 0, "%s is refused: %s", good[i], output.err);
		process_output_finish(&output);
		free(path);
		free(text);
	}
}

static bool is_empty(struct test *test, const char *path) {
	DIR *dir = opendir(path);
	CHECK(dir != NULL, "cannot read %s: %s", path, strerror(errno));
	size_t count = 0;
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count == 2;
}

static void at_the_start(struct test *test) {
	const char *cofferdam = getenv("TEST_COFFERDAM");
	CHECK(cofferdam != NULL, "$TEST_COFFERDAM has to name the program under test");
	char *runtime = xasprintf("%s/r", test_directory(test)), *state = xasprintf("%s/s", test_directory(test));
	CHECK(mkdir(runtime, 0700) == 0 && mkdir(state, 0700) == 0, "cannot make directories: %s", strerror(errno));
	char *runtime_variable = xasprintf("XDG_RUNTIME_DIR=%s", runtime),
		 *state_variable = xasprintf("XDG_STATE_HOME=%s", state);
	const char *environment[] = { runtime_variable, state_variable, "WLR_BACKENDS=headless", "NOTIFY_SOCKET", NULL };
	const struct process_options options = { .environment = environment };
	for (size_t i = 0; i < LEN(names); i++) {
		char *text = config_with(names[i].name), *path = write_file(test, "bad.conf", text);
		const char *argv[] = { cofferdam, "-c", path, NULL };
		struct process_output output = process_run(test, argv, &options, TEST_TIMEOUT_MS);
		CHECK_INT(output.status, EXIT_CONFIG, "with %s cofferdam starts: %s", names[i].what, output.err);
		check_message(test, output.err, path, 3, names[i].what);
		CHECK(is_empty(test, runtime) && is_empty(test, state), "with %s it has made something", names[i].what);
		process_output_finish(&output);
		free(path);
		free(text);
	}
	free(state_variable);
	free(runtime_variable);
	free(state);
	free(runtime);
}

static void at_a_reload(struct test *test) {
	struct session *session = session_start(test, "instance honest {\n}\ninstance work {\n}\n");
	char *before = session_list_instances(session);
	for (size_t i = 0; i < LEN(names); i++) {
		char *text = config_with(names[i].name), *path = write_file(test, "test.conf", text);
		struct process_output output = COFFER(session, "reload");
		CHECK(output.status != 0, "%s is taken by a reload", names[i].what);
		check_message(test, output.err, path, 3, names[i].what);
		process_output_finish(&output);
		free(path);
		free(text);
	}
	char *after = session_list_instances(session);
	CHECK_TEXT(after, before, "a reload that was refused has changed the instances");
	free(after);
	free(before);
}

/* Of one name there is one, also where they are in two files' worth of lines apart. */
static void twice(struct test *test) {
	const char *coffer = getenv("TEST_COFFER");
	static const char *const second[] = { "work", "Work", "WORK", "wOrk", "\"work\"" };
	for (size_t i = 0; i < LEN(second); i++) {
		char *text = xasprintf("instance work {\n}\n\ninstance %s {\n}\n", second[i]);
		char *path = write_file(test, "bad.conf", text);
		const char *argv[] = { coffer, "check", path, NULL };
		struct process_output output = process_run(test, argv, NULL, TEST_TIMEOUT_MS);
		CHECK_INT(output.status, EXIT_CONFIG, "work and %s are taken: %s", second[i], output.err);
		check_message(test, output.err, path, 4, second[i]);
		process_output_finish(&output);
		free(path);
		free(text);
	}
}

static void by_command(struct test *test) {
	struct session *session = session_start(test, "instance honest {\n}\n");
	static const char *const words[] = { "run", "stop", "kill", "logs", "socket" };
	/* Some of them, since each is asked for by a program of its own. */
	for (size_t i = 0; i < LEN(names); i += 3) {
		for (size_t j = 0; j < LEN(words); j++) {
			const char *argv[] = { words[j], names[i].name, j == 0 ? "true" : NULL, NULL };
			struct process_output output = session_coffer(session, argv);
			CHECK(output.status != 0, "coffer %s takes %s: %s", words[j], names[i].what, output.out);
			process_output_finish(&output);
		}
	}
	struct process_output socket = COFFER(session, "socket", "honest");
	CHECK_INT(socket.status, 0, "coffer socket does not know what there is: %s", socket.err);
	process_output_finish(&socket);
	char *directory = xasprintf("%s/cofferdam/instances", session_runtime_directory(session));
	DIR *dir = opendir(directory);
	CHECK(dir != NULL, "cannot read %s: %s", directory, strerror(errno));
	const struct dirent *entry;
	while ((entry = readdir(dir)) != NULL) {
		CHECK(entry->d_name[0] == '.' || strcmp(entry->d_name, "honest") == 0, "there is a %s", entry->d_name);
	}
	closedir(dir);
	free(directory);
}

static const struct test_case cases[] = {
	{ "coffer check refuses them, with file and line", by_check },
	{ "cofferdam does not start with them, and makes nothing", at_the_start },
	{ "a reload with them changes nothing", at_a_reload },
	{ "no name is there twice, in whatever case", twice },
	{ "coffer knows none of them", by_command },
};

TEST_MAIN(cases)
