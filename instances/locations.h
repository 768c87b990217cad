#ifndef INSTANCES_LOCATIONS_H
#define INSTANCES_LOCATIONS_H

/* Where on this machine the session has what it starts instances from: the state store, profiles, coffer-init; and what of
 * all that no instance may be given. */

#include "instances/cgroups.h"
#include "instances/preparation.h"
#include "instances/runtime.h"
#include "instances/settings.h"
#include "store/store.h"

struct locations;

/*
 * The arguments are borrowed, and stay where they are; init_program: NULL for the one that is installed. NULL (logged)
 * where the store is newer than we are, which shall be known before anything runs.
 */
struct locations *locations_create(const char *home, const char *init_program, const struct settings *settings,
	const struct runtime *runtime, struct cgroups *cgroups);
/* NULL is allowed. */
void locations_destroy(struct locations *locations);
const struct preparation_places *locations_get(const struct locations *locations);
struct store *locations_get_store(const struct locations *locations);

#endif
