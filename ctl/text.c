#include <inttypes.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "ctl/text.h"

/* Default-ignorable, bidirectional and interlinear marks, separators and specials: Unicode 16, sorted. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x00, 0x1f },
	{ 0x7f, 0x9f },
	{ 0xad, 0xad },
	{ 0x34f, 0x34f },
	{ 0x600, 0x605 },
	{ 0x61c, 0x61c },
	{ 0x6dd, 0x6dd },
	{ 0x70f, 0x70f },
	{ 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },
	{ 0x200b, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2060, 0x206f },
	{ 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },
	{ 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff },
	{ 0xf0000, 0x10ffff },
};

static bool is_hidden(uint32_t code_point) {
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (code_point >= hidden[i].first && code_point <= hidden[i].last) {
			return true;
		}
	}
	return (code_point & 0xfffe) == 0xfffe || (code_point >= 0xfdd0 && code_point <= 0xfdef);
}

bool text_locale_is_utf8(void) {
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

char *text_clean(const char *untrusted_text, size_t length, enum text_lines lines, bool utf8) {
	char *out = xcalloc(length + 1, 4), *end = out;
	size_t at = 0;
	while (at < length) {
		uint32_t code_point;
		size_t used = utf8_decode(untrusted_text + at, length - at, &code_point);
		bool kept = lines == TEXT_MANY_LINES && (code_point == '\n' || code_point == '\t');
		bool shown = code_point != UTF8_INVALID && (utf8 || code_point < 0x80) && !is_hidden(code_point);
		if (kept || shown) {
			memcpy(end, untrusted_text + at, used);
			end += used;
		} else {
			for (size_t i = 0; i < used; i++) {
				/* The zero byte that snprintf adds is overwritten by what comes next. */
				snprintf(end, 5, "\\x%02x", (unsigned char)untrusted_text[at + i]);
				end += 4;
			}
		}
		at += used;
	}
	*end = '\0';
	return out;
}

size_t text_unfinished(const char *untrusted_text, size_t length) {
	for (size_t back = 1; back <= 3 && back <= length; back++) {
		unsigned char byte = (unsigned char)untrusted_text[length - back];
		if ((byte & 0xc0) == 0x80) {
			continue;
		}
		size_t needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
		return needed > back ? back : 0;
	}
	return 0;
}

size_t text_width(const char *text) {
	size_t width = 0, length = strlen(text);
	while (length > 0) {
		uint32_t code_point;
		size_t used = utf8_decode(text, length, &code_point);
		int columns = code_point < 0x80 ? 1 : wcwidth((wchar_t)code_point);
		width += columns < 0 ? 1 : (size_t)columns;
		text += used;
		length -= used;
	}
	return width;
}

const char *text_size(uint64_t bytes, char out[TEXT_SIZE_SIZE]) {
	static const char units[] = "kMGTPE";
	if (bytes < 1000) {
		snprintf(out, TEXT_SIZE_SIZE, "%" PRIu64 " B", bytes);
		return out;
	}
	double value = (double)bytes / 1000;
	size_t unit = 0;
	/* 999.5 would print as 1000. */
	while (value >= 999.5 && units[unit + 1] != '\0') {
		value /= 1000;
		unit++;
	}
	snprintf(out, TEXT_SIZE_SIZE, value < 9.95 ? "%.1f %cB" : "%.0f %cB", value, units[unit]);
	return out;
}

void text_complain(const char *format, ...) {
	char *line = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&line, format, arguments);
	va_end(arguments);
	if (length < 0) {
		return;
	}
	char *clean = text_clean(line, (size_t)length, TEXT_ONE_LINE, text_locale_is_utf8());
	fprintf(stderr, "coffer: %s\n", clean);
	free(clean);
	free(line);
}
