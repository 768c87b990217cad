/*
 * What an instance's programs print. The first byte says into what pieces it is cut, the second how many of them
 * come before a note of ours. The text is the same in all pieces; it is valid, without controls, and says every
 * byte; and the log, through the real pipe, is that text with the note on a line of its own.
 */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "instances/output.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tree.h"

#define NOTE "foot has ended"
#define PRINTED_MAX 32768 /* less than a pipe holds */

struct text {
	char *bytes;
	size_t length;
};

static void add(struct text *text, const char *bytes, size_t length) {
	text->bytes = xrealloc_array(text->bytes, text->length + length + 1, 1);
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

static void add_cleaned(struct text *text, struct output_cleaner *cleaner, const char *bytes, size_t length) {
	char *out = xcalloc(OUTPUT_CLEAN_SIZE(length), 1);
	size_t written = output_clean(cleaner, bytes, length, out);
	FUZZ_CHECK(written <= OUTPUT_CLEAN_SIZE(length) && cleaner->carry_len <= 3);
	add(text, out, written);
	free(out);
}

static void add_end(struct text *text, struct output_cleaner *cleaner) {
	char out[OUTPUT_CLEAN_SIZE(0)];
	size_t written = output_clean_end(cleaner, out);
	FUZZ_CHECK(written <= sizeof(out));
	add(text, out, written);
}

static struct text clean(const char *bytes, size_t length, size_t piece) {
	struct text text = { 0 };
	struct output_cleaner cleaner = { 0 };
	add(&text, "", 0);
	for (size_t at = 0; at < length; at += piece) {
		add_cleaned(&text, &cleaner, bytes + at, length - at < piece ? length - at : piece);
	}
	add_end(&text, &cleaner);
	return text;
}

static bool is_shown(uint32_t c) {
	return c != UTF8_INVALID && (c == '\t' || c == '\n' || (c >= 0x20 && c < 0x7f) || c >= 0xa0);
}

/* What it must be: character by character of the whole. */
static void check_says_all(const char *bytes, size_t length, const struct text *text) {
	size_t said = 0;
	for (size_t at = 0; at < length;) {
		uint32_t c;
		size_t used = utf8_decode(bytes + at, length - at, &c);
		for (size_t i = 0; i < used; i++, at++) {
			char escaped[8];
			snprintf(escaped, sizeof(escaped), is_shown(c) ? "%c" : "\\x%02x", (unsigned char)bytes[at]);
			FUZZ_CHECK(strncmp(text->bytes + said, escaped, strlen(escaped)) == 0);
			said += strlen(escaped);
		}
	}
	FUZZ_CHECK(said == text->length);
}

static void check_pure(const char *bytes, size_t length, size_t piece) {
	struct text whole = clean(bytes, length, length + 1), pieces = clean(bytes, length, piece);
	FUZZ_CHECK(whole.length == pieces.length && memcmp(whole.bytes, pieces.bytes, whole.length) == 0);
	check_says_all(bytes, length, &whole);
	struct text again = clean(whole.bytes, whole.length, piece);
	FUZZ_CHECK(again.length == whole.length && memcmp(again.bytes, whole.bytes, whole.length) == 0);
	free(again.bytes);
	free(pieces.bytes);
	free(whole.bytes);
}

static void print(int fd, const char *bytes, size_t length) {
	FUZZ_CHECK(length == 0 || write(fd, bytes, length) == (ssize_t)length);
}

/* Through the pipe; the caller frees what the log holds then. */
static struct text log_all(const char *bytes, size_t first, size_t length) {
	struct text text;
	int place_fd = tree_open(), logs_fd = beneath_open_directory(place_fd, "logs");
	struct loop *loop = loop_create();
	struct output *output = output_create(loop, logs_fd, "log");
	FUZZ_CHECK(output != NULL);
	int fd = output_open_pipe(output);
	print(fd, bytes, first);
	output_note(output, "%s", NOTE);
	print(fd, bytes + first, length - first);
	const char *last = output_last_line(output);
	FUZZ_CHECK(utf8_is_line(last, strlen(last)));
	output_destroy(output);
	loop_destroy(loop);
	int log_fd = openat(logs_fd, "log", O_RDONLY | O_CLOEXEC);
	text.bytes = fd_read_all(log_fd, OUTPUT_LOG_MAX, &text.length);
	FUZZ_CHECK(text.bytes != NULL);
	fd_close(&log_fd);
	fd_close(&logs_fd);
	fd_close(&place_fd);
	tree_remove("logs");
	return text;
}

static void check_log(const char *bytes, size_t first, size_t length) {
	struct text expected = { 0 };
	struct output_cleaner cleaner = { 0 };
	add_cleaned(&expected, &cleaner, bytes, first);
	if (expected.length > 0 && expected.bytes[expected.length - 1] != '\n') {
		add(&expected, "\n", 1);
	}
	add(&expected, "-- " NOTE "\n", strlen("-- " NOTE "\n"));
	add_cleaned(&expected, &cleaner, bytes + first, length - first);
	add_end(&expected, &cleaner);
	struct text logged = log_all(bytes, first, length);
	FUZZ_CHECK(logged.length == expected.length && memcmp(logged.bytes, expected.bytes, logged.length) == 0);
	free(logged.bytes);
	free(expected.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size < 2 || size > PRINTED_MAX) {
		return 0;
	}
	const char *bytes = (const char *)data + 2;
	size_t length = size - 2, piece = 1 + data[0] % 32, first = piece * data[1];
	check_pure(bytes, length, piece);
	check_log(bytes, first < length ? first : length, length);
	return 0;
}
