#ifndef COMPOSITOR_WORDS_H
#define COMPOSITOR_WORDS_H

/* Numbers as a person reads them. All write into out (size bytes, always terminated) and return it. */

#include <stddef.h>
#include <stdint.h>

#define WORDS_SIZE 48 /* enough for any of them, with nouns of up to 16 bytes */

/* Bytes, in powers of 1000: "42 B", "1.5 kB", "214 MB". */
const char *words_size(uint64_t bytes, char *out, size_t size);
/* Time left, rounded up: "58 s", from two minutes on "3 min", from two hours on "4 h". Negative counts as 0. */
const char *words_left(int64_t left_ms, char *out, size_t size);
/* "1 window", "2 windows", and "no windows" for 0. */
const char *words_count(uint64_t count, const char *noun, char *out, size_t size);

#endif
