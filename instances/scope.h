#ifndef INSTANCES_SCOPE_H
#define INSTANCES_SCOPE_H

/* What the config says of memory, processes and processor, in the words of systemd and of cgroup v2. Pure functions. */

#include <stdint.h>
#include "config/config.h"
#include "instances/words.h"

/* In bytes, UINT64_MAX where memory is not limited. machine: all that there is. */
uint64_t scope_memory(const struct config_instance *instance, uint64_t machine);
/* Swap beside it, likewise. */
uint64_t scope_swap(const struct config_instance *instance, uint64_t machine);

/*
 * The systemd-run(1) words that come before a backend's command, so that it and all that it starts are in a scope of
 * the user's own systemd, with limits: systemd.resource-control(5). --scope executes the command in the same process.
 * version: of systemd.
 */
void scope_arguments(const struct config_instance *instance, uint64_t machine, const char *unit, int version,
	struct words *arguments);

#endif
