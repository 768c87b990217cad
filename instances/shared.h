#ifndef INSTANCES_SHARED_H
#define INSTANCES_SHARED_H

/* `files PATH`: what of the person's own files an instance gets to see. */

#include <stddef.h>
#include "config/config.h"

/* What no instance may be given, whatever the config says: it would be the key to all the others. */
struct shared_guard {
	const char *path;
	const char *what; /* "the state store" */
};

/*
 * Opens a path of the config (O_PATH). It must exist, be a plain file or a directory, and pass through no symbolic
 * link below home (or below / where it lies elsewhere): whoever may write there could turn a link anywhere. Neither
 * may it hold, be, or lie in one of the guarded paths. On success, *destination is where it appears inside (the
 * caller's to free): below the instance's home where it is below the person's, else the same path. Returns -1 with
 * one line in reason (size bytes) where it is refused.
 */
int shared_open(const struct config_file *file, const char *home, const struct shared_guard *guards, size_t guards_len,
	char **destination, char *reason, size_t size);

/* True where path is, or lies below, directory; both absolute and normal. */
bool shared_is_within(const char *path, const char *directory);

/* NULL where a path inside may be bound over, else what it would hide. A pure function. */
const char *shared_find_hidden(const char *destination);

#endif
