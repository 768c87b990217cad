#ifndef INSTANCES_PREPARATION_H
#define INSTANCES_PREPARATION_H

/*
 * All that one start of an instance needs, found, checked, made and opened: from the config's words to a command,
 * an environment, and the descriptors that the command refers to.
 */

#include "instances/cgroups.h"
#include "instances/launcher.h"
#include "instances/shared.h"
#include "store/store.h"
#include "instances/words.h"

/* Where things are; the same for every start. Strings are borrowed. */
struct preparation_places {
	const char *home; /* the person's */
	const char *init_program; /* coffer-init */
	const char *profiles; /* where a closure's generations are, NAME's as cofferdam-NAME */
	struct cgroups *cgroups; /* how what is started is limited */
	struct store *store;
	const struct shared_guard *guards; /* never to be shared */
	size_t guards_len;
};

struct preparation {
	struct words arguments;
	struct words environment; /* of the instance's programs */
	struct launch_fd *fds; /* of seccomp, /etc, persist and files, with their numbers; owned */
	size_t fds_len;
	int lock_fd; /* holds what the instance keeps, while it is open: store_lock(); -1 where it keeps nothing; owned */
	bool has_bus;
	int user_namespaces; /* see backend.h */
};

/*
 * socket: the instance's Wayland socket, outside. Returns false with one line in reason (size bytes) that says what
 * is missing and what to do. The caller calls preparation_finish() either way.
 */
bool preparation_make(struct preparation *preparation, const struct config_instance *instance,
	const struct preparation_places *places, const char *socket, char *reason, size_t size);
void preparation_finish(struct preparation *preparation);

#endif
