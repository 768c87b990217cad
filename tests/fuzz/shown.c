/*
 * What `coffer` shows of what has passed through instances: titles, logs, paths, reasons. The first byte says into
 * what pieces a log comes, the second where cells of a table begin. Nothing reaches the terminal that it could take
 * for anything but a character to show, a log reads the same in all pieces, and JSON says what there was.
 */

#include <inttypes.h>
#include <locale.h>
#include <string.h>
#include "base/memory.h"
#include "base/utf8.h"
#include "ctl/json.h"
#include "ctl/table.h"
#include "ctl/text.h"
#include "tests/fuzz/fuzz.h"

#define CARRY_MAX 3

int LLVMFuzzerInitialize(int *argc, char ***argv) {
	FUZZ_CHECK(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	return 0;
}

/* Only that: what moves what stands around it, and what nobody sees. */
static bool is_harmless(uint32_t c) {
	return c != UTF8_INVALID && c >= 0x20 && !(c >= 0x7f && c < 0xa0) && c != 0x61c && !(c >= 0x200b && c <= 0x200f) &&
		!(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff && !(c >= 0xe0000 && c <= 0xe0fff);
}

static void check_harmless(const char *text, const char *allowed, bool utf8) {
	size_t length = strlen(text);
	for (size_t at = 0; at < length;) {
		uint32_t c;
		size_t used = utf8_decode(text + at, length - at, &c);
		FUZZ_CHECK(is_harmless(c) || (c < 0x80 && strchr(allowed, (int)c) != NULL));
		FUZZ_CHECK(utf8 || c < 0x80);
		at += used;
	}
}

static void check_clean(const char *text, size_t length, enum text_lines lines, bool utf8) {
	char *clean = text_clean(text, length, lines, utf8);
	check_harmless(clean, lines == TEXT_MANY_LINES ? "\n\t" : "", utf8);
	FUZZ_CHECK(strlen(clean) >= length || memchr(text, '\0', length) != NULL || length == 0);
	char *again = text_clean(clean, strlen(clean), lines, utf8);
	FUZZ_CHECK(strcmp(again, clean) == 0);
	FUZZ_CHECK(text_width(clean) <= 2 * strlen(clean));
	free(again);
	free(clean);
}

/* As `coffer logs` does: what is unfinished waits for what is read next. */
static void check_pieces(const char *text, size_t length, size_t piece) {
	char *whole = text_clean(text, length, TEXT_MANY_LINES, true), *joined = xstrdup("");
	char *held = xcalloc(CARRY_MAX + piece, 1);
	size_t carried = 0;
	for (size_t at = 0; at < length; at += piece) {
		size_t more = length - at < piece ? length - at : piece;
		memcpy(held + carried, text + at, more);
		more += carried;
		carried = text_unfinished(held, more);
		FUZZ_CHECK(carried <= CARRY_MAX && carried <= more);
		char *clean = text_clean(held, more - carried, TEXT_MANY_LINES, true), *longer = xasprintf("%s%s", joined, clean);
		memmove(held, held + more - carried, carried);
		free(clean);
		free(joined);
		joined = longer;
	}
	char *rest = text_clean(held, carried, TEXT_MANY_LINES, true), *all = xasprintf("%s%s", joined, rest);
	FUZZ_CHECK(strcmp(all, whole) == 0);
	free(all);
	free(rest);
	free(joined);
	free(held);
	free(whole);
}

/* ---- JSON, read again as RFC 8259 has it ---- */

static uint32_t read_unit(const char **at) {
	char digits[5] = "";
	memcpy(digits, *at, 4);
	FUZZ_CHECK(strspn(digits, "0123456789abcdef") == 4);
	*at += 4;
	return (uint32_t)strtoul(digits, NULL, 16);
}

static uint32_t read_character(const char **at) {
	unsigned char c = (unsigned char)*(*at)++;
	FUZZ_CHECK(c >= 0x20 && c < 0x7f && c != '"');
	if (c != '\\') {
		return c;
	}
	c = (unsigned char)*(*at)++;
	if (c != 'u') {
		FUZZ_CHECK(c == '"' || c == '\\' || c == 'n');
		return c == 'n' ? '\n' : c;
	}
	uint32_t unit = read_unit(at);
	if (unit < 0xd800 || unit > 0xdfff) {
		return unit;
	}
	FUZZ_CHECK(unit < 0xdc00 && (*at)[0] == '\\' && (*at)[1] == 'u');
	*at += 2;
	uint32_t low = read_unit(at);
	FUZZ_CHECK(low >= 0xdc00 && low <= 0xdfff);
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

static void check_json(const char *text) {
	char *out = NULL;
	size_t out_length, length = strlen(text);
	FILE *file = open_memstream(&out, &out_length);
	struct json json;
	json_init(&json, file);
	json_string(&json, text);
	json_finish(&json);
	FUZZ_CHECK(fclose(file) == 0 && out[0] == '"' && strlen(out) == out_length);
	const char *at = out + 1;
	while (length > 0) {
		uint32_t c;
		size_t used = utf8_decode(text, length, &c);
		FUZZ_CHECK(read_character(&at) == (c == UTF8_INVALID ? 0xfffd : c));
		text += used;
		length -= used;
	}
	FUZZ_CHECK(strcmp(at, "\"\n") == 0);
	free(out);
}

/* ---- tables ---- */

static void check_table(const char *text, size_t cell_length, bool utf8) {
	static const struct table_column columns[] = { { .heading = "NAME" }, { "SIZE", true, false }, { .heading = "PATH" } };
	struct table *table = table_create(columns, 3, utf8);
	char *out = NULL;
	size_t out_length, cells = 0, lines = 0;
	for (size_t length = strlen(text); cells < 30 && length > 0; cells++) {
		char *cell = xstrndup(text, cell_length);
		size_t used = length < cell_length ? length : cell_length;
		table_add(table, cell);
		text += used;
		length -= used;
		free(cell);
	}
	FILE *file = open_memstream(&out, &out_length);
	table_print(table, file);
	FUZZ_CHECK(fclose(file) == 0 && strlen(out) == out_length);
	check_harmless(out, "\n", utf8);
	for (const char *c = out; *c != '\0'; c++) {
		lines += *c == '\n';
	}
	FUZZ_CHECK(lines == 1 + cells / 3);
	table_destroy(table);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size < 2) {
		return 0;
	}
	size_t length = size - 2;
	char *text = xcalloc(length + 1, 1);
	memcpy(text, data + 2, length);
	for (int utf8 = 0; utf8 < 2; utf8++) {
		check_clean(text, length, TEXT_ONE_LINE, utf8);
		check_clean(text, length, TEXT_MANY_LINES, utf8);
		check_table(text, 1 + data[1] % 40, utf8);
	}
	check_pieces(text, length, 1 + data[0] % 32);
	check_json(text);
	free(text);
	return 0;
}
