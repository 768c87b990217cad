#ifndef CONFIG_ERRORS_H
#define CONFIG_ERRORS_H

/* The list of errors while it is made. */

#include "config/config.h"

#define QUOTE_SIZE 72

/* Adds one, unless CONFIG_ERRORS_MAX are there: then errors->more is set. */
void errors_add(struct config_errors *errors, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts them in order of file and line; those of one line stay in the order they were added. */
void errors_sort(struct config_errors *errors);

/*
 * A word of the file for an error's text: between single quotes, cut with "…" where it is long, a character
 * never in two. Writes into out (QUOTE_SIZE bytes) and returns it.
 */
const char *errors_quote(const char *untrusted_word, char *out);

#endif
