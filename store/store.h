#ifndef STORE_STORE_H
#define STORE_STORE_H

/*
 * The state store, $XDG_STATE_HOME/cofferdam: what the config declares persistent, as plain files that any backup
 * program reads; layout.h and cofferdam-state(7) say where. What is found there was written by an instance, or
 * restored by somebody, so that nothing in it is believed: every path is opened beneath the instance's directory,
 * without symbolic links, and is of the type that was declared.
 */

#include <stdbool.h>
#include <stddef.h>
#include "config/config.h"

struct store;

/* path: absolute, of the store itself; nothing is made before it is needed. Copied. */
struct store *store_create(const char *path);
/* NULL is allowed. */
void store_destroy(struct store *store);
const char *store_get_path(const struct store *store);

/* Where the person's is: $XDG_STATE_HOME/cofferdam, else .local/state/cofferdam in home. The caller frees it. */
char *store_find(const char *home);

/*
 * Opens the store's own directory for reading, brought over to the layout of now; where there is none, it is made if
 * make. Returns -1 with one line in reason (size bytes), which is "" where there is none and none was to be made.
 */
int store_enter(struct store *store, bool make, char *reason, size_t size);

/* Likewise the directory of an instance, NAME. */
int store_enter_instance(struct store *store, const char *name, bool make, char *reason, size_t size);

/*
 * Takes the lock of an instance, and with it the right to run it or to change what it keeps; what an interrupted
 * change has left is taken away. Returns the descriptor that holds it until it is closed; -1 with errno set:
 * EWOULDBLOCK where somebody else has it.
 */
int store_lock(int instance_fd);

/* The same by name, the instance's directory made where it is missing. -1 with one line in reason. */
int store_lock_instance(struct store *store, const char *name, char *reason, size_t size);

/*
 * Opens one persistent path of an instance (O_PATH), and makes it, empty, where it does not exist: directories with
 * mode 0700, files with 0600. Returns the descriptor, or -1 with one line in reason (size bytes) that says which
 * path is wrong and what to do.
 */
int store_open(struct store *store, const char *name, const struct config_persist *persist, char *reason, size_t size);

/* What an errno of beneath_open() means for a path in the store, to stand after that path. */
const char *store_describe(int error);

#endif
