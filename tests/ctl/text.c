#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <locale.h>
#include "ctl/text.h"

static void clean_shows_characters_alone(void **state) {
	static const struct {
		const char *text;
		size_t length;
		enum text_lines lines;
		bool utf8;
		const char *expected;
	} cases[] = {
#define CASE(text, lines, utf8, expected) { text, sizeof(text) - 1, lines, utf8, expected }
		CASE("", TEXT_ONE_LINE, true, ""),
		CASE("plain ~ text", TEXT_ONE_LINE, true, "plain ~ text"),
		CASE("\x1b[31mred", TEXT_ONE_LINE, true, "\\x1b[31mred"),
		CASE("a\nb\tc\r", TEXT_ONE_LINE, true, "a\\x0ab\\x09c\\x0d"),
		CASE("a\nb\tc\r", TEXT_MANY_LINES, true, "a\nb\tc\\x0d"),
		CASE("a\0b\x7f", TEXT_MANY_LINES, true, "a\\x00b\\x7f"),
		/* C1: a terminal may take U+009B for ESC [ */
		CASE("\xc2\x9b", TEXT_MANY_LINES, true, "\\xc2\\x9b"),
		CASE("\x9b", TEXT_MANY_LINES, true, "\\x9b"),
		CASE("\xc2\xa0", TEXT_ONE_LINE, true, "\xc2\xa0"),
		CASE("größe 中 😀", TEXT_ONE_LINE, true, "größe 中 😀"),
		CASE("größe", TEXT_ONE_LINE, false, "gr\\xc3\\xb6\\xc3\\x9fe"),
		/* RIGHT-TO-LEFT OVERRIDE, ZERO WIDTH SPACE, LINE SEPARATOR, BYTE ORDER MARK, a tag, a noncharacter */
		CASE("\xe2\x80\xae", TEXT_ONE_LINE, true, "\\xe2\\x80\\xae"),
		CASE("\xe2\x80\x8b", TEXT_ONE_LINE, true, "\\xe2\\x80\\x8b"),
		CASE("\xe2\x80\xa8", TEXT_MANY_LINES, true, "\\xe2\\x80\\xa8"),
		CASE("\xef\xbb\xbf", TEXT_ONE_LINE, true, "\\xef\\xbb\\xbf"),
		CASE("\xf3\xa0\x81\x81", TEXT_ONE_LINE, true, "\\xf3\\xa0\\x81\\x81"),
		CASE("\xef\xbf\xbe", TEXT_ONE_LINE, true, "\\xef\\xbf\\xbe"),
		/* overlong, surrogate, cut short */
		CASE("\xc0\xaf", TEXT_ONE_LINE, true, "\\xc0\\xaf"),
		CASE("\xed\xa0\x80", TEXT_ONE_LINE, true, "\\xed\\xa0\\x80"),
		CASE("a\xe4\xb8", TEXT_ONE_LINE, true, "a\\xe4\\xb8"),
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *clean = text_clean(cases[i].text, cases[i].length, cases[i].lines, cases[i].utf8);
		assert_string_equal(clean, cases[i].expected);
		free(clean);
	}
}

/* Whatever the bytes, what comes out has no control character but those that were asked for. */
static void clean_lets_no_byte_through(void **state) {
	for (unsigned first = 0; first < 256; first++) {
		for (unsigned second = 0; second < 256; second++) {
			char bytes[] = { (char)first, (char)second };
			char *clean = text_clean(bytes, sizeof(bytes), TEXT_ONE_LINE, false);
			for (const char *c = clean; *c != '\0'; c++) {
				assert_true(*c >= 0x20 && *c <= 0x7e);
			}
			free(clean);
		}
	}
}

static void unfinished_counts_what_may_go_on(void **state) {
	static const struct {
		const char *text;
		size_t expected;
	} cases[] = {
		{ "", 0 },
		{ "a", 0 },
		{ "\xc3", 1 },
		{ "\xc3\xb6", 0 },
		{ "a\xe4", 1 },
		{ "a\xe4\xb8", 2 },
		{ "a\xe4\xb8\xad", 0 },
		{ "\xf0", 1 },
		{ "\xf0\x9f", 2 },
		{ "\xf0\x9f\x98", 3 },
		{ "\xf0\x9f\x98\x80", 0 },
		{ "\x80\x80\x80\x80", 0 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(text_unfinished(cases[i].text, strlen(cases[i].text)), cases[i].expected);
	}
}

static void size_has_three_digits_at_most(void **state) {
	static const struct {
		uint64_t bytes;
		const char *expected;
	} cases[] = {
		{ 0, "0 B" },
		{ 1, "1 B" },
		{ 999, "999 B" },
		{ 1000, "1.0 kB" },
		{ 1049, "1.0 kB" },
		{ 9949, "9.9 kB" },
		{ 9950, "10 kB" },
		{ 214748364, "215 MB" },
		{ 999499, "999 kB" },
		{ 999500, "1.0 MB" },
		{ 999499999, "999 MB" },
		{ 999500000, "1.0 GB" },
		{ UINT64_MAX, "18 EB" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[TEXT_SIZE_SIZE];
		assert_string_equal(text_size(cases[i].bytes, out), cases[i].expected);
	}
}

static void width_is_the_terminal_s(void **state) {
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("größe"), 5);
	assert_int_equal(text_width("中文"), 4);
}

static int set_locale(void **state) {
	return setlocale(LC_CTYPE, "C.UTF-8") != NULL && text_locale_is_utf8() ? 0 : -1;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_shows_characters_alone),
		cmocka_unit_test(clean_lets_no_byte_through),
		cmocka_unit_test(unfinished_counts_what_may_go_on),
		cmocka_unit_test(size_has_three_digits_at_most),
		cmocka_unit_test(width_is_the_terminal_s),
	};
	return cmocka_run_group_tests_name("ctl text", tests, set_locale, NULL);
}
