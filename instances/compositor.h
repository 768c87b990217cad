#ifndef INSTANCES_COMPOSITOR_H
#define INSTANCES_COMPOSITOR_H

/*
 * The supervisor's side of cofferdam-compositor: the process, its one line to us (wire/session.h), and its being
 * started again. It holds nothing that must survive it: a new one is told everything anew.
 *
 * It parses hostile bytes all day, so it may be in hostile hands. What it says is rationed: it is read no faster than
 * MESSAGES a second, asks for no more than ASKS, is killed for nonsense, for not reading what it is told and for not
 * being ready in time, and cannot fill the log.
 */

#include <stdbool.h>
#include <stdint.h>
#include "base/loop.h"
#include "instances/children.h"
#include "wire/session.h"

struct compositor;

struct compositor_handler {
	/* A new process is there, and knows nothing yet: send it config, sockets and states. */
	void (*born)(void *data);
	/* A checked message from it. No message of this direction has descriptors. */
	void (*message)(void *data, const struct session_message *message);
	/* It has died and is about to be started again: what it was asked will not be answered. */
	void (*died)(void *data);
	/* It cannot be started (again), and why: the session is over. */
	void (*gave_up)(void *data, const char *reason);
};

/* program: its path, copied. verbosity: how many -v it gets. */
struct compositor *compositor_create(struct loop *loop, struct children *children, const char *program, int verbosity,
	const struct compositor_handler *handler, void *data);
/* Kills the process where there is one. NULL is allowed. */
void compositor_destroy(struct compositor *compositor);

/* Starts it for the first time. Calls born, or gave_up, before it returns. */
void compositor_start(struct compositor *compositor);
/* Takes over the message's descriptors. Without a process, the message is dropped: the next gets everything anew. */
void compositor_send(struct compositor *compositor, struct session_message *message);
/* Logs what it does wrong, as often as COMPLAINTS allows. */
void compositor_complain(struct compositor *compositor, const char *what);
/* Asks it to end, for good; or ends it at once. compositor_is_running() tells when it has. */
void compositor_stop(struct compositor *compositor);
void compositor_kill(struct compositor *compositor);
bool compositor_is_running(const struct compositor *compositor);

/* ---- the pure part ---- */

#define DEATHS_MAX 3
#define DEATHS_WINDOW_MS 10000

struct compositor_deaths {
	int64_t times[DEATHS_MAX]; /* the last ones, in milliseconds */
	unsigned int count; /* of all */
};

/* Notes a death. True where it was the last of DEATHS_MAX within DEATHS_WINDOW_MS. */
bool compositor_count_death(struct compositor_deaths *deaths, int64_t now);

struct compositor_ration {
	uint32_t most; /* at once */
	uint32_t every_ms; /* one comes back in so many milliseconds */
};
struct compositor_account {
	int64_t since; /* up to here, what came back is counted; 0: nothing was taken yet */
	uint32_t taken;
};

/* Takes one. False where nothing is left of the ration at this time, in milliseconds. */
bool compositor_take(struct compositor_account *account, const struct compositor_ration *ration, int64_t now);

#endif
