#include <string.h>
#include "instances/bubblewrap.h"
#include "instances/podman.h"

#define ROOT "/instance" /* the instance's, in the carrier */
#define OWN "/run/podman" /* podman's own, in the carrier */
#define SECCOMP "/run/seccomp.json"
#define OWN_SIZE "67108864"

/* ---- the carrier ---- */

static void add_namespaces(const struct plan *plan, struct words *arguments) {
	/* podman is root here, and of one user alone: the instance's uid is made from that one. */
	words_add(arguments, "--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "ALL", NULL);
	words_add(arguments, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", NULL);
	if (plan->instance->network == NETWORK_NONE) {
		words_add(arguments, "--unshare-net", NULL);
	}
	words_add(arguments, "--new-session", NULL);
	words_add(arguments, "--die-with-parent", NULL);
	words_add(arguments, "--as-pid-1", NULL);
	words_add(arguments, "--clearenv", NULL);
}

static void add_proc(const struct plan_facts *facts, struct words *arguments) {
	words_add(arguments, "--proc", "/proc", NULL);
	if (facts->is_root) {
		/*
		 * For root, bwrap covers parts of it, and the kernel lets nobody mount a /proc that shows more than the
		 * ones that are there. So the whole one is there as well, out of reach.
		 */
		words_add(arguments, "--dev-bind", "/proc", "/run/covered/proc", NULL);
		words_add(arguments, "--tmpfs", "/run/covered", NULL);
	}
}

static void add_carrier(const struct plan *plan, struct words *arguments) {
	bubblewrap_add_system(&plan->container->carrier, arguments);
	words_add(arguments, "--perms", "0755", "--size", OWN_SIZE, "--tmpfs", "/run", NULL);
	add_proc(plan->facts, arguments);
	words_add(arguments, "--dev", "/dev", NULL);
	words_add(arguments, "--perms", "1777", "--size", OWN_SIZE, "--tmpfs", "/tmp", NULL);
	words_add(arguments, "--symlink", "../tmp", "/var/tmp", NULL);
	words_add(arguments, "--perms", "0700", "--size", OWN_SIZE, "--tmpfs", OWN, NULL);
	words_add(arguments, "--dir", OWN "/hooks", NULL);
	words_add(arguments, "--ro-bind", plan->container->cgroups, "/sys/fs/cgroup", NULL);
	words_add(arguments, "--ro-bind-data", NULL);
	words_add_format(arguments, "%d", PLAN_FD_SECCOMP);
	words_add_format(arguments, SECCOMP);
}

static void add_root(const struct plan *plan, struct words *arguments) {
	bubblewrap_add_whole_root(plan, ROOT, arguments);
	/* What a runtime would make otherwise, and cannot in a root that is read-only. */
	words_add(arguments, "--dir", ROOT "/sys/fs/cgroup", NULL);
	words_add(arguments, "--symlink", "/proc/self/mounts", ROOT "/etc/mtab", NULL);
	words_add(arguments, "--remount-ro", ROOT, NULL);
}

static void add_environment(struct words *arguments) {
	words_add(arguments, "--setenv", "HOME", OWN, NULL);
	words_add(arguments, "--setenv", "XDG_RUNTIME_DIR", OWN, NULL);
	/* Neither the machine's settings nor the person's: the command says everything. */
	words_add(arguments, "--setenv", "CONTAINERS_CONF", "/dev/null", NULL);
	words_add(arguments, "--setenv", "CONTAINERS_STORAGE_CONF", "/dev/null", NULL);
}

/* ---- the container ---- */

static void add_podman(const struct plan_container *container, struct words *arguments) {
	words_add(arguments, "--", container->podman, NULL);
	words_add(arguments, "--root", OWN "/root", "--runroot", OWN "/run", "--tmpdir", OWN "/tmp", NULL);
	words_add(arguments, "--storage-driver", "vfs", NULL);
	words_add(arguments, "--hooks-dir", OWN "/hooks", NULL);
	words_add(arguments, "--conmon", container->conmon, "--runtime", container->crun, NULL);
	words_add(arguments, "--cgroup-manager", "cgroupfs", "--events-backend", "none", NULL);
	words_add(arguments, "run", "--rm", "--log-driver", "none", "--no-healthcheck", "--sdnotify", "ignore", NULL);
	/* It stays in the cgroup that it is started in, which has the instance's limits. */
	words_add(arguments, "--cgroups", "disabled", "--ulimit", "host", NULL);
}

static void add_walls(const struct plan *plan, struct words *arguments) {
	words_add(arguments, "--uidmap", NULL);
	words_add_format(arguments, "%d:0:1", INSIDE_UID);
	words_add_format(arguments, "--gidmap");
	words_add_format(arguments, "%d:0:1", INSIDE_UID);
	words_add_format(arguments, "--user");
	words_add_format(arguments, "%d:%d", INSIDE_UID, INSIDE_UID);
	words_add(arguments, "--pid", "private", "--uts", "private", "--cgroupns", "private", NULL);
	/* A namespace of its own; but its /dev/shm is there already. */
	words_add(arguments, "--ipc", "none", NULL);
	/* The carrier's, which has none or, with `nat`, the one that pasta has made for this instance. */
	words_add(arguments, "--network", "host", NULL);
	words_add(arguments, "--hostname", plan->instance->name, NULL);
	words_add(arguments, "--cap-drop", "all", NULL);
	words_add(arguments, "--security-opt", "no-new-privileges", NULL);
	words_add(arguments, "--security-opt", "seccomp=" SECCOMP, NULL);
	words_add(arguments, "--security-opt", "label=disable", NULL);
}

/* True where a runtime makes it read-only by itself. */
static bool is_read_only_anyway(const char *path) {
	static const char *const paths[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strcmp(paths[i], path) == 0) {
			return true;
		}
	}
	return false;
}

/* Each a separate word: they are put over what is there in the order in which they stand. */
static void add_masks(const struct plan_facts *facts, struct words *arguments) {
	words_add(arguments, "--security-opt", "mask=/run/.containerenv", NULL);
	for (size_t i = 0; i < facts->proc_read_only_len; i++) {
		if (!is_read_only_anyway(facts->proc_read_only[i])) {
			words_add(arguments, "--security-opt", NULL);
			words_add_format(arguments, "mask=%s", facts->proc_read_only[i]);
		}
	}
	for (size_t i = 0; i < facts->proc_hidden_len; i++) {
		words_add(arguments, "--security-opt", NULL);
		words_add_format(arguments, "mask=%s", facts->proc_hidden[i]);
	}
}

static void add_container(const struct plan *plan, struct words *arguments) {
	/* Nothing of podman's own making in the root: it has what it is to have. */
	words_add(arguments, "--read-only", "--read-only-tmpfs=false", "--systemd", "false", NULL);
	words_add(arguments, "--no-hosts", "--no-hostname", "--dns", "none", "--passwd=false", NULL);
	words_add(arguments, "--unsetenv-all", "--http-proxy=false", NULL);
	words_add(arguments, "--mount", "type=bind,src=" ROOT "/dev,dst=/dev", NULL);
	words_add(arguments, "--mount", "type=bind,src=" ROOT "/sys,dst=/sys,ro", NULL);
	words_add(arguments, "--mount", "type=bind,src=" ROOT "/sys/fs/cgroup,dst=/sys/fs/cgroup,ro", NULL);
	words_add(arguments, "--workdir", INSIDE_HOME, NULL);
	words_add(arguments, "--preserve-fds", "1", NULL);
	words_add(arguments, "--rootfs", ROOT, INSIDE_INIT, NULL);
	words_add_format(arguments, "%d", PLAN_FD_INIT);
	words_add_format(arguments, "%d", plan->instance->pids);
}

/* ---- the whole ---- */

void podman_arguments(const struct plan *plan, struct words *arguments) {
	words_add(arguments, "bwrap", NULL);
	add_namespaces(plan, arguments);
	add_carrier(plan, arguments);
	add_root(plan, arguments);
	add_environment(arguments);
	words_add(arguments, "--remount-ro", "/", NULL);
	words_add(arguments, "--info-fd", NULL);
	words_add_format(arguments, "%d", PLAN_FD_INFO);
	add_podman(plan->container, arguments);
	add_walls(plan, arguments);
	add_masks(plan->facts, arguments);
	add_container(plan, arguments);
}
