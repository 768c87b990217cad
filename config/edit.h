#ifndef CONFIG_EDIT_H
#define CONFIG_EDIT_H

/* A change to the file as a person would make it: comments, order and everything else stay as they are. */

#include <stddef.h>
#include "config/config.h"

/*
 * untrusted_text has a zero byte after its length. Adds `persist PATH` (persist-file where is_file) at the end of the block of the instance, in the manner of its other
 * lines. Returns the new text, zero-terminated, for the caller to free; NULL where that cannot be done so that the new
 * text is a good config which differs in nothing else, with one line in reason (size bytes).
 */
char *config_edit_persist(const char *untrusted_text, size_t length, const char *home, const char *name,
	const char *path, bool is_file, char *reason, size_t size);

/* That line alone, the path in quotes where it needs them; NULL where no quotes can hold it. The caller frees it. */
char *config_edit_line(const char *path, bool is_file);

#endif
