#ifndef INSTANCES_SETTINGS_H
#define INSTANCES_SETTINGS_H

/* Where the config comes from, and which version of it is in effect. */

#include "config/config.h"
#include "instances/snapshot.h"

struct settings;

/*
 * path: the file of -c, or NULL: $XDG_CONFIG_HOME/cofferdam/config (~/.config where that is unset) where it exists,
 * else the installed default. home: the person's, absolute. Both copied.
 */
struct settings *settings_create(const char *path, const char *home);
/* NULL is allowed. */
void settings_destroy(struct settings *settings);

/*
 * Reads the file anew. Returns a reference for the caller, or NULL and the errors (empty before, the caller's after).
 * What is in effect stays so until settings_accept().
 */
struct snapshot *settings_read(struct settings *settings, struct config_errors *errors);
/* From now on, this is in effect. Takes over the reference. */
void settings_accept(struct settings *settings, struct snapshot *snapshot);
/* What is in effect; NULL before the first. Borrowed. */
struct snapshot *settings_get(const struct settings *settings);

/* The file that was read last. */
const char *settings_get_path(const struct settings *settings);
/* The person's own file, whether it exists or not, and that of -c or NULL: no instance may write to them. */
const char *settings_get_own_path(const struct settings *settings);
const char *settings_get_given_path(const struct settings *settings);

#endif
