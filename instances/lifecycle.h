#ifndef INSTANCES_LIFECYCLE_H
#define INSTANCES_LIFECYCLE_H

/* The life of an instance as a table: what happens in which state leads where, and what is to be done about it. */

#include <stdbool.h>
#include "wire/session.h"

enum lifecycle_event {
	EVENT_START,    /* somebody wants a program in it */
	EVENT_PREPARED, /* the sandbox is being built: all that it needs has been found and opened */
	EVENT_UP,       /* coffer-init answers, and the instance's bus is there */
	EVENT_STOP,
	EVENT_KILL,
	EVENT_TIMEOUT, /* the state's time is over */
	EVENT_FAIL,    /* it cannot go on; the reason is noted */
	EVENT_GONE,    /* nothing of the sandbox is left, as it was meant to be */
	EVENT_BROKE,   /* nothing of the sandbox is left, for a reason that is noted */
	EVENT_COUNT,
};

enum lifecycle_action {
	DO_NOTHING,
	DO_PREPARE,   /* build the sandbox */
	DO_SERVE,     /* start what was asked for */
	DO_TERMINATE, /* ask everything inside to end */
	DO_DESTROY,   /* end everything inside at once */
	DO_REFUSE,    /* say that it is not possible now */
	DO_REPORT,    /* tell what it has come to */
};

struct lifecycle_step {
	enum session_instance_state next;
	enum lifecycle_action action;
};

struct lifecycle_step lifecycle_step(enum session_instance_state state, enum lifecycle_event event);

/*
 * How long a state may last, in milliseconds; 0 for ever. grace: the instance's own, in seconds. A machine that has to
 * boot, and to power off, has more time for both.
 */
int lifecycle_timeout(enum session_instance_state state, int grace, bool is_machine);

const char *lifecycle_state_name(enum session_instance_state state);

#endif
