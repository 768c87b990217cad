/* `coffer logs`, with a log that grows, is cut, replaced, or is something else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"
#include "fake.h"

struct log {
	struct fake fake;
	char directory[80], path[96], old_path[100];
	struct fake_result result;
};

static void log_init_test(struct log *log) {
	fake_init(&log->fake, true);
	snprintf(log->directory, sizeof(log->directory), "%s/logs", log->fake.directory);
	assert_int_equal(mkdir(log->directory, 0700), 0);
	snprintf(log->path, sizeof(log->path), "%s/work", log->directory);
	snprintf(log->old_path, sizeof(log->old_path), "%s.1", log->path);
}

static void log_finish_test(struct log *log) {
	unlink(log->path);
	unlink(log->old_path);
	rmdir(log->directory);
	fake_result_finish(&log->result);
	fake_finish(&log->fake);
}

static void write_log(const struct log *log, int flags, const void *bytes, size_t size) {
	int fd = open(log->path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static void start(struct log *log, const char *option) {
	const char *const words[] = { "logs", "work", option, NULL };
	struct control_message request, path = { 0 };
	fake_start(&log->fake, words, option != NULL);
	assert_true(fake_take_request(&log->fake, &request));
	assert_int_equal(request.type, CONTROL_LOGS);
	assert_string_equal(request.request.name, "work");
	strcpy(path.line.text, log->path);
	fake_answer(&log->fake, CONTROL_LINE, &path);
	fake_answer(&log->fake, CONTROL_END, NULL);
}

/* Reads exactly this from a coffer that goes on. */
static void expect(struct log *log, const char *expected) {
	char text[256];
	size_t length = 0, wanted = strlen(expected);
	while (length < wanted) {
		struct pollfd source = { .fd = log->fake.out, .events = POLLIN };
		assert_int_equal(poll(&source, 1, FAKE_PATIENCE_MS), 1);
		ssize_t got = read(log->fake.out, text + length, wanted - length);
		assert_true(got > 0);
		length += (size_t)got;
	}
	assert_memory_equal(text, expected, wanted);
}

static void finish_reading(struct log *log) {
	/* coffer ends when nobody reads; the result reads from something else. */
	fd_close(&log->fake.out);
	log->fake.out = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fake_wait(&log->fake, &log->result);
	assert_int_equal(log->result.code, EXIT_CODE_OK);
	assert_string_equal(log->result.err, "");
}

static void content_is_shown_clean(void **state) {
	static const struct {
		const char *bytes;
		size_t size;
		const char *expected;
	} cases[] = {
#define CASE(bytes, expected) { bytes, sizeof(bytes) - 1, expected }
		CASE("", ""),
		CASE("one\n\ttwo", "one\n\ttwo"),
		CASE("\x1b]0;owned\x07\x1b[2J\r\n", "\\x1b]0;owned\\x07\\x1b[2J\\x0d\n"),
		CASE("größe \xe2\x80\xae\xff\n", "größe \\xe2\\x80\\xae\\xff\n"),
		CASE("a\0b\xe4\xb8", "a\\x00b\\xe4\\xb8"),
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct log log;
		log_init_test(&log);
		write_log(&log, 0, cases[i].bytes, cases[i].size);
		start(&log, NULL);
		fake_wait(&log.fake, &log.result);
		assert_string_equal(log.result.out, cases[i].expected);
		assert_string_equal(log.result.err, "");
		assert_int_equal(log.result.code, EXIT_CODE_OK);
		log_finish_test(&log);
	}
}

/* Larger than what is read at once, and no character torn where one reading ends. */
static void large_log_is_whole(void **state) {
	const size_t count = 100000;
	char *text = malloc(count * 3 + 2);
	assert_non_null(text);
	text[0] = 'x';
	for (size_t i = 0; i < count; i++) {
		memcpy(text + 1 + i * 3, "中", 3);
	}
	text[1 + count * 3] = '\0';
	struct log log;
	log_init_test(&log);
	write_log(&log, 0, text, 1 + count * 3);
	start(&log, NULL);
	fake_wait(&log.fake, &log.result);
	assert_string_equal(log.result.out, text);
	assert_int_equal(log.result.code, EXIT_CODE_OK);
	log_finish_test(&log);
	free(text);
}

static void no_log_is_said(void **state) {
	struct log log;
	log_init_test(&log);
	start(&log, NULL);
	fake_wait(&log.fake, &log.result);
	assert_int_equal(log.result.code, EXIT_CODE_FAILED);
	assert_string_equal(log.result.out, "");
	assert_string_equal(log.result.err, "coffer: work has no log yet: coffer run work starts something in it\n");
	log_finish_test(&log);
}

static void what_is_no_file_is_refused(void **state) {
	for (int kind = 0; kind < 2; kind++) {
		struct log log;
		log_init_test(&log);
		if (kind == 0) {
			assert_int_equal(mkfifo(log.path, 0600), 0);
		} else {
			assert_int_equal(symlink("/etc/passwd", log.path), 0);
		}
		start(&log, NULL);
		fake_wait(&log.fake, &log.result);
		assert_int_equal(log.result.code, EXIT_CODE_FAILED);
		assert_string_equal(log.result.out, "");
		assert_memory_equal(log.result.err, "coffer: cannot read the log ", 28);
		log_finish_test(&log);
	}
}

static void follow_goes_on(void **state) {
	struct log log;
	log_init_test(&log);
	write_log(&log, 0, "one\n", 4);
	start(&log, "-f");
	expect(&log, "one\n");
	write_log(&log, O_APPEND, "two", 3);
	expect(&log, "two");
	/* A character in two parts is shown as one. */
	write_log(&log, O_APPEND, "\xc3", 1);
	write_log(&log, O_APPEND, "\xb6\n", 2);
	expect(&log, "ö\n");
	finish_reading(&log);
	log_finish_test(&log);
}

static void follow_survives_rotation(void **state) {
	struct log log;
	log_init_test(&log);
	write_log(&log, 0, "one\n", 4);
	start(&log, "--follow");
	expect(&log, "one\n");
	write_log(&log, O_APPEND, "last\n", 5);
	assert_int_equal(rename(log.path, log.old_path), 0);
	write_log(&log, O_EXCL, "new\n", 4);
	expect(&log, "last\nnew\n");
	/* And again, over the one that was put aside before. */
	assert_int_equal(rename(log.path, log.old_path), 0);
	write_log(&log, O_EXCL, "newer\n", 6);
	expect(&log, "newer\n");
	finish_reading(&log);
	log_finish_test(&log);
}

static void follow_survives_a_cut(void **state) {
	struct log log;
	log_init_test(&log);
	write_log(&log, 0, "a long line\n", 12);
	start(&log, "-f");
	expect(&log, "a long line\n");
	write_log(&log, O_TRUNC, "short\n", 6);
	expect(&log, "short\n");
	finish_reading(&log);
	log_finish_test(&log);
}

static void follow_waits_for_the_log(void **state) {
	struct log log;
	log_init_test(&log);
	start(&log, "-f");
	write_log(&log, 0, "first\n", 6);
	expect(&log, "first\n");
	finish_reading(&log);
	log_finish_test(&log);
}

static void follow_ends_with_the_session(void **state) {
	struct log log;
	log_init_test(&log);
	write_log(&log, 0, "one\n", 4);
	start(&log, "-f");
	expect(&log, "one\n");
	write_log(&log, O_APPEND, "last\n", 5);
	unlink(log.path);
	assert_int_equal(rmdir(log.directory), 0);
	expect(&log, "last\n");
	/* Its end is seen while somebody still reads. */
	struct pollfd source = { .fd = log.fake.coffer_fd, .events = POLLIN };
	assert_int_equal(poll(&source, 1, FAKE_PATIENCE_MS), 1);
	finish_reading(&log);
	log_finish_test(&log);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_is_shown_clean),
		cmocka_unit_test(large_log_is_whole),
		cmocka_unit_test(no_log_is_said),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(follow_goes_on),
		cmocka_unit_test(follow_survives_rotation),
		cmocka_unit_test(follow_survives_a_cut),
		cmocka_unit_test(follow_waits_for_the_log),
		cmocka_unit_test(follow_ends_with_the_session),
	};
	return cmocka_run_group_tests_name("ctl logs", tests, NULL, NULL);
}
