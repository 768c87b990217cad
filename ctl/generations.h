#ifndef CTL_GENERATIONS_H
#define CTL_GENERATIONS_H

/*
 * The generations of an instance whose root is a closure. They are a Nix profile, cofferdam-NAME in
 * $XDG_STATE_HOME/nix/profiles: links that nix-env makes, keeps from the garbage collector, and can list as well.
 * Without one, the instance starts from what the config names (instances/preparation.c).
 */

#include "ctl/arguments.h"
#include "ctl/places.h"

/* The path, links followed, that an instance with a closure starts from; NULL where there is none. The caller frees it. */
char *generations_find_root(const struct places *places, const struct config_instance *instance);

/* Each returns an enum control_exit, and has said what is wrong where that is not EXIT_CODE_OK. */
int generations_update(const struct arguments *arguments);
int generations_rollback(const struct arguments *arguments);
int generations_list(const struct arguments *arguments);

#endif
