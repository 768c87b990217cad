#ifndef TESTS_INSTANCES_GOLDEN_H
#define TESTS_INSTANCES_GOLDEN_H

/* Texts for a reviewer to read, each in a file that the tests compare with: NAME.txt, in the directory TEST_GOLDEN. */

#include <stdbool.h>
#include <stdio.h>
#include "instances/words.h"

/* A command or an environment, one group of words a line. */
void golden_print_words(FILE *out, const struct words *words);

/* Fails the test where NAME.txt holds another text; what: "the sandbox is now another". */
void golden_compare(const char *name, const char *text, const char *what);

/* Writes NAME.txt anew. Returns false where that cannot be, and has said why. */
bool golden_write(const char *name, const char *text);

#endif
