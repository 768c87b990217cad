#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID UINT32_MAX

/*
 * Decodes one code point at *untrusted_text (length bytes left) per RFC 3629: no overlong forms, no surrogates,
 * nothing above U+10FFFF. Sets *code_point to it or to UTF8_INVALID, and returns how many bytes were consumed:
 * at least 1 where length > 0, 0 where length is 0.
 */
size_t utf8_decode(const char *untrusted_text, size_t length, uint32_t *code_point);

/* Encodes a valid code point into out (at least 4 bytes). Returns the number of bytes written. */
size_t utf8_encode(uint32_t code_point, char *out);

bool utf8_is_valid(const char *untrusted_text, size_t length);

/* Valid, and without control characters (U+0000 to U+001F, U+007F to U+009F): what our own messages carry as text. */
bool utf8_is_line(const char *untrusted_text, size_t length);

/*
 * Copies text (length bytes) into out (size bytes, size > 0) so that utf8_is_line() holds: what is ill-formed or
 * a control character becomes U+FFFD, what does not fit is cut between two characters. Always terminated.
 * Returns out.
 */
const char *utf8_copy_line(const char *untrusted_text, size_t length, char *out, size_t size);

#endif
