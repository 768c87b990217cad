#ifndef INSTANCES_LAUNCHER_H
#define INSTANCES_LAUNCHER_H

/*
 * The one place where the supervisor executes anything. A child gets the descriptors it is given and no others, an
 * environment that is named, default signals, and where wanted a session and namespaces of its own.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct launch_fd {
	int fd; /* of ours; stays ours */
	int target; /* its number in the child */
};

struct launch {
	char *const *argv; /* argv[0] is looked up in PATH where it has no slash */
	char *const *environment;
	const struct launch_fd *fds; /* of 0, 1 and 2, what is not here is /dev/null, ours, ours */
	size_t fds_len;
	bool new_session; /* setsid(): the child leads a process group that can be signalled as a whole */
	bool no_core; /* no core files, and a keyring of its own: for what runs a hostile program */
	bool no_groups; /* without our supplementary groups, where we may give them up: an ordinary user may not */
	int parent_death_signal; /* 0 for none */
	bool own_cgroup; /* the child writes itself into cgroup_fd, of ours: cgroups(7), cgroup.procs */
	int cgroup_fd;
	/*
	 * Where set, the child first moves into a new user and network namespace, writes a byte to ready_fd, and waits
	 * for one from gate_fd (end of file: gives up) before it executes. What goes wrong from then on it says on its
	 * standard error, and exits with 127.
	 */
	bool own_network;
	/* Above 0: the child moves into a user namespace, in which so many more can be made: user_namespaces(7). */
	int user_namespaces;
	int ready_fd, gate_fd; /* of ours; closed in the child */
};

/*
 * Returns the child's pid, or -1 with one line in reason (size bytes). Without own_network, a command that cannot be
 * executed is such a failure too, and no child is left.
 */
pid_t launch_program(const struct launch *launch, char *reason, size_t size);

#endif
