#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "policy/label.h"
#include "policy/unicode.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
	const char *what, *untrusted_title;
	size_t length;
	const char *label;
} rows[] = {
	{"plain", TEXT("notes.txt - Editor"), "notes.txt - Editor"},
	{"nothing", TEXT(""), ""},
	{"only space", TEXT(" \t\n\xc2\xa0\xe3\x80\x80\xe2\xa0\x80 "), ""},
	{"ends and runs", TEXT("  a \t b\r\n\r\nc  "), "a b c"},
	{"other scripts", TEXT("Größe — 日本語 Ελλάδα 🙂"), "Größe — 日本語 Ελλάδα 🙂"},
	{"line and paragraph separators, next line", TEXT("a\xe2\x80\xa8"
		"b\xe2\x80\xa9"
		"c\xc2\x85"
		"d\ve\ff"), "a b c d e f"},
	{"controls", TEXT("a\x1b[31mb\x07\x7f\x01"
		"c\xc2\x9b"
		"d\0e"), "a[31mbcde"},
	{"bidirectional", TEXT("\xe2\x80\xaegnp\xe2\x80\xac\xe2\x81\xa6x\xe2\x81\xa9\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"),
		"gnpx"},
	{"zero width", TEXT("w\xe2\x80\x8bo\xe2\x80\x8cr\xe2\x80\x8dk\xe2\x81\xa0\xef\xbb\xbf\xc2\xad"), "work"},
	{"Hangul fillers", TEXT("a\xe3\x85\xa4\xef\xbe\xa0\xe1\x85\x9f\xe1\x85\xa0"
		"b"), "ab"},
	{"tags and variation selectors", TEXT("x\xf3\xa0\x81\xa1\xf3\xa0\x81\xbf\xef\xb8\x8f\xf3\xa0\x84\x80y"), "xy"},
	{"private use and non-characters", TEXT("a\xee\x80\x80\xf3\xb0\x80\x80\xef\xb7\x90\xef\xbf\xbf\xf0\x9f\xbf\xbe"
		"b"), "ab"},
	{"emoji joined by nothing visible", TEXT("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9"),
		"\xf0\x9f\x91\xa8\xf0\x9f\x91\xa9"},
	{"a mark with nothing to stand on", TEXT("\xcc\x88\xcc\x88 \xcc\x88"
		"a \xcc\x88"
		"b\xcc\x88"), "a b\xcc\x88"},
	{"a tower of marks", TEXT("a\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86"
		"b\xcc\x81"), "a\xcc\x81\xcc\x82\xcc\x83\xcc\x84"
		"b\xcc\x81"},
	{"a tower with mortar that is dropped", TEXT("a\xcc\x81\xcc\x82\xe2\x80\x8d\xcc\x83\xcc\x84\xe2\x80\x8d\xcc\x85"),
		"a\xcc\x81\xcc\x82\xcc\x83\xcc\x84"},
	{"not UTF-8", TEXT("a\xff\xfe\xc3(\xed\xa0\x80"
		"b\xe2\x82"), "a\xef\xbf\xbd(\xef\xbf\xbd"
		"b\xef\xbf\xbd"},
	{"not UTF-8, with nothing visible between", TEXT("\xff\xe2\x80\x8b\xff \xff"), "\xef\xbf\xbd \xef\xbf\xbd"},
	{"overlong", TEXT("\xc0\xaf\xe0\x80\xaf"), "\xef\xbf\xbd"},
	{"a name in brackets is a title like another", TEXT("[bank] Overview"), "[bank] Overview"},
};

static void test_rows(void **state) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[LABEL_SIZE];
		memset(out, 'X', sizeof(out));
		assert_ptr_equal(label_clean(rows[i].untrusted_title, rows[i].length, out), out);
		if (strcmp(out, rows[i].label) != 0) {
			fail_msg("%s: '%s', expected '%s'", rows[i].what, out, rows[i].label);
		}
	}
	char out[LABEL_SIZE];
	assert_string_equal(label_clean(NULL, 0, out), "");
}

/* count times unit, then tail, cleaned. */
static void clean_repeated(const char *unit, size_t count, const char *tail, char *out) {
	size_t size = strlen(unit), length = size * count + strlen(tail);
	char *text = malloc(length + 1);
	assert_non_null(text);
	for (size_t i = 0; i < count; i++) {
		memcpy(text + i * size, unit, size);
	}
	memcpy(text + count * size, tail, strlen(tail) + 1);
	label_clean(text, length, out);
	free(text);
}

static size_t count_characters(const char *text) {
	size_t count = 0;
	for (; *text; text++) {
		count += (*text & 0xc0) != 0x80;
	}
	return count;
}

static void test_cut(void **state) {
	static const char ellipsis[] = "\xe2\x80\xa6";
	char out[LABEL_SIZE];
	clean_repeated("x", 128, "", out);
	assert_int_equal(strlen(out), 128);
	assert_null(strstr(out, ellipsis));
	clean_repeated("x", 128, "  \n ", out); /* nothing is lost, so nothing is said */
	assert_null(strstr(out, ellipsis));
	clean_repeated("x", 129, "", out);
	assert_int_equal(count_characters(out), 128);
	assert_string_equal(out + 127, ellipsis);
	/* The widest there is: four bytes each. */
	clean_repeated("\xf0\x9f\x99\x82", 70000, "", out);
	assert_int_equal(count_characters(out), 128);
	assert_string_equal(out + 127 * 4, ellipsis);
	assert_true(utf8_is_valid(out, strlen(out)));
	/* No space before the ellipsis: as the last character, and as the one too many. */
	clean_repeated("x", 126, " yz", out);
	assert_string_equal(out + 126, ellipsis);
	clean_repeated("x", 127, " yz", out);
	assert_string_equal(out + 127, ellipsis);
	clean_repeated("x", 128, " yz", out);
	assert_string_equal(out + 127, ellipsis);
	clean_repeated("x", 128, "\xcc\x81", out);
	assert_string_equal(out + 127, ellipsis);
	/* 64 KiB of what is dropped, and of what is not UTF-8. */
	clean_repeated("\xe2\x80\x8b", 22000, "end", out);
	assert_string_equal(out, "end");
	clean_repeated("\xff", 65536, "end", out);
	assert_string_equal(out, "\xef\xbf\xbd"
		"end");
}

/* What holds of every label, whatever bytes it was made of. */
static void check_label(const char *untrusted_title, size_t length) {
	char out[LABEL_SIZE], again[LABEL_SIZE];
	label_clean(untrusted_title, length, out);
	size_t left = strlen(out), marks = 0, characters = 0;
	assert_true(left < LABEL_SIZE);
	enum unicode_class before = UNICODE_SPACE;
	for (const char *text = out; left > 0; characters++) {
		uint32_t code_point;
		size_t used = utf8_decode(text, left, &code_point);
		assert_int_not_equal(code_point, UTF8_INVALID);
		enum unicode_class class = unicode_classify(code_point);
		assert_int_not_equal(class, UNICODE_DROP);
		if (class == UNICODE_SPACE) {
			assert_int_equal(code_point, ' ');
			assert_int_not_equal(before, UNICODE_SPACE);
		} else if (class == UNICODE_MARK) {
			assert_int_not_equal(before, UNICODE_SPACE);
			assert_true(++marks <= LABEL_MARKS_MAX);
		}
		marks = class == UNICODE_MARK ? marks : 0;
		before = class;
		text += used;
		left -= used;
	}
	assert_true(characters <= LABEL_CHARACTERS_MAX);
	assert_true(characters == 0 || before != UNICODE_SPACE);
	/* A label is its own label. */
	assert_string_equal(label_clean(out, strlen(out), again), out);
}

/* Bytes and code points by chance, the same in every run. */
static void test_any_bytes(void **state) {
	static const uint32_t firsts[] = {0x00, 0x20, 0x300, 0x200b, 0x2028, 0x1f600, 0xe0020, 0xfe00, 0xffff0};
	uint32_t random = 7;
	for (int run = 0; run < 20000; run++) {
		char text[1024];
		size_t length = 0;
		while (length < sizeof(text) - 4) {
			random = random * 1664525 + 1013904223;
			uint32_t dice = random >> 8;
			if (run % 2 == 0 && dice % 8 == 0) {
				text[length++] = (char)(dice >> 4);
			} else {
				length += utf8_encode(firsts[dice % 9] + (dice >> 8) % 16, text + length);
			}
			if (dice % 199 == 0) {
				break;
			}
		}
		check_label(text, length);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_any_bytes),
	};
	return cmocka_run_group_tests_name("policy label", tests, NULL, NULL);
}
