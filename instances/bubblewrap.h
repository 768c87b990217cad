#ifndef INSTANCES_BUBBLEWRAP_H
#define INSTANCES_BUBBLEWRAP_H

#include <sys/types.h>
#include "instances/plan.h"

/*
 * The bwrap(1) command that builds this instance's sandbox and runs coffer-init in it as pid 1. A pure function of
 * the plan; one group of words for each wall, in the order in which bwrap puts them up.
 */
void bubblewrap_arguments(const struct plan *plan, struct words *arguments);

/*
 * The same in parts, for a sandbox that an instance's machine runs in (vm.h): its walls; /proc; the end of bwrap's
 * own words; and the instance's root below prefix ("/instance"), with empty directories where a guest mounts its own.
 */
void bubblewrap_add_namespaces(const struct plan *plan, struct words *arguments);
/* What facts say of the host's system, and nothing else of /etc. */
void bubblewrap_add_system(const struct plan_facts *facts, struct words *arguments);
void bubblewrap_add_proc(const struct plan_facts *facts, struct words *arguments);
void bubblewrap_add_end(struct words *arguments);
/* home_size: bytes, of what it may keep in its home while it runs. */
void bubblewrap_add_root(const struct plan *plan, const char *prefix, uint64_t home_size, struct words *arguments);

/*
 * The instance's root below prefix with all that coffer-init and the programs find in it, /dev, /run and /tmp too, but
 * for /proc, and not read-only yet: for a sandbox in which somebody else builds the walls around it (podman.h).
 */
void bubblewrap_add_whole_root(const struct plan *plan, const char *prefix, struct words *arguments);

/* The pid of the sandbox's first process, by what bwrap writes to its --info-fd; 0 where it does not say it. */
pid_t bubblewrap_parse_info(const char *untrusted_info);

#endif
