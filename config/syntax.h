#ifndef CONFIG_SYNTAX_H
#define CONFIG_SYNTAX_H

/*
 * libscfg stops at the first error, prints it to stderr and keeps its line to itself. So the text is looked over
 * before: this finds every line that scfg's grammar forbids, and says so with its line. It is a little stricter
 * than libscfg, never laxer, and makes no tree.
 */

#include <scfg.h>
#include <stdbool.h>
#include <stddef.h>
#include "config/config.h"

enum syntax_result {
	SYNTAX_GOOD,
	SYNTAX_MENDED, /* bad lines are blank now, so that the others can be checked as well */
	SYNTAX_LOST,   /* which line is in which block cannot be told: do not parse */
};

/* Looks over length bytes of text, and blanks bad lines in place. */
enum syntax_result syntax_check(char *untrusted_text, size_t length, struct config_errors *errors);

/* Reads a laid-out text that was looked over, so that libscfg is not expected to refuse it. The caller finishes the tree. */
bool syntax_read_tree(const char *untrusted_text, size_t length, struct scfg_block *tree, struct config_errors *errors);

#endif
