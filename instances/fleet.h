#ifndef INSTANCES_FLEET_H
#define INSTANCES_FLEET_H

/*
 * All instances of the config: each with its directory and its listening socket from the start, whether it runs or
 * not. One that leaves the config while it runs stays until it has stopped.
 */

#include <stdbool.h>
#include "instances/instance.h"
#include "instances/runtime.h"

struct fleet;

/* One instance and what the desktop knows of it. */
struct member {
	struct fleet *fleet;
	struct member *next; // fleet.members, in the order of the config
	struct instance *instance;
	struct runtime_directory *directory;
	int socket_fd; /* listening */
	bool announced; /* the compositor of now has the socket */
	bool leaving; /* not in the config any more */
	uint32_t windows, clients; /* as the compositor last said */
	struct session_limits limits; /* likewise, of when something last ended at one; all 0 where nothing has */
	bool over; /* it keeps more than its state-limit: fleet_measure() */
	int64_t measured; /* when that was looked at, clock_now(); 0 for never */
};

struct fleet_handler {
	void (*changed)(void *data, struct member *member);
	/* An instance that left the config has stopped and is no more. */
	void (*forgotten)(void *data, const char *name);
	/*
	 * Something of an instance was ended at a limit of its sandbox, or it keeps more than its state-limit: one line for
	 * the person. Seldom.
	 */
	void (*over)(void *data, const char *name, const char *text);
};

struct fleet *fleet_create(struct loop *loop, struct children *children, struct runtime *runtime,
	const struct preparation_places *places, const struct fleet_handler *handler, void *data);
/* NULL is allowed. */
void fleet_destroy(struct fleet *fleet);

/* Follows this config: new instances listen, others take note, those not in it go when they have stopped. */
void fleet_configure(struct fleet *fleet, struct snapshot *snapshot);

/* The first of the list. */
struct member *fleet_get_members(const struct fleet *fleet);
/* NULL where there is none of that name. One that is leaving can be looked at and ended, and nothing else. */
struct member *fleet_find(const struct fleet *fleet, const char *untrusted_name);

/* Whether it keeps more than its state-limit, which is looked at anew where that was some seconds ago. */
bool fleet_measure(struct member *member);

/* Starts what the config says is to be started with the session. answer as in instance_run(), for each. */
void fleet_start_apps(struct fleet *fleet, instance_answer answer, void *data);
void fleet_stop(struct fleet *fleet);
void fleet_kill(struct fleet *fleet);
/* True where nothing runs. */
bool fleet_is_idle(const struct fleet *fleet);

#endif
