#ifndef INSTANCES_SHUTDOWN_H
#define INSTANCES_SHUTDOWN_H

/* In which order a session ends: shell, instances, compositor, and what any of them left behind. */

#include "instances/compositor.h"
#include "instances/ending.h"
#include "instances/fleet.h"
#include "instances/shell.h"

struct shutdown {
	struct children *children;
	struct shell *shell;
	struct fleet *fleet;
	struct compositor *compositor;
};

/* For ending_create(); data of the steps is a struct shutdown. */
extern const struct ending_step shutdown_steps[];
extern const size_t shutdown_steps_len;

#endif
