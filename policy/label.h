#ifndef POLICY_LABEL_H
#define POLICY_LABEL_H

#include <stddef.h>

#define LABEL_CHARACTERS_MAX 128
#define LABEL_SIZE (LABEL_CHARACTERS_MAX * 4 + 4) /* never filled: the zero byte has room */
#define LABEL_MARKS_MAX 4 /* combining marks on one character */

/*
 * A client's title or app id made fit for the trusted picture: one line, valid UTF-8, at most 128 characters
 * (longer ones are cut, the last character is then an ellipsis), without controls, bidirectional marks,
 * zero-width and other default-ignorable characters, private use, surrogates, non-characters, line separators,
 * and combining marks that have no character to stand on or come past the fourth in a row; runs of white space
 * become one space, ends are trimmed. Each run of bytes that are not UTF-8 becomes one U+FFFD. Letters that are
 * written from right to left stay: draw the label in a layout of its own, never in one line with trusted text.
 *
 * Writes into out (LABEL_SIZE bytes) and returns it.
 */
const char *label_clean(const char *untrusted_title, size_t length, char *out);

#endif
