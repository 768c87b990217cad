#ifndef INSTANCES_BACKEND_H
#define INSTANCES_BACKEND_H

/* What each backend does: turn a plan into an argument vector, of a bwrap command in whose sandbox all of it is. */

#include "instances/plan.h"
#include "instances/syscalls.h"

struct backend {
	enum syscalls_form filter; /* how it takes the filter of system calls */
	/* How many user namespaces, one in another, its walls are made of, where bwrap does not count them; else 0. */
	int user_namespaces;
	/* Appends the whole command, argv[0] first. */
	void (*arguments)(const struct plan *plan, struct words *arguments);
	/* The environment of the instance's programs, built from nothing. */
	void (*environment)(const struct plan *plan, struct words *environment);
};

/* NULL for one that this version does not have. */
const struct backend *backend_find(enum config_backend backend);

#endif
