#ifndef INSTANCES_PLAN_H
#define INSTANCES_PLAN_H

/*
 * What a backend gets to know of an instance and of the host. No backend looks at the system itself, so that the same
 * plan always makes the same walls, and tests/instances/golden/ shows them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "config/config.h"
#include "instances/words.h"

/* Inside, the same for every instance: nothing here tells one machine or person from another. */
#define INSIDE_UID 1000
#define INSIDE_USER "user"
#define INSIDE_HOME "/home/user"
#define INSIDE_RUNTIME "/run/user/1000"
#define INSIDE_DISPLAY "wayland-0"
#define INSIDE_INIT "/run/coffer-init"
#define INSIDE_RESOLVER "169.254.1.1" /* where pasta answers DNS */

/* Descriptors of the backend's process, by their numbers there. */
enum plan_fd {
	PLAN_FD_INIT = 3, /* coffer-init's end of wire/init.h, passed on to it */
	PLAN_FD_INFO,     /* the backend writes what it knows of the sandbox here */
	PLAN_FD_SECCOMP,  /* the filter, in the backend's form: syscalls.h */
	PLAN_FD_ETC,      /* the first of plan.etc, in their order */
};

/* A file of /etc that is made for this instance. */
struct plan_file {
	const char *path; /* inside, absolute */
	const char *content;
};

/* A file or directory that is bound from outside, opened and checked before. */
struct plan_bind {
	int fd; /* its number in the backend's process */
	char *destination; /* inside, absolute */
	bool writable;
};

/* A file or directory of the root that the instance gets, read-only. */
struct plan_source {
	const char *path; /* inside: "/etc/fonts" */
	char *source; /* outside: what that path leads to in the root, which no link in it can leave */
};

/* /bin, /lib and their like where they are symbolic links into /usr. */
struct plan_link {
	const char *path; /* "/bin" */
	char *target; /* "usr/bin" */
};

/* A GPU's render node and where the drivers look it up. */
struct plan_gpu {
	char *node; /* "/dev/dri/renderD128" */
	char *device; /* "/sys/devices/pci0000:00/0000:00:02.0" */
	char *link; /* "/sys/dev/char/226:128" */
	char *link_target; /* where that points, "../../devices/…" */
};

/* A path of a Nix store that the instance gets. */
struct plan_store_path {
	char *path; /* inside and outside: "/nix/store/…-foot-1.23" */
	char *link_target; /* where it is a symbolic link itself; else NULL, and it is bound */
};

/* A symbolic link inside that leads into the closure. */
struct plan_closure_link {
	char *path; /* "/etc/fonts" */
	char *target;
};

/* An instance's root that Nix has built, see closure.h. */
struct plan_closure {
	char *root; /* "/nix/store/…-coffer-work" */
	struct plan_store_path *paths; /* all that it sees of the store, in order, the root among them */
	size_t paths_len;
	struct plan_closure_link *links;
	size_t links_len;
	char *shell; /* NULL where there is none */
	bool has_bus;
	bool has_waypipe;
};

/* Of the host, what the walls depend on. */
struct plan_facts {
	bool is_root;
	uint64_t memory; /* bytes of the machine */
	struct plan_source *sources; /* those of facts_source_paths that exist, in its order */
	size_t sources_len;
	struct plan_link links[8];
	size_t links_len;
	char *timezone; /* a name below /usr/share/zoneinfo, or NULL */
	struct plan_gpu *gpus; /* used where `gpu` is granted */
	size_t gpus_len;
	const char *proc_read_only[16]; /* of /proc, what bears on the host: those of the list that exist */
	size_t proc_read_only_len;
	const char *proc_hidden[16];
	size_t proc_hidden_len;
	const struct plan_closure *closure; /* the root; NULL for a system's, whose sources and links are above */
	bool has_bus; /* a D-Bus daemon is in the root */
	bool has_bash;
	bool has_waypipe; /* which carries the windows of a machine */
	struct words locale; /* LANG and LC_* of the session */
};

/* What an instance in a container needs besides; of programs, their paths outside, which are the same in the carrier. */
struct plan_container {
	struct plan_facts carrier; /* of the host, the system that these programs need: sources and links, no more */
	char *podman, *conmon, *crun;
	char *cgroups; /* where cgroup v2 is mounted */
};

/*
 * What an instance with a kernel of its own needs besides; of programs, their paths outside, which are the same in the
 * sandbox.
 */
struct plan_machine {
	struct plan_facts carrier; /* of the host, the system that these programs need: sources and links, no more */
	char *qemu, *virtiofsd, *vsock, *waypipe;
	char *program; /* outside: coffer-vm */
	bool use_kvm;
	int kernel_fd, initrd_fd; /* their numbers in the backend's process */
};

struct plan {
	const struct config_instance *instance;
	const struct plan_facts *facts;
	const char *socket; /* outside: the instance's Wayland socket */
	const char *init_program; /* outside: coffer-init */
	const struct plan_file *etc;
	size_t etc_len;
	const struct plan_bind *binds;
	size_t binds_len;
	const struct plan_container *container; /* BACKEND_PODMAN; else NULL */
	const struct plan_machine *machine; /* BACKEND_VM; else NULL */
};

#endif
