#ifndef INSTANCES_CARRIER_H
#define INSTANCES_CARRIER_H

/*
 * A carrier is a sandbox in which programs of the host's build, or run, an instance. It sees the part of the host's
 * system that these programs need, read-only, and of the person's nothing.
 */

#include "instances/plan.h"

/*
 * The path of a program of this name: in PATH, or else in the directories of places, with a colon between two. What it
 * refers to, where it is of a Nix or Guix store, is added to the carrier. The caller frees it. NULL with one line in
 * reason (size bytes), that names the package, where there is none, or where the carrier has no part of the system
 * that it is in; who: "backend podman".
 */
char *carrier_find(struct plan_facts *carrier, const char *name, const char *places, const char *who,
	const char *package, char *reason, size_t size);

#endif
