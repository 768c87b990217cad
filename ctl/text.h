#ifndef CTL_TEXT_H
#define CTL_TEXT_H

/*
 * Text for a person's terminal. Titles, reasons and logs have passed through instances: nothing of them reaches
 * the terminal that it could take for anything but a character to show.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum text_lines {
	TEXT_ONE_LINE, /* line feeds and tabs are hidden like every other control character */
	TEXT_MANY_LINES, /* line feeds and tabs are kept */
};

/* Does the terminal's locale (LC_CTYPE) speak UTF-8? Call setlocale() first. */
bool text_locale_is_utf8(void);

/*
 * Each byte of a control character, of invalid UTF-8, and of a character that shows nothing itself but changes how
 * others look (bidirectional marks, zero-width characters, tags and so on) becomes \xNN; where utf8 is false, each
 * byte outside ASCII as well. All else is kept. The caller frees it.
 */
char *text_clean(const char *untrusted_text, size_t length, enum text_lines lines, bool utf8);

/* How many bytes at the end are the beginning of a UTF-8 sequence whose rest has not been read yet: 0 to 3. */
size_t text_unfinished(const char *untrusted_text, size_t length);

/* Columns that a cleaned text takes in a terminal of this locale. */
size_t text_width(const char *text);

/* "512 B", "9.8 kB", "214 MB": decimal units, at most three digits. */
#define TEXT_SIZE_SIZE 16
const char *text_size(uint64_t bytes, char out[TEXT_SIZE_SIZE]);

/* One line on stderr, "coffer: …", cleaned. */
void text_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
