#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/utf8.h"
#include "clipboard/text.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

/* ---- the filter ---- */

struct filter_row {
	const char *in;
	size_t in_length;
	const char *out; /* NULL: not valid UTF-8 */
	size_t out_length;
};

static const struct filter_row filter_rows[] = {
	{ TEXT(""), TEXT("") },
	{ TEXT("plain"), TEXT("plain") },
	{ TEXT(" two  spaces, a tab\t, a newline\n"), TEXT(" two  spaces, a tab\t, a newline\n") },
	{ TEXT("caf\u00e9 \u4f60\u597d \U0001f600"), TEXT("caf\u00e9 \u4f60\u597d \U0001f600") },
	/* line ends */
	{ TEXT("a\r\nb\r\n"), TEXT("a\nb\n") },
	{ TEXT("a\rb\r"), TEXT("a\nb\n") },
	{ TEXT("\r\r\n\n\r"), TEXT("\n\n\n\n") },
	{ TEXT("a\r\0\nb"), TEXT("a\n\nb") },
	{ TEXT("a\r\u00e9\nb"), TEXT("a\n\u00e9\nb") },
	/* controls */
	{ TEXT("a\0b"), TEXT("ab") },
	{ TEXT("\x1b[31mred\x1b[0m\x07\x7f"), TEXT("[31mred[0m") },
	{ TEXT("\x01\x08\x0b\x0c\x0e\x1f"), TEXT("") },
	{ TEXT("a\xc2\x80\xc2\x85\xc2\x9b\xc2\x9f" "b\u00a0c"), TEXT("ab\u00a0c") },
	/* hidden characters stay: they are the person's to see in the preview */
	{ TEXT("a\u202eb\u200bc\u2066"), TEXT("a\u202eb\u200bc\u2066") },
	/* byte order marks */
	{ TEXT("\ufeffa\ufeffb"), TEXT("a\ufeffb") },
	{ TEXT("\ufeff\ufeffa"), TEXT("a") },
	{ TEXT("\0\ufeffa"), TEXT("a") },
	{ TEXT("\n\ufeffa"), TEXT("\n\ufeffa") },
	{ TEXT("\ufeff"), TEXT("") },
	/* not UTF-8 */
	{ TEXT("\x80"), NULL, 0 },
	{ TEXT("a\xff"), NULL, 0 },
	{ TEXT("caf\xe9 au lait"), NULL, 0 },
	{ TEXT("\xc0\x80"), NULL, 0 }, /* overlong */
	{ TEXT("\xe0\x80\xaf"), NULL, 0 },
	{ TEXT("\xed\xa0\x80"), NULL, 0 }, /* a surrogate */
	{ TEXT("\xf4\x90\x80\x80"), NULL, 0 }, /* above U+10FFFF */
	{ TEXT("\xf8\x88\x80\x80\x80"), NULL, 0 },
	{ TEXT("a\xc3"), NULL, 0 }, /* unfinished */
	{ TEXT("a\xe4\xbd"), NULL, 0 },
	{ TEXT("a\xf0\x9f\x98"), NULL, 0 },
	{ TEXT("\xc3" "a"), NULL, 0 },
	{ TEXT("\xe4\xbd" "a"), NULL, 0 },
	{ TEXT("\xf0\x9f" "abcdef"), NULL, 0 },
	{ TEXT("h\0e\0l\0l\0o\0\xe9\0"), NULL, 0 }, /* UTF-16 */
};

#define FILTER_ROWS (sizeof(filter_rows) / sizeof(filter_rows[0]))

/* Feeds a piece from a buffer of its exact size into one of its exact size, so that a sanitizer sees any step outside. */
static bool feed(struct text_filter *filter, const char *piece, size_t length, char *out, size_t *used) {
	char *in = malloc(length > 0 ? length : 1);
	char *room = malloc(length + TEXT_FILTER_CARRY);
	assert_non_null(in);
	assert_non_null(room);
	memcpy(in, piece, length);
	ssize_t written = text_filter_feed(filter, in, length, room);
	if (written >= 0) {
		assert_true((size_t)written <= length + TEXT_FILTER_CARRY);
		memcpy(out + *used, room, (size_t)written);
		*used += (size_t)written;
	}
	free(in);
	free(room);
	return written >= 0;
}

static void check_filter(const struct filter_row *row, const size_t *pieces, size_t pieces_len) {
	char out[256];
	size_t used = 0, at = 0;
	bool fed = true;
	struct text_filter *filter = text_filter_create();
	for (size_t i = 0; i < pieces_len && fed; i++) {
		fed = feed(filter, row->in + at, pieces[i], out, &used);
		at += pieces[i];
	}
	bool valid = text_filter_end(filter);
	assert_true(fed || !valid);
	assert_int_equal(valid, row->out != NULL);
	if (valid) {
		assert_int_equal(used, row->out_length);
		assert_memory_equal(out, row->out, used);
	}
	if (!fed) {
		/* It does not recover. */
		assert_int_equal(text_filter_feed(filter, "a", 1, out), -1);
		assert_false(text_filter_end(filter));
	}
	text_filter_destroy(filter);
}

static void test_filter_whole(void **state) {
	(void)state;
	for (size_t i = 0; i < FILTER_ROWS; i++) {
		check_filter(&filter_rows[i], &filter_rows[i].in_length, 1);
	}
	text_filter_destroy(NULL);
}

static void test_filter_byte_by_byte(void **state) {
	(void)state;
	size_t ones[64];
	for (size_t i = 0; i < 64; i++) {
		ones[i] = 1;
	}
	for (size_t i = 0; i < FILTER_ROWS; i++) {
		assert_true(filter_rows[i].in_length <= 64);
		check_filter(&filter_rows[i], ones, filter_rows[i].in_length);
	}
}

static void test_filter_cut_anywhere(void **state) {
	(void)state;
	for (size_t i = 0; i < FILTER_ROWS; i++) {
		size_t length = filter_rows[i].in_length;
		for (size_t first = 0; first <= length; first++) {
			for (size_t second = 0; first + second <= length; second++) {
				size_t pieces[3] = { first, second, length - first - second };
				check_filter(&filter_rows[i], pieces, 3);
			}
		}
	}
}

/* What has crossed once crosses again unchanged. */
static void test_filter_is_idempotent(void **state) {
	(void)state;
	for (size_t i = 0; i < FILTER_ROWS; i++) {
		if (filter_rows[i].out != NULL) {
			struct filter_row again = filter_rows[i];
			again.in = again.out;
			again.in_length = again.out_length;
			check_filter(&again, &again.in_length, 1);
		}
	}
}

/* ---- the preview ---- */

struct preview_row {
	const char *text;
	size_t size;
	size_t max_lines, max_columns;
	const char *shown;
	size_t lines, hidden;
	bool cut;
};

static const struct preview_row preview_rows[] = {
	{ TEXT(""), 5, 20, "", 0, 0, false },
	{ TEXT("hello"), 5, 20, "hello", 1, 0, false },
	{ TEXT("a b  c"), 5, 20, "a b  c", 1, 0, false },
	{ TEXT("one\ntwo\nthree"), 5, 20, "one\ntwo\nthree", 3, 0, false },
	{ TEXT("one\n\nthree"), 3, 5, "one\n\nthree", 3, 0, false },
	{ TEXT("caf\u00e9 \u4f60\u597d"), 5, 7, "caf\u00e9 \u4f60\u597d", 1, 0, false },
	/* signs */
	{ TEXT("a\tb"), 5, 20, "a→b", 1, 1, false },
	{ TEXT("rm -rf ~\n"), 5, 20, "rm -rf ~↵", 1, 1, false },
	{ TEXT("\n"), 5, 20, "↵", 1, 1, false },
	{ TEXT("a\n\n"), 5, 20, "a\n↵", 2, 1, false },
	{ TEXT("end  "), 5, 20, "end··", 1, 2, false },
	{ TEXT(" a \n b"), 5, 20, " a·\n b", 2, 1, false },
	{ TEXT("   "), 5, 20, "···", 1, 3, false },
	{ TEXT("\x1b[0m\x7f\r"), 5, 20, "␛[0m␡␍", 1, 3, false },
	{ TEXT("a\0b"), 5, 20, "a␀b", 1, 1, false },
	{ TEXT("\u202eab"), 5, 20, "⟦U+202E⟧ab", 1, 1, false },
	{ TEXT("\u2066\u2069\u200b\u200d\ufeff\u00ad"), 5, 80,
		"⟦U+2066⟧⟦U+2069⟧⟦U+200B⟧⟦U+200D⟧⟦U+FEFF⟧⟦U+00AD⟧", 1, 6, false },
	{ TEXT("a\u00a0b\u3000c\u2028d\xc2\x85"), 5, 80, "a⟦U+00A0⟧b⟦U+3000⟧c⟦U+2028⟧d⟦U+0085⟧", 1, 4, false },
	{ TEXT("\ue000\U000e0041\ufe0f\u3164\uffff\U0010ffff"), 5, 80,
		"⟦U+E000⟧⟦U+E0041⟧⟦U+FE0F⟧⟦U+3164⟧⟦U+FFFF⟧⟦U+10FFFF⟧", 1, 6, false },
	{ TEXT("a\xff\xe4\xbd" "b"), 5, 20, "a��b", 1, 2, false },
	/* neighbours of the hidden show themselves */
	{ TEXT("\u061b\u1fff\u2010\u2027\u2030\u205e\u2070\ufdfd\ufe10\ufffc"), 5, 20,
		"\u061b\u1fff\u2010\u2027\u2030\u205e\u2070\ufdfd\ufe10\ufffc", 1, 0, false },
	/* marks pile up four high and no more */
	{ TEXT("e\u0301\u0301\u0301\u0301x"), 5, 40, "e\u0301\u0301\u0301\u0301x", 1, 0, false },
	{ TEXT("e\u0301\u0301\u0301\u0301\u0301\u0300x\u0301"), 5, 40,
		"e\u0301\u0301\u0301\u0301⟦U+0301⟧⟦U+0300⟧x\u0301", 1, 2, false },
	/* columns */
	{ TEXT("12345"), 5, 5, "12345", 1, 0, false },
	{ TEXT("123456"), 5, 5, "1234…", 1, 0, true },
	{ TEXT("\u4f60\u597d\u4f60\u597d"), 5, 3, "\u4f60\u597d…", 1, 0, true },
	{ TEXT("1234\t6"), 5, 5, "1234…", 1, 1, true },
	{ TEXT("12345\n"), 5, 5, "1234…", 1, 1, true },
	{ TEXT("a\u202eb"), 5, 5, "a…", 1, 1, true }, /* a sign is whole or not there */
	{ TEXT("a\u202eb"), 5, 9, "a…", 1, 1, true },
	{ TEXT("a\u202eb"), 5, 10, "a⟦U+202E⟧b", 1, 1, false },
	{ TEXT("123456\nab\n123456"), 5, 5, "1234…\nab\n1234…", 3, 0, true },
	{ TEXT("123456\t\t\nab"), 5, 5, "1234…\nab", 2, 2, true }, /* what is not shown is counted */
	{ TEXT("abc"), 5, 1, "…", 1, 0, true },
	/* lines */
	{ TEXT("a\nb\nc"), 2, 5, "a\nb…", 3, 0, true },
	{ TEXT("a\nb\nc\t"), 2, 5, "a\nb…", 3, 1, true },
	{ TEXT("a\n12345\nc"), 2, 5, "a\n1234…", 3, 0, true },
	{ TEXT("a\n123456\nc"), 2, 5, "a\n1234…", 3, 0, true },
	{ TEXT("a\n\nc"), 2, 5, "a\n…", 3, 0, true },
	{ TEXT("a\nb\n"), 2, 5, "a\nb↵", 2, 1, false },
	/* no room at all */
	{ TEXT("a\nb\t"), 0, 5, "", 2, 1, true },
	{ TEXT("a\nb\t"), 1, 0, "", 2, 1, true },
	{ TEXT("a"), 0, 0, "", 1, 0, true },
	{ TEXT(""), 0, 0, "", 0, 0, false },
};

static void check_preview(const struct preview_row *row) {
	/* In a buffer of its exact size, for the sanitizer. */
	char *text = malloc(row->size > 0 ? row->size : 1);
	assert_non_null(text);
	memcpy(text, row->text, row->size);
	struct text_preview preview;
	text_preview_make(&preview, text, row->size, row->max_lines, row->max_columns);
	assert_string_equal(preview.shown, row->shown);
	assert_int_equal(preview.lines, row->lines);
	assert_int_equal(preview.hidden, row->hidden);
	assert_int_equal(preview.cut, row->cut);
	assert_true(preview.counted);
	text_preview_finish(&preview);
	assert_null(preview.shown);
	free(text);
}

static void test_preview(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(preview_rows) / sizeof(preview_rows[0]); i++) {
		check_preview(&preview_rows[i]);
	}
}

/* Whatever the text and the size, the shape holds: so many lines, so many columns, valid UTF-8, nothing hidden. */
static void check_shape(const char *text, size_t size, size_t lines, size_t columns) {
	struct text_preview preview;
	text_preview_make(&preview, text, size, lines, columns);
	size_t length = strlen(preview.shown), at = 0, line = 1, column = 0;
	assert_true(utf8_is_valid(preview.shown, length));
	while (at < length) {
		uint32_t code_point;
		at += utf8_decode(preview.shown + at, length - at, &code_point);
		line += code_point == '\n';
		column = code_point == '\n' ? 0 : column + 1;
		assert_true(code_point == '\n' || (code_point >= ' ' && code_point != 0x7f && code_point != 0x202e));
		assert_true(column <= columns);
	}
	assert_true(length == 0 || line <= lines);
	text_preview_finish(&preview);
}

static void test_preview_shape(void **state) {
	(void)state;
	for (size_t i = 0; i < FILTER_ROWS; i++) {
		for (size_t lines = 0; lines < 4; lines++) {
			for (size_t columns = 0; columns < 12; columns++) {
				check_shape(filter_rows[i].in, filter_rows[i].in_length, lines, columns);
			}
		}
	}
	/* A fixed sequence of bytes without order. */
	char noise[4096];
	uint32_t value = 1;
	for (size_t i = 0; i < sizeof(noise); i++) {
		value = value * 1664525u + 1013904223u;
		noise[i] = (char)(value >> 24);
	}
	for (size_t columns = 0; columns < 40; columns++) {
		check_shape(noise, sizeof(noise), 7, columns);
	}
}

static void test_preview_of_a_long_text(void **state) {
	(void)state;
	size_t size = TEXT_PREVIEW_SCAN_MAX + 100;
	char *text = malloc(size);
	assert_non_null(text);
	memset(text, '\t', size);
	text[5] = '\n';

	struct text_preview preview;
	text_preview_make(&preview, text, TEXT_PREVIEW_SCAN_MAX, 3, 10);
	assert_true(preview.counted);
	assert_int_equal(preview.lines, 2);
	assert_int_equal(preview.hidden, TEXT_PREVIEW_SCAN_MAX - 1);
	text_preview_finish(&preview);

	text_preview_make(&preview, text, size, 3, 10);
	assert_false(preview.counted);
	assert_true(preview.cut);
	assert_string_equal(preview.shown, "→→→→→\n→→→→→→→→→…");
	assert_int_equal(preview.lines, 2);
	assert_int_equal(preview.hidden, TEXT_PREVIEW_SCAN_MAX - 1);
	text_preview_finish(&preview);

	/* A character across the limit is not taken for a broken one; an empty last line is marked as cut. */
	memset(text, 'a', size);
	memcpy(text + TEXT_PREVIEW_SCAN_MAX - 2, "\u4f60", 3);
	text[TEXT_PREVIEW_SCAN_MAX - 3] = '\n';
	text_preview_make(&preview, text, size, 3, 4);
	assert_string_equal(preview.shown, "aaa…\n…");
	assert_int_equal(preview.lines, 2);
	assert_int_equal(preview.hidden, 0);
	text_preview_finish(&preview);
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_whole),
		cmocka_unit_test(test_filter_byte_by_byte),
		cmocka_unit_test(test_filter_cut_anywhere),
		cmocka_unit_test(test_filter_is_idempotent),
		cmocka_unit_test(test_preview),
		cmocka_unit_test(test_preview_shape),
		cmocka_unit_test(test_preview_of_a_long_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
