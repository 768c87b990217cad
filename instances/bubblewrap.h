#ifndef INSTANCES_BUBBLEWRAP_H
#define INSTANCES_BUBBLEWRAP_H

#include <sys/types.h>
#include "instances/plan.h"

/*
 * The bwrap(1) command that builds this instance's sandbox and runs coffer-init in it as pid 1. A pure function of
 * the plan; one group of words for each wall, in the order in which bwrap puts them up.
 */
void bubblewrap_arguments(const struct plan *plan, struct words *arguments);

/* The pid of the sandbox's first process, by what bwrap writes to its --info-fd; 0 where it does not say it. */
pid_t bubblewrap_parse_info(const char *untrusted_info);

#endif
