#ifndef CTL_PLACES_H
#define CTL_PLACES_H

/* Where the config and the state store are: as the running session says, else as the next one would find them. */

#include "config/check.h"
#include "ctl/arguments.h"
#include "store/store.h"

struct places {
	const char *home; /* borrowed from the environment */
	char *config_path;
	struct config_loaded loaded; /* what stands there */
	struct store *store;
	bool has_session;
};

/*
 * Finds both and reads the config: that of --config where it is given. Returns an enum control_exit, and has said what is
 * wrong where that is not EXIT_CODE_OK. The caller calls places_finish() either way.
 */
int places_find(const struct arguments *arguments, struct places *places);
/* The same without reading the config, which may have errors or not be there: loaded is empty. */
int places_find_store(const struct arguments *arguments, struct places *places);
void places_finish(struct places *places);

/* The pid of the instance's coffer-init, seen from here; 0 where it does not run or there is no session. */
int places_find_pid(const char *name, int *pid);

#endif
