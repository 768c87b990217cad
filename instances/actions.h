#ifndef INSTANCES_ACTIONS_H
#define INSTANCES_ACTIONS_H

/* What a chord does where it is the supervisor that carries it out: run, exec, menu, reload, quit. */

#include "config/config.h"
#include "instances/compositor.h"
#include "instances/fleet.h"
#include "instances/shell.h"

struct actions;

struct actions_handler {
	void (*reload)(void *data);
	void (*quit)(void *data);
};

struct actions *actions_create(struct fleet *fleet, struct shell *shell, struct compositor *compositor,
	const struct actions_handler *handler, void *data);
/* NULL is allowed. */
void actions_destroy(struct actions *actions);

/* The person pressed the chord of this bind. config: in effect now. */
void actions_carry_out(struct actions *actions, const struct config *config, const struct config_bind *bind);

/* For instance_run(): an error goes to the strip and the log. data: the actions. */
void actions_handle_started(void *data, const char *error);

/* The lines of the menu: "INSTANCE APP" for every app, in the order of the config. The caller frees it. Pure. */
char *actions_list_choices(const struct config *config);

#endif
