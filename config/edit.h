#ifndef CONFIG_EDIT_H
#define CONFIG_EDIT_H

/* A change to the file as a person would make it: comments, order and everything else stay as they are. */

#include <stdbool.h>
#include <stddef.h>
#include "config/config.h"

/*
 * untrusted_text has a zero byte after its length. Adds `persist PATH` (persist-file where is_file) at the end of the
 * first block of the instance, in the manner of its other lines. Returns the new text, zero-terminated, for the caller to
 * free, who parses it, with what it includes, and asks config_edit_is_right() of it. NULL with one line in reason (size
 * bytes) where the text has no such block, or no quotes can hold the path.
 */
char *config_edit_insert(const char *untrusted_text, size_t length, const char *name, const char *path, bool is_file,
	char *reason, size_t size);

/* Are these the same but for the one path that is new? */
bool config_edit_is_right(
	const struct config *old, const struct config *new, const char *name, const char *path, bool is_file);

/* That line alone, the path in quotes where it needs them; NULL where no quotes can hold it. The caller frees it. */
char *config_edit_line(const char *path, bool is_file);

#endif
