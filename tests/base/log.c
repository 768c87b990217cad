#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/fd.h"
#include "base/log.h"

/* What log_write() puts on stderr while it is redirected. The caller frees it. */
static char *capture(enum log_level level, const char *text) {
	int saved = dup(STDERR_FILENO);
	int memfd = memfd_create("stderr", MFD_CLOEXEC);
	assert_true(saved >= 0 && memfd >= 0);
	dup2(memfd, STDERR_FILENO);
	log_write(level, "%s", text);
	dup2(saved, STDERR_FILENO);
	close(saved);

	size_t size;
	char *line = fd_read_all(memfd, 65536, &size);
	assert_non_null(line);
	assert_int_equal(strlen(line), size); /* no zero byte in it */
	close(memfd);
	return line;
}

/* The line after "HH:MM:SS.mmm ". */
static const char *after_time(const char *line) {
	static const char form[] = "dd:dd:dd.ddd ";
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == 'd') {
			assert_true(isdigit((unsigned char)line[i]));
		} else {
			assert_int_equal(line[i], form[i]);
		}
	}
	return line + strlen(form);
}

static const struct {
	enum log_level level;
	const char *text;
	const char *line;
} lines[] = {
	{ LOG_ERROR, "broken", "error prog: broken\n" },
	{ LOG_WARN, "odd", "warning prog: odd\n" },
	{ LOG_INFO, "done", "info prog: done\n" },
	{ LOG_INFO, "two\nlines\r", "info prog: two?lines?\n" },
	{ LOG_INFO, "\x1b[31mred\x7f", "info prog: ?[31mred?\n" },
	{ LOG_INFO, "\xc2\x9b[m", "info prog: ??[m\n" },
	{ LOG_INFO, "\xc2\xa0\xc3\xa4", "info prog: \xc2\xa0\xc3\xa4\n" },
	{ LOG_INFO, "ends in \xc2", "info prog: ends in \xc2\n" },
};

static void test_lines(void **state) {
	log_init("prog", LOG_INFO);
	assert_int_equal(log_get_level(), LOG_INFO);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *line = capture(lines[i].level, lines[i].text);
		assert_string_equal(after_time(line), lines[i].line);
		free(line);
	}
}

static void test_level(void **state) {
	log_init("prog", LOG_WARN);
	char *line = capture(LOG_INFO, "not wanted");
	assert_string_equal(line, "");
	free(line);
	log_init("prog", LOG_DEBUG);
	line = capture(LOG_DEBUG, "wanted");
	assert_string_equal(after_time(line), "debug prog: wanted\n");
	free(line);
}

static void test_long_line_stays_one(void **state) {
	char *text = malloc(100001);
	memset(text, 'a', 100000);
	text[100000] = '\0';
	log_init("prog", LOG_INFO);
	char *line = capture(LOG_INFO, text);
	size_t length = strlen(line);
	assert_true(length > 1000 && length <= 2048);
	assert_ptr_equal(strchr(line, '\n'), line + length - 1);
	free(line);
	free(text);
}

static void test_errno_survives(void **state) {
	errno = ENOTTY;
	char *line = capture(LOG_ERROR, "x");
	free(line);
	int saved = dup(STDERR_FILENO);
	close(STDERR_FILENO);
	errno = ENOTTY;
	log_error("nobody hears");
	int after = errno;
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_int_equal(after, ENOTTY);
}

static const struct {
	const char *text;
	size_t length;
	size_t size;
	const char *quoted;
} quotes[] = {
	{ "", 0, 8, "" },
	{ "foot", 4, 8, "foot" },
	{ " ~", 2, 8, " ~" },
	{ "a\nb", 3, 16, "a\\x0ab" },
	{ "\x1b[0m", 4, 16, "\\x1b[0m" },
	{ "a\0b", 3, 16, "a\\x00b" },
	{ "\x7f\xff", 2, 16, "\\x7f\\xff" },
	{ "\xc3\xa4", 2, 16, "\\xc3\\xa4" },
	{ "\\x41", 4, 16, "\\x5cx41" }, /* cannot be taken for a quoted byte */
	{ "abcd", 4, 4, "abc" },
	{ "abcd", 4, 5, "abcd" },
	{ "ab\n", 3, 6, "ab" }, /* never part of an escape */
	{ "ab\n", 3, 7, "ab\\x0a" },
	{ "abcd", 4, 1, "" },
};

static void test_quote(void **state) {
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		char out[24];
		memset(out, '#', sizeof(out));
		assert_ptr_equal(log_quote(quotes[i].text, quotes[i].length, out, quotes[i].size), out);
		assert_string_equal(out, quotes[i].quoted);
		assert_int_equal(out[quotes[i].size], '#');
	}
	char untouched = '#';
	log_quote("abc", 3, &untouched, 0);
	assert_int_equal(untouched, '#');
}

static void test_quote_every_byte(void **state) {
	for (int c = 0; c < 256; c++) {
		char byte = (char)c, out[8];
		log_quote(&byte, 1, out, sizeof(out));
		for (const char *o = out; *o != '\0'; o++) {
			assert_true(*o >= 0x20 && *o < 0x7f);
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_long_line_stays_one),
		cmocka_unit_test(test_errno_survives),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_quote_every_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
