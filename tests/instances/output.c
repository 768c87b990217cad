#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/loop.h"
#include "instances/output.h"

static const struct {
	const char *bytes;
	size_t length;
	const char *text;
} rows[] = {
#define ROW(bytes, text) { bytes, sizeof(bytes) - 1, text }
	ROW("", ""),
	ROW("plain\n\ttext\n", "plain\n\ttext\n"),
	ROW("gr\xc3\xbc\xc3\x9f"
		"e \xe2\x82\xac \xf0\x9f\x90\x9f\n",
		"gr\xc3\xbc\xc3\x9f"
		"e \xe2\x82\xac \xf0\x9f\x90\x9f\n"),
	/* what would steer a terminal */
	ROW("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
	ROW("over\rwritten\b\x7f", "over\\x0dwritten\\x08\\x7f"),
	ROW("\xc2\x9b"
		"31m",
		"\\xc2\\x9b31m"), /* CSI as one character */
	ROW("a\0b", "a\\x00b"),
	/* what is no UTF-8 */
	ROW("\xff\xfe", "\\xff\\xfe"),
	ROW("\xc0\xaf", "\\xc0\\xaf"), /* overlong */
	ROW("\xed\xa0\x80!", "\\xed\\xa0\\x80!"), /* a surrogate */
	ROW("\xe2\x82x", "\\xe2\\x82x"),
	ROW("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"),
	ROW("\x80\xc3(", "\\x80\\xc3("),
#undef ROW
};

/* The text is the same however the bytes are cut: a program's writes and our reads do not line up. */
static void test_clean(void **state) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t step = 1; step <= 5; step++) {
			struct output_cleaner cleaner = { 0 };
			char out[512];
			size_t written = 0;
			for (size_t at = 0; at < rows[i].length; at += step) {
				size_t length = rows[i].length - at < step ? rows[i].length - at : step;
				size_t n = output_clean(&cleaner, rows[i].bytes + at, length, out + written);
				assert_true(n <= OUTPUT_CLEAN_SIZE(length));
				written += n;
			}
			out[written] = '\0';
			if (strcmp(out, rows[i].text) != 0) {
				fail_msg("row %zu by %zu: %s", i, step, out);
			}
		}
	}
}

/* The beginning of a character at the end waits for its rest. */
static void test_carry(void **state) {
	struct output_cleaner cleaner = { 0 };
	char out[64];
	assert_int_equal(output_clean(&cleaner, "a\xe2\x82", 3, out), 1);
	assert_int_equal(output_clean(&cleaner, "\xac", 1, out), 3);
	assert_memory_equal(out, "\xe2\x82\xac", 3);
	assert_int_equal(output_clean(&cleaner, "b", 1, out), 1);
}

/* What a program has said stands above the news of its end, on a line of its own, though the loop has not read it yet. */
static void test_note(void **state) {
	char directory[] = "/tmp/cofferdam-output-XXXXXX";
	assert_non_null(mkdtemp(directory));
	int directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct loop *loop = loop_create();
	struct output *output = output_create(loop, directory_fd, "log");
	assert_non_null(output);
	assert_int_equal(write(output_open_pipe(output), "one\ntwo", 7), 7);
	output_note(output, "it has ended");
	output_note(output, "so has this");
	assert_string_equal(output_last_line(output), "two");

	char text[256] = { 0 };
	int log_fd = openat(directory_fd, "log", O_RDONLY | O_CLOEXEC);
	assert_true(read(log_fd, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "one\ntwo\n-- it has ended\n-- so has this\n");
	close(log_fd);
	output_destroy(output);
	loop_destroy(loop);
	unlinkat(directory_fd, "log", 0);
	close(directory_fd);
	rmdir(directory);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_carry),
		cmocka_unit_test(test_note),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
