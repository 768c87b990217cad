#ifndef POLICY_LABEL_H
#define POLICY_LABEL_H

#include <stddef.h>

#define LABEL_CHARACTERS_MAX 128
#define LABEL_SIZE (LABEL_CHARACTERS_MAX * 4 + 4) /* room for the ellipsis and the zero byte */

/*
 * A client's title or app id made fit for the trusted picture: one line, valid UTF-8, at most 128 characters
 * (cut with an ellipsis), without controls, bidirectional marks, zero-width and other default-ignorable
 * characters, private use, surrogates, non-characters, line separators, combining marks past the fourth in a row; runs of
 * white space become one space, ends are trimmed. Writes into out (LABEL_SIZE bytes) and returns it.
 */
const char *label_clean(const char *untrusted_title, size_t length, char *out);

#endif
