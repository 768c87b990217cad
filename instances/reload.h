#ifndef INSTANCES_RELOAD_H
#define INSTANCES_RELOAD_H

/*
 * A new version of the config while the session runs: read, checked, shown to the compositor, and in effect for all
 * at once or not at all.
 */

#include "instances/compositor.h"
#include "instances/fleet.h"
#include "instances/requests.h"
#include "instances/settings.h"

struct reload;

struct reload *reload_create(struct loop *loop, struct settings *settings, struct compositor *compositor,
	struct fleet *fleet, struct requests *requests);
/* NULL is allowed. */
void reload_destroy(struct reload *reload);

/*
 * Reads the file. While one is under way, nothing: whoever asks is answered with that one. It ends in any case: a
 * compositor that has not answered after ten seconds is told the old config again.
 */
void reload_begin(struct reload *reload);
/* The compositor's answer. False where it is about no reload. */
bool reload_take_answer(struct reload *reload, const struct session_ready *ready);
/* What is under way comes to nothing. */
void reload_give_up(struct reload *reload, const char *why);

#endif
