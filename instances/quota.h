#ifndef INSTANCES_QUOTA_H
#define INSTANCES_QUOTA_H

#include <stdbool.h>
#include <stdint.h>
#include "config/config.h"
#include "store/store.h"

/*
 * Whether the instance keeps more than its state-limit; *bytes is how much was counted. Softly: it looks for a moment that
 * the session can spare, and what it has not seen by then does not count.
 */
bool quota_is_over(struct store *store, const struct config_instance *instance, uint64_t *bytes);

/* "2.1 GB, more than its state-limit of 2.0 GB": one line, in out (size bytes). */
const char *quota_describe(const struct config_instance *instance, uint64_t bytes, char *out, size_t size);

#endif
