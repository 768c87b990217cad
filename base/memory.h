#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Allocation that cannot fail for small things of our own: on exhaustion these log and abort, since a compositor
 * that goes on with half its state is worse than one that is started again. Sizes that a client chooses never
 * come here without a bound.
 */
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc_array(void *pointer, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *format, ...) __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/*
 * Copies text into out (size bytes, size > 0), always terminated. Returns false if it was cut, which is done
 * between two characters of UTF-8.
 */
bool copy_string(char *out, size_t size, const char *text);

#endif
