#ifndef INSTANCES_BUBBLEWRAP_H
#define INSTANCES_BUBBLEWRAP_H

#include "instances/plan.h"

/*
 * The bwrap(1) command that builds this instance's sandbox and runs coffer-init in it as pid 1. A pure function of
 * the plan; one group of words for each wall, in the order in which bwrap puts them up.
 */
void bubblewrap_arguments(const struct plan *plan, struct words *arguments);

#endif
