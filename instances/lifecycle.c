#include <stddef.h>
#include "instances/lifecycle.h"

#define BUILD_TIMEOUT_MS 30000 /* a container engine that comes from a slow disk */
#define BOOT_TIMEOUT_MS 200000 /* emulated, on a machine that is busy; coffer-vm gives up before */
#define POWER_OFF_MS 15000

#define STATES (INSTANCE_FAILED + 1)

/*
 * Read a row as: in this state, this event leads there, and this is to be done. What is not in the table cannot
 * change anything: the entry of a pair that makes no sense (a late answer, a second death) stays where it is.
 */
static const struct {
	enum session_instance_state state;
	enum lifecycle_event event;
	struct lifecycle_step step;
} table[] = {
	{ INSTANCE_STOPPED, EVENT_START, { INSTANCE_PREPARING, DO_PREPARE } },

	{ INSTANCE_PREPARING, EVENT_PREPARED, { INSTANCE_STARTING, DO_NOTHING } },
	{ INSTANCE_PREPARING, EVENT_STOP, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_PREPARING, EVENT_KILL, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_PREPARING, EVENT_TIMEOUT, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_PREPARING, EVENT_FAIL, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_PREPARING, EVENT_GONE, { INSTANCE_FAILED, DO_REPORT } },
	{ INSTANCE_PREPARING, EVENT_BROKE, { INSTANCE_FAILED, DO_REPORT } },

	{ INSTANCE_STARTING, EVENT_UP, { INSTANCE_RUNNING, DO_SERVE } },
	{ INSTANCE_STARTING, EVENT_STOP, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_STARTING, EVENT_KILL, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_STARTING, EVENT_TIMEOUT, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_STARTING, EVENT_FAIL, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_STARTING, EVENT_GONE, { INSTANCE_FAILED, DO_REPORT } },
	{ INSTANCE_STARTING, EVENT_BROKE, { INSTANCE_FAILED, DO_REPORT } },

	{ INSTANCE_RUNNING, EVENT_START, { INSTANCE_RUNNING, DO_SERVE } },
	{ INSTANCE_RUNNING, EVENT_STOP, { INSTANCE_STOPPING, DO_TERMINATE } },
	{ INSTANCE_RUNNING, EVENT_KILL, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_RUNNING, EVENT_FAIL, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_RUNNING, EVENT_GONE, { INSTANCE_FAILED, DO_REPORT } },
	{ INSTANCE_RUNNING, EVENT_BROKE, { INSTANCE_FAILED, DO_REPORT } },

	{ INSTANCE_STOPPING, EVENT_START, { INSTANCE_STOPPING, DO_REFUSE } },
	{ INSTANCE_STOPPING, EVENT_KILL, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_STOPPING, EVENT_TIMEOUT, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_STOPPING, EVENT_FAIL, { INSTANCE_STOPPING, DO_DESTROY } },
	{ INSTANCE_STOPPING, EVENT_GONE, { INSTANCE_STOPPED, DO_REPORT } },
	{ INSTANCE_STOPPING, EVENT_BROKE, { INSTANCE_FAILED, DO_REPORT } },

	{ INSTANCE_FAILED, EVENT_START, { INSTANCE_PREPARING, DO_PREPARE } },
	{ INSTANCE_FAILED, EVENT_STOP, { INSTANCE_STOPPED, DO_REPORT } },
	{ INSTANCE_FAILED, EVENT_KILL, { INSTANCE_STOPPED, DO_REPORT } },
};

struct lifecycle_step lifecycle_step(enum session_instance_state state, enum lifecycle_event event) {
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].state == state && table[i].event == event) {
			return table[i].step;
		}
	}
	return (struct lifecycle_step){ state, DO_NOTHING };
}

int lifecycle_timeout(enum session_instance_state state, int grace, bool is_machine) {
	switch (state) {
	case INSTANCE_PREPARING:
		return BUILD_TIMEOUT_MS;
	case INSTANCE_STARTING:
		return is_machine ? BOOT_TIMEOUT_MS : BUILD_TIMEOUT_MS;
	case INSTANCE_STOPPING:
		return is_machine ? grace * 1000 + POWER_OFF_MS : grace > 0 ? grace * 1000 : 1;
	default:
		return 0;
	}
}

const char *lifecycle_state_name(enum session_instance_state state) {
	static const char *const names[STATES] = {
		[INSTANCE_STOPPED] = "stopped",
		[INSTANCE_PREPARING] = "preparing",
		[INSTANCE_STARTING] = "starting",
		[INSTANCE_RUNNING] = "running",
		[INSTANCE_STOPPING] = "stopping",
		[INSTANCE_FAILED] = "failed",
	};
	return names[state];
}
