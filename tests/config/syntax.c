#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/syntax.h"
#include "tests/config/text.h"

#define CLOSED "a quote is opened and not closed on this line"
#define SPACE "a space is missing after a closing quote"
#define INSIDE "a quote inside a word: put the whole word in quotes"
#define BRACE "a brace inside a word: put the word in quotes, or a space before '{'"
#define ALONE "expected '}' on a line of its own"
#define NEVER "the block opened here is never closed: expected '}'"
#define NOTHING "'}' closes nothing: no block is open here"
#define BACKSLASH "a backslash at the end of the line: it can only stand before a character"

static void test_lines(void **state) {
	static const struct text_case rows[] = {
		{ "", 0, NULL },
		{ "\n\n", 0, NULL },
		{ " \t\n# \"a { b }", 0, NULL },
		{ "layout {\n}", 0, NULL },
		{ "layout { }\n", 0, NULL },
		{ "layout {}\n", 1, "expected the line to end after '{'" },
		{ "layout {\n\tfont \"a b\"\n}\n", 0, NULL },
		{ "layout {\n\tfont 'a \\ b'\n}\n", 0, NULL },
		{ "layout {\n\tfont \"a \\\" b\"\n}\n", 0, NULL },
		{ "layout {\n\tfont a\\ b\\{\n}\n", 0, NULL },
		{ "\"layout\" {\n\t'font' \"{}\"\n}\n", 0, NULL },
		{ "layout {\n\tfont \"a\n}\n", 2, CLOSED },
		{ "layout {\n\tfont 'a\n}\n", 2, CLOSED },
		{ "layout {\n\tfont \"a\\\"\n}\n", 2, CLOSED },
		{ "layout {\n\tfont \"a\"b\n}\n", 2, SPACE },
		{ "layout {\n\tfont \"a\"\"b\"\n}\n", 2, SPACE },
		{ "layout {\n\tfont a\"b\"\n}\n", 2, INSIDE },
		{ "layout {\n\tfont it's\n}\n", 2, INSIDE },
		{ "layout {\n\tfont a\\\n}\n", 2, BACKSLASH },
		{ "layout{\n}\n", 1, BRACE },
		{ "layout {\n\tfont a}\n}\n", 2, BRACE },
		{ "layout {\n\tgap 1 }\n", 0, NULL },
		{ "layout {\n} # end\n", 2, ALONE },
		{ "layout {\n} layout\n", 2, ALONE },
		{ "layout { gap 1\n}\n", 0, NULL },
		{ "layout { gap 1; main-count 2 }\n", 0, NULL },
		{ "layout { gap 1 ; main-count 2; }\n", 0, NULL },
		{ "layout { # the windows\n}\n", 0, NULL },
		{ "\nlayout { gap 1; main-count none }\n", 2, "main-count: expected a whole number of windows from 1 to 9, not 'none'" },
		{ "\nlayout { gap 1; font \"a; }\n", 2, CLOSED },
		{ "layout { font \"a; b }\"; gap x }\n\n", 1, "gap: expected a whole number of pixels from 0 to 100, not 'x'" },
		{ "{\n}\n", 1, "expected a directive's name before '{'" },
		{ "}\n", 1, NOTHING },
		{ "layout {\n}\n}\n", 3, NOTHING },
		{ "layout {\n", 1, NEVER },
		{ "layout {\n\tgap 1\n\nshell {\n}\n", 1, NEVER },
		{ "a {\nb {\nc {\nd {\ne {\n}\n}\n}\n}\n}\n", 5, "blocks are nested more than 4 deep" },
		{ NULL, 0, NULL },
	};
	text_expect_all(rows);
}

/* Zero bytes cannot be in a C string, so these have lengths. */
static void test_hidden(void **state) {
	static const struct {
		const char *text;
		size_t length;
		const char *error;
	} rows[] = {
		{ "\n# \0\n", 5, "the line holds a zero byte" },
		{ "\n# \x01\n", 5, "the line holds a control character" },
		{ "\n# \x1b[0m\n", 8, "the line holds a control character" },
		{ "\n# \x7f\n", 5, "the line holds a control character" },
		{ "\n# \xc2\x9b\n", 6, "the line holds a control character" },
		{ "\n# a\r\n", 6, "the line holds a carriage return: lines end in a line feed alone" },
		{ "\n# \xe2\x80\xae\n", 7, "the line holds an invisible direction mark" },
		{ "\n# \xe2\x81\xa6\n", 7, "the line holds an invisible direction mark" },
		{ "\n# \xe2\x80\xa8\n", 7, "the line holds an invisible line separator" },
		{ "\n\xef\xbb\xbf# a\n", 8, "the line holds an invisible byte order mark" },
		{ "\n# \xff\n", 5, "the line holds bytes that are not UTF-8" },
		{ "\n# \xc0\x80\n", 6, "the line holds bytes that are not UTF-8" },
		{ "\n# \xed\xa0\x80\n", 7, "the line holds bytes that are not UTF-8" },
		{ "\n# \xc3", 4, "the line holds bytes that are not UTF-8" },
		{ "\n# \xc3\n", 5, "the line holds bytes that are not UTF-8" },
		{ "\n# \xc3\xa9\t\xf0\x9f\x8c\x8a\n", 10, NULL },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_errors errors = { 0 };
		struct config *config = config_parse(rows[i].text, rows[i].length, HOME, &errors);
		if (rows[i].error == NULL) {
			assert_int_equal(errors.len, 0);
			assert_non_null(config);
		} else {
			assert_null(config);
			assert_int_equal(errors.len, 1);
			assert_int_equal(errors.list[0].line, 2);
			assert_string_equal(errors.list[0].text, rows[i].error);
		}
		config_destroy(config);
		config_errors_finish(&errors);
	}
}

static char *repeat(const char *text, size_t count, size_t *length) {
	size_t step = strlen(text);
	char *out = xcalloc(count * step + 1, 1);
	for (size_t i = 0; i < count; i++) {
		memcpy(out + i * step, text, step);
	}
	*length = count * step;
	return out;
}

/* What would cost memory, stack or time, were it to reach the tree. */
static void test_bombs(void **state) {
	static const struct {
		const char *step;
		size_t count, errors;
		bool more;
		int line; /* of the first */
	} rows[] = {
		{ "a", CONFIG_SIZE_MAX + 1, 1, false, 0 },
		{ "a {\n", CONFIG_SIZE_MAX / 4, 1, false, 5 },
		{ "}\n", CONFIG_SIZE_MAX / 2, 1, false, 1 },
		{ "\"\n", CONFIG_SIZE_MAX / 2, CONFIG_ERRORS_MAX, true, 1 },
		{ "a\n", CONFIG_SIZE_MAX / 2, CONFIG_ERRORS_MAX, true, 1 },
		{ "layout {\n}\n", CONFIG_SIZE_MAX / 12, CONFIG_ERRORS_MAX, true, 3 },
		{ "instance a\n", CONFIG_SIZE_MAX / 12, CONFIG_ERRORS_MAX, true, 2 },
		{ "bind F1 quit\n", CONFIG_SIZE_MAX / 13, CONFIG_ERRORS_MAX, true, 2 },
		{ "a ", CONFIG_SIZE_MAX / 2, 1, false, 1 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length;
		char *text = repeat(rows[i].step, rows[i].count, &length);
		struct config_errors errors = { 0 };
		assert_null(config_parse(text, length, HOME, &errors));
		assert_int_equal(errors.len, rows[i].errors);
		assert_int_equal(errors.more, rows[i].more);
		assert_int_equal(errors.list[0].line, rows[i].line);
		config_errors_finish(&errors);
		free(text);
	}
}

/* Bad lines do not keep the others from being checked, but what they may have said is not missed. */
static void test_all_in_one_go(void **state) {
	static const char text[] = "bind Super+A run work terminal\n"
							   "instance work {\n"
							   "\tapp terminal \"foot\n"
							   "\tgrace long\n"
							   "}\n"
							   "font \xff\n"
							   "gap 3\n";
	static const int lines[] = { 3, 4, 6, 7 };
	struct config_errors errors = { 0 };
	assert_null(config_parse(text, strlen(text), HOME, &errors));
	assert_int_equal(errors.len, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(errors.list[i].line, lines[i]);
	}
	config_errors_finish(&errors);

	/* With braces amiss, what is in which block is a guess: only the form is reported. */
	static const char lost[] = "layout {} {\nfoo\n} x\nbar \"\n";
	assert_null(config_parse(lost, strlen(lost), HOME, &errors));
	assert_int_equal(errors.len, 3);
	assert_int_equal(errors.list[0].line, 1);
	assert_int_equal(errors.list[1].line, 3);
	assert_int_equal(errors.list[2].line, 4);
	config_errors_finish(&errors);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_all_in_one_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
