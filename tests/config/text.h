#ifndef TESTS_CONFIG_TEXT_H
#define TESTS_CONFIG_TEXT_H

/* What the tests of config/ share: a text goes in, a model or exactly these errors come out. */

#include "config/config.h"

#define HOME "/home/u"

/* A text with one error: its line, and its words. line 0 with words NULL: the text is good. */
struct text_case {
	const char *text;
	int line;
	const char *error;
};

/* The model of a good text; prints the errors and fails where there are any. The caller destroys it. */
struct config *text_parse(const char *text);

/* Fails unless the text has exactly this one error, or none where error is NULL. */
void text_expect(const struct text_case *row);

/* The same for each of a table that ends in a NULL text. */
void text_expect_all(const struct text_case *rows);

/* A case of one line in a block: makes "BLOCK {\n\tLINE\n}\n" (line 2 is the line's). The caller frees it. */
char *text_in_block(const char *block, const char *line);
/* A table of such cases; their line is 2. Good where error is NULL. */
void text_expect_in_block(const char *block, const struct text_case *rows);

#endif
