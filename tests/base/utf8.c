#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include "base/utf8.h"

static const struct {
	const char *bytes;
	size_t length;
	size_t consumed;
	uint32_t code_point;
} sequences[] = {
	{ "", 0, 0, UTF8_INVALID },
	{ "\0", 1, 1, 0 },
	{ "a", 1, 1, 'a' },
	{ "\x7f", 1, 1, 0x7f },
	{ "\xc2\x80", 2, 2, 0x80 },
	{ "\xdf\xbf", 2, 2, 0x7ff },
	{ "\xe0\xa0\x80", 3, 3, 0x800 },
	{ "\xed\x9f\xbf", 3, 3, 0xd7ff },
	{ "\xee\x80\x80", 3, 3, 0xe000 },
	{ "\xef\xbf\xbf", 3, 3, 0xffff },
	{ "\xf0\x90\x80\x80", 4, 4, 0x10000 },
	{ "\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff },
	{ "\xe2\x82\xac!", 4, 3, 0x20ac },
	/* bytes that begin nothing */
	{ "\x80", 1, 1, UTF8_INVALID },
	{ "\xbf\xbf", 2, 1, UTF8_INVALID },
	{ "\xc0\x80", 2, 1, UTF8_INVALID },
	{ "\xc1\xbf", 2, 1, UTF8_INVALID },
	{ "\xf5\x80\x80\x80", 4, 1, UTF8_INVALID },
	{ "\xfe", 1, 1, UTF8_INVALID },
	{ "\xff", 1, 1, UTF8_INVALID },
	/* overlong, surrogates, too high: wrong at the second byte */
	{ "\xe0\x9f\xbf", 3, 1, UTF8_INVALID },
	{ "\xed\xa0\x80", 3, 1, UTF8_INVALID },
	{ "\xed\xbf\xbf", 3, 1, UTF8_INVALID },
	{ "\xf0\x8f\xbf\xbf", 4, 1, UTF8_INVALID },
	{ "\xf4\x90\x80\x80", 4, 1, UTF8_INVALID },
	/* cut short, by the end and by another character */
	{ "\xc2", 1, 1, UTF8_INVALID },
	{ "\xe2\x82", 2, 2, UTF8_INVALID },
	{ "\xf0\x9f\x98", 3, 3, UTF8_INVALID },
	{ "\xe2\x82z", 3, 2, UTF8_INVALID },
	{ "\xf0\x9f\x98\xc3", 4, 3, UTF8_INVALID },
	{ "\xc3(", 2, 1, UTF8_INVALID },
};

static void test_decode(void **state) {
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		uint32_t code_point = 0;
		size_t consumed = utf8_decode(sequences[i].bytes, sequences[i].length, &code_point);
		if (consumed != sequences[i].consumed || code_point != sequences[i].code_point) {
			fail_msg("row %zu: %zu bytes, U+%04X", i, consumed, code_point);
		}
	}
}

static bool is_surrogate(uint32_t code_point) {
	return code_point >= 0xd800 && code_point <= 0xdfff;
}

static void test_every_code_point(void **state) {
	for (uint32_t code_point = 0; code_point <= 0x10ffff; code_point++) {
		if (is_surrogate(code_point)) {
			continue;
		}
		char bytes[4];
		uint32_t decoded;
		size_t length = utf8_encode(code_point, bytes);
		assert_int_equal(length, code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4);
		assert_int_equal(utf8_decode(bytes, length, &decoded), length);
		assert_int_equal(decoded, code_point);
	}
}

/* The bit pattern of a code point in a form of this many bytes, whether that form is the right one or not. */
static void force(uint32_t code_point, size_t length, char *out) {
	static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	for (size_t i = length - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (code_point & 0x3f));
		code_point >>= 6;
	}
	out[0] = (char)(marks[length] | code_point);
}

/* Every code point in every form that is not its own: overlong ones, surrogates, and past the last. */
static void test_every_wrong_form(void **state) {
	for (uint32_t code_point = 0; code_point < 0x200000; code_point++) {
		size_t shortest = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
		bool never = is_surrogate(code_point) || code_point > 0x10ffff;
		for (size_t length = never ? shortest : shortest + 1; length <= 4; length++) {
			char bytes[4];
			uint32_t decoded;
			force(code_point, length, bytes);
			utf8_decode(bytes, length, &decoded);
			if (decoded != UTF8_INVALID || utf8_is_valid(bytes, length)) {
				fail_msg("U+%04X in %zu bytes was taken for U+%04X", code_point, length, decoded);
			}
		}
	}
}

static const struct {
	const char *text;
	size_t length;
	bool valid;
	bool line;
} texts[] = {
	{ "", 0, true, true },
	{ "plain", 5, true, true },
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9, true, true },
	{ "a\0b", 3, true, false },
	{ "a\nb", 3, true, false },
	{ "\t", 1, true, false },
	{ "\x1b[2J", 4, true, false },
	{ "\x7f", 1, true, false },
	{ "\xc2\x80", 2, true, false },
	{ "\xc2\x9f", 2, true, false },
	{ "\xc2\xa0", 2, true, true },
	{ " ~", 2, true, true },
	{ "ab\xff", 3, false, false },
	{ "ab\xe2\x82", 4, false, false },
	{ "\xed\xa0\x80", 3, false, false },
};

static void test_valid_and_line(void **state) {
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (utf8_is_valid(texts[i].text, texts[i].length) != texts[i].valid) {
			fail_msg("row %zu should be %s", i, texts[i].valid ? "valid" : "invalid");
		}
		if (utf8_is_line(texts[i].text, texts[i].length) != texts[i].line) {
			fail_msg("row %zu should be %s", i, texts[i].line ? "a line" : "no line");
		}
	}
}

#define MARK "\xef\xbf\xbd"

static const struct {
	const char *text;
	size_t length;
	size_t size;
	const char *copy;
} copies[] = {
	{ "", 0, 1, "" },
	{ "work", 4, 16, "work" },
	{ "work", 4, 5, "work" },
	{ "work", 4, 4, "wor" },
	{ "work", 4, 1, "" },
	{ "a\nb\tc", 5, 16, "a" MARK "b" MARK "c" },
	{ "a\0b", 3, 16, "a" MARK "b" },
	{ "\xc2\x9b[m", 4, 16, MARK "[m" },
	{ "\xff\xfe", 2, 16, MARK MARK },
	{ "\xf0\x9f\x98!", 4, 16, MARK "!" },
	{ "a\xe2\x82\xac", 4, 5, "a\xe2\x82\xac" },
	{ "a\xe2\x82\xac", 4, 4, "a" }, /* not in the middle of a character */
	{ "\n\n", 2, 4, MARK },
};

static void test_copy_line(void **state) {
	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
		char out[16];
		memset(out, 'x', sizeof(out));
		assert_ptr_equal(utf8_copy_line(copies[i].text, copies[i].length, out, copies[i].size), out);
		assert_string_equal(out, copies[i].copy);
		assert_true(utf8_is_line(out, strlen(out)));
		for (size_t past = copies[i].size; past < sizeof(out); past++) {
			assert_int_equal(out[past], 'x');
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_every_wrong_form),
		cmocka_unit_test(test_valid_and_line),
		cmocka_unit_test(test_copy_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
