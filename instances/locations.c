#include <stdio.h>
#include <stdlib.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/locations.h"
#include "instances/programs.h"

#define GUARDS_MAX 5

struct locations {
	struct store *store;
	char *profiles;
	char *init_program;
	struct shared_guard guards[GUARDS_MAX];
	struct preparation_places places;
};

/* Where nix-env keeps the profiles of a person; coffer update looks there too. */
static char *find_profiles(const char *home) {
	const char *state = getenv("XDG_STATE_HOME");
	return state != NULL && state[0] == '/' ? xasprintf("%s/nix/profiles", state)
											: xasprintf("%s/.local/state/nix/profiles", home);
}

/* What no instance is to be given, whatever the config says. Returns how many. */
static size_t set_guards(
	struct locations *locations, const struct settings *settings, const struct runtime *runtime) {
	struct shared_guard *guards = locations->guards;
	size_t len = 0;
	guards[len++] = (struct shared_guard){ runtime_get_path(runtime), "the sockets of the session" };
	guards[len++] = (struct shared_guard){ store_get_path(locations->store), "the state of other instances" };
	guards[len++] = (struct shared_guard){ locations->profiles, "what instances start from" };
	guards[len++] = (struct shared_guard){ settings_get_own_path(settings), "the config" };
	if (settings_get_given_path(settings) != NULL) {
		guards[len++] = (struct shared_guard){ settings_get_given_path(settings), "the config" };
	}
	return len;
}

struct locations *locations_create(const char *home, const char *init_program, const struct settings *settings,
	const struct runtime *runtime, struct cgroups *cgroups) {
	struct locations *locations = xcalloc(1, sizeof(*locations));
	char reason[512];
	char *path = store_find(home);
	locations->store = store_create(path);
	free(path);
	int root_fd = store_enter(locations->store, false, reason, sizeof(reason));
	fd_close(&root_fd);
	if (reason[0] != '\0') {
		log_error("%s", reason);
		locations_destroy(locations);
		return NULL;
	}
	locations->profiles = find_profiles(home);
	locations->init_program = init_program != NULL ? xstrdup(init_program) : programs_find("coffer-init", "instances");
	locations->places = (struct preparation_places){
		.home = home,
		.profiles = locations->profiles,
		.cgroups = cgroups,
		.init_program = locations->init_program,
		.store = locations->store,
		.guards = locations->guards,
		.guards_len = set_guards(locations, settings, runtime),
	};
	return locations;
}

void locations_destroy(struct locations *locations) {
	if (locations == NULL) {
		return;
	}
	store_destroy(locations->store);
	free(locations->profiles);
	free(locations->init_program);
	free(locations);
}

const struct preparation_places *locations_get(const struct locations *locations) {
	return &locations->places;
}

struct store *locations_get_store(const struct locations *locations) {
	return locations->store;
}
