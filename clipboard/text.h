#ifndef CLIPBOARD_TEXT_H
#define CLIPBOARD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Text as it crosses: valid UTF-8 only (else NULL), CRLF and CR become LF, zero bytes and control characters
 * other than tab and LF are dropped, a byte order mark at the start is dropped, nothing else changes. The
 * caller frees it; *size is without the zero byte that follows.
 */
char *text_normalise(const char *untrusted_text, size_t length, size_t *size);

/*
 * What a prompt shows of it: at most `lines` lines of `columns` characters, hidden characters (bidi, zero-width,
 * tabs, trailing space, and so on) replaced by visible signs, "…" where cut.
 */
struct text_preview {
	char *shown;    /* LF between lines; the caller frees it with text_preview_finish() */
	size_t lines;   /* in the whole text */
	size_t hidden;  /* hidden characters in the whole text */
	bool cut;
};
void text_preview_make(struct text_preview *preview, const char *text, size_t size, size_t lines, size_t columns);
void text_preview_finish(struct text_preview *preview);

#endif
