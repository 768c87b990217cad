#ifndef INSTANCES_SNAPSHOT_H
#define INSTANCES_SNAPSHOT_H

/*
 * One version of the config, whole and for good. Whoever works by it holds a reference, so that what was started
 * under an old config goes on under it.
 */

#include <stdint.h>
#include "config/config.h"

struct snapshot;

/*
 * Reads and checks the file at path. Returns NULL and the errors (empty before, the caller's after). home: the
 * person's, absolute.
 */
struct snapshot *snapshot_load(const char *path, const char *home, uint32_t serial, struct config_errors *errors);
struct snapshot *snapshot_ref(struct snapshot *snapshot);
/* NULL is allowed. */
void snapshot_unref(struct snapshot *snapshot);

const struct config *snapshot_get_config(const struct snapshot *snapshot);
uint32_t snapshot_get_serial(const struct snapshot *snapshot);
/* Sealed memfds with the text and the keymap, borrowed. */
int snapshot_get_text_fd(const struct snapshot *snapshot);
int snapshot_get_keymap_fd(const struct snapshot *snapshot);

#endif
