#ifndef CONFIG_UNFOLD_H
#define CONFIG_UNFOLD_H

/*
 * A short block may stand on one line: `output * { scale 1; transform 90 }`. scfg itself wants a line for each
 * directive and each brace, so the text is laid out that way first, and every line remembers where it came from.
 */

#include <scfg.h>
#include <stddef.h>
#include "config/config.h"

struct unfolded {
	char *text; /* zero-terminated; the caller may change it in place */
	size_t length;
	int *lines; /* lines[n - 1]: where line n of text stands in the file */
	size_t lines_len;
};

/*
 * Breaks lines after an opening brace, before a closing one, and at each `;` that ends a word; never in quotes or
 * comments. A text without such lines comes out as it went in.
 */
void unfold(struct unfolded *unfolded, const char *untrusted_text, size_t length);
void unfolded_finish(struct unfolded *unfolded);

/* The end of the word at `at`, quotes and backslashes respected; an open quote takes the rest of the line. */
const char *unfold_word_end(const char *at, const char *end);

/* From lines of the laid-out text to lines of the file; of the errors, for those from number first on. */
void unfolded_map_errors(const struct unfolded *unfolded, struct config_errors *errors, size_t first);
void unfolded_map_tree(const struct unfolded *unfolded, struct scfg_block *tree);

#endif
