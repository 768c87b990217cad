#ifndef INSTANCES_CGROUP_H
#define INSTANCES_CGROUP_H

/* The limits of one sandbox on memory, processes and processor, and what it has of them: cgroups.h, scope.h. */

#include "base/loop.h"
#include "config/config.h"
#include "instances/cgroups.h"
#include "instances/words.h"
#include "wire/control.h"

struct cgroup;

/* Something of the sandbox was ended, or refused, at its limit. */
typedef void (*cgroup_handler)(void *data, enum control_resource resource);

/*
 * For a sandbox that is about to be built by this config. NULL with one line in reason (size bytes) where it could be
 * limited and that has gone wrong: then it is not to run.
 */
struct cgroup *cgroup_create(struct cgroups *cgroups, struct loop *loop, const struct config_instance *instance,
	cgroup_handler handler, void *data, char *reason, size_t size);
/* When no process of it is left: then nothing of the cgroup is left either. NULL is allowed. */
void cgroup_destroy(struct cgroup *cgroup);

/* The words that come before the backend's command; none where there is no need. */
void cgroup_arguments(const struct cgroup *cgroup, struct words *arguments);
/* What the backend's process writes itself into before it executes; -1 for nothing. */
int cgroup_get_procs(const struct cgroup *cgroup);
/* The backend's process is in by now: from here on what it uses is known. */
void cgroup_attach(struct cgroup *cgroup, pid_t pid);

/* Sets all but the name: what is used, by the cgroup or, without one, as process.h counts (root: the first process). */
void cgroup_measure(struct cgroup *cgroup, pid_t root, struct control_sandbox *out);
/* The same of one that does not run, by its config; nothing is used. */
void cgroup_describe(const struct cgroups *cgroups, const struct config_instance *instance, struct control_sandbox *out);
/* How often its processes were ended because memory was at its limit. */
uint64_t cgroup_count_kills(struct cgroup *cgroup);
/* Bytes, UINT64_MAX where not limited. */
uint64_t cgroup_get_memory(const struct cgroup *cgroup);

#endif
