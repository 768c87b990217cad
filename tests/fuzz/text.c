/* Text that crosses, and its preview. The first byte says into what pieces it is cut, the second how wide a prompt is. */

#include <stdbool.h>
#include <string.h>
#include "base/memory.h"
#include "base/utf8.h"
#include "clipboard/text.h"
#include "tests/fuzz/fuzz.h"

struct filtered {
	char *text;
	size_t length;
	bool valid;
};

static struct filtered filter_text(const char *text, size_t length, size_t piece) {
	struct filtered filtered = { .text = xcalloc(length + TEXT_FILTER_CARRY + 1, 1), .valid = true };
	struct text_filter *filter = text_filter_create();
	for (size_t at = 0; at < length; at += piece) {
		size_t size = length - at < piece ? length - at : piece;
		char *out = xcalloc(size + TEXT_FILTER_CARRY, 1);
		ssize_t written = text_filter_feed(filter, text + at, size, out);
		if (written < 0) {
			filtered.valid = false;
		} else {
			FUZZ_CHECK(filtered.valid); /* once invalid, for ever */
			FUZZ_CHECK((size_t)written <= size + TEXT_FILTER_CARRY);
			FUZZ_CHECK(filtered.length + (size_t)written <= length);
			memcpy(filtered.text + filtered.length, out, (size_t)written);
			filtered.length += (size_t)written;
		}
		free(out);
	}
	FUZZ_CHECK(filtered.valid || !text_filter_end(filter));
	filtered.valid = text_filter_end(filter);
	text_filter_destroy(filter);
	return filtered;
}

static void check_filter(const char *text, size_t length, size_t piece) {
	struct filtered whole = filter_text(text, length, length > 0 ? length : 1);
	struct filtered pieces = filter_text(text, length, piece);
	FUZZ_CHECK(whole.valid == utf8_is_valid(text, length));
	FUZZ_CHECK(whole.valid == pieces.valid);
	if (whole.valid) {
		FUZZ_CHECK(whole.length == pieces.length && memcmp(whole.text, pieces.text, whole.length) == 0);
		FUZZ_CHECK(utf8_is_valid(whole.text, whole.length));
		for (size_t at = 0; at < whole.length;) {
			uint32_t c;
			at += utf8_decode(whole.text + at, whole.length - at, &c);
			FUZZ_CHECK(c == '\t' || c == '\n' || (c >= 0x20 && c < 0x7f) || c >= 0xa0);
		}
		struct filtered again = filter_text(whole.text, whole.length, piece);
		FUZZ_CHECK(again.valid && again.length == whole.length && memcmp(again.text, whole.text, whole.length) == 0);
		free(again.text);
	}
	free(whole.text);
	free(pieces.text);
}

static void check_preview(const char *text, size_t length, size_t lines, size_t columns) {
	struct text_preview preview;
	text_preview_make(&preview, text, length, lines, columns);
	size_t shown = strlen(preview.shown), line = 1, column = 0;
	for (size_t at = 0; at < shown;) {
		uint32_t c;
		at += utf8_decode(preview.shown + at, shown - at, &c);
		FUZZ_CHECK(c != UTF8_INVALID && (c == '\n' || (c >= 0x20 && c < 0x7f) || c >= 0xa0));
		/* Nothing that turns the text around. */
		FUZZ_CHECK(!(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069) && c != 0x200e && c != 0x200f);
		line += c == '\n';
		column = c == '\n' ? 0 : column + 1;
		FUZZ_CHECK(line <= lines && column <= columns);
	}
	FUZZ_CHECK(preview.counted);
	text_preview_finish(&preview);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size < 2) {
		return 0;
	}
	const char *text = (const char *)data + 2;
	check_filter(text, size - 2, 1 + data[0] % 64);
	check_preview(text, size - 2, 1 + data[1] % 8, 1 + data[1] / 8);
	return 0;
}
