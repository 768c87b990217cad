#ifndef INSTANCES_NETWORK_H
#define INSTANCES_NETWORK_H

/*
 * `network nat`: pasta(1) connects a network namespace that is an instance's own to the outside, as far as any
 * program of this user reaches, and nothing more: no port is forwarded in either direction, and the host's loopback
 * is not to be reached.
 *
 * The namespace is made before bwrap runs, in a user namespace of its own (launch.own_network). bwrap nests two more
 * user namespaces in it, so that nobody in the sandbox has any right over its network, and --disable-userns holds.
 */

#include <stdbool.h>
#include <sys/types.h>
#include "base/loop.h"
#include "instances/children.h"
#include "instances/words.h"

struct network;

struct network_handler {
	void (*ready)(void *data);
	/* reason: one line. Also where it ends later by itself. */
	void (*failed)(void *data, const char *reason);
};

/* The command that connects the namespaces of process pid. A pure function. */
void network_arguments(pid_t pid, bool is_root, const char *pid_file, struct words *arguments);

/*
 * Connects the namespaces of pid. pid_file: a path of ours that pasta writes to. output_fd: for what it prints. NULL
 * with one line in reason where it cannot be started.
 */
struct network *network_create(struct children *children, pid_t pid, const char *pid_file, int output_fd,
	const struct network_handler *handler, void *data, char *reason, size_t size);
/* Ends pasta at once: there is nothing it could lose. NULL is allowed. */
void network_destroy(struct network *network);

#endif
