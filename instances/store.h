#ifndef INSTANCES_STORE_H
#define INSTANCES_STORE_H

/*
 * The state store: $XDG_STATE_HOME/cofferdam/NAME/PATH holds what the config declares persistent, as plain files
 * that any backup program reads. What is found there was written by an instance, or restored by somebody, so that
 * nothing in it is believed: every path is opened beneath the instance's directory, without symbolic links, and is
 * of the type that was declared.
 */

#include <stddef.h>
#include "config/config.h"

struct store;

/* path: absolute, of the store itself; nothing is made before it is needed. Copied. */
struct store *store_create(const char *path);
void store_destroy(struct store *store);
const char *store_get_path(const struct store *store);

/*
 * Opens one persistent path of an instance (O_PATH), and makes it, empty, where it does not exist: directories with
 * mode 0700, files with 0600. Returns the descriptor, or -1 with one line in reason (size bytes) that says which
 * path is wrong and what to do.
 */
int store_open(struct store *store, const char *name, const struct config_persist *persist, char *reason, size_t size);

#endif
