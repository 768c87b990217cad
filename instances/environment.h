#ifndef INSTANCES_ENVIRONMENT_H
#define INSTANCES_ENVIRONMENT_H

#include "instances/plan.h"

/* Builds the environment of an instance's programs from nothing; the config's own words come last and win. */
void environment_build(const struct plan *plan, struct words *environment);

#endif
