#ifndef CLIPBOARD_TEXT_H
#define CLIPBOARD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Text as it crosses, normalised piece by piece as it comes in: valid UTF-8 only, CRLF and CR become LF, control
 * characters (C0 with ESC among them, DEL, C1) other than tab and LF are dropped, byte order marks before the first
 * character are dropped, nothing else changes. However it is cut into pieces, the result is the same.
 */
struct text_filter;

#define TEXT_FILTER_CARRY 3 /* bytes of an unfinished character that wait for the next piece */

struct text_filter *text_filter_create(void);
void text_filter_destroy(struct text_filter *filter); /* NULL is allowed */
/*
 * Writes what becomes of the next length bytes into out (room for length + TEXT_FILTER_CARRY bytes, not
 * overlapping) and returns how many bytes that is, or -1 where the text is not valid UTF-8, then and for ever after.
 */
ssize_t text_filter_feed(struct text_filter *filter, const char *untrusted_text, size_t length, char *out);
/* Nothing more comes: true where all that was fed was valid UTF-8 and no character is left unfinished. */
bool text_filter_end(const struct text_filter *filter);

/*
 * What a prompt shows of a text: at most `lines` lines of `columns` characters each (signs and "…" included).
 * Hidden characters are replaced by visible signs: tab by →, a space at the end of a line by ·, a line feed at
 * the very end by ↵, controls by their pictures such as ␛, what else draws nothing or moves what stands around
 * it (bidirectional and zero-width marks, spaces that are not the common one, private use, combining marks past
 * the fourth in a row) by ⟦U+202E⟧, invalid UTF-8 by �. "…" stands where something was cut.
 */
struct text_preview {
	char *shown;   /* valid UTF-8, LF between lines; freed by text_preview_finish() */
	size_t lines;  /* in what was counted; a last line without LF is a line too */
	size_t hidden; /* signs that it takes to show all of what was counted */
	bool cut;      /* shown is not the whole text */
	bool counted;  /* the whole text was counted; else its first TEXT_PREVIEW_SCAN_MAX bytes: "at least" */
};

#define TEXT_PREVIEW_SCAN_MAX (256 * 1024)

/* Reads at most TEXT_PREVIEW_SCAN_MAX bytes, so that a long text delays nobody. Takes any bytes, normalised or not. */
void text_preview_make(struct text_preview *preview, const char *untrusted_text, size_t size, size_t lines,
	size_t columns);
void text_preview_finish(struct text_preview *preview);

#endif
