#ifndef BASE_NAME_H
#define BASE_NAME_H

#include <stdbool.h>

#define NAME_SIZE 32 /* the longest name and its zero byte */

/*
 * True for an instance's name: [a-z][a-z0-9-]{0,30}. The set is small on purpose: a name is shown as identity,
 * and becomes a directory, a hostname and a word of a command line, so nothing in it may need quoting, look like
 * another letter, or differ by case alone. Reads at most NAME_SIZE bytes. NULL is not a name.
 */
bool name_is_valid(const char *untrusted_name);

#endif
