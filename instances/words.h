#ifndef INSTANCES_WORDS_H
#define INSTANCES_WORDS_H

/* A growing list of words for an argument vector or an environment, with a mark where each group of words begins. */

#include <stdbool.h>
#include <stddef.h>

struct words {
	char **list; /* NULL-terminated once it has a word; owned, words included */
	bool *starts; /* per word: the first of its group */
	size_t len;
};

void words_finish(struct words *words);

/* Appends a group of words, up to a NULL. */
void words_add(struct words *words, ...) __attribute__((sentinel));
/* Appends one formatted word to the last group. */
void words_add_format(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Sets "NAME=value" in an environment, in the place of an earlier one of that name. */
void words_set(struct words *words, const char *name, const char *value);
/* The value of "NAME=value", or NULL. */
const char *words_get(const struct words *words, const char *name);
/* Takes every word of this name out. */
void words_unset(struct words *words, const char *name);

#endif
