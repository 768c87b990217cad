#include <string.h>
#include "instances/bubblewrap.h"
#include "instances/process.h"

#define MIB (UINT64_C(1024) * 1024)

static void add_tmpfs(struct words *arguments, const char *mode, uint64_t size, const char *path) {
	words_add(arguments, "--perms", mode, "--size", NULL);
	words_add_format(arguments, "%llu", (unsigned long long)size);
	words_add_format(arguments, "--tmpfs");
	words_add_format(arguments, "%s", path);
}

static void add_directory(struct words *arguments, const char *mode, const char *path) {
	words_add(arguments, "--perms", mode, "--dir", path, NULL);
}

/* ---- the walls, in their order ---- */

static void add_namespaces(const struct plan *plan, struct words *arguments) {
	words_add(arguments, "--unshare-user", "--uid", NULL);
	words_add_format(arguments, "%d", INSIDE_UID);
	words_add_format(arguments, "--gid");
	words_add_format(arguments, "%d", INSIDE_UID);
	words_add(arguments, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", NULL);
	/* With `nat`, bwrap is started in a network namespace that is the instance's own already: see network.h. */
	if (plan->instance->network == NETWORK_NONE) {
		words_add(arguments, "--unshare-net", NULL);
	}
	words_add(arguments, "--disable-userns", NULL);
	words_add(arguments, "--hostname", plan->instance->name, NULL);
	words_add(arguments, "--cap-drop", "ALL", NULL);
	words_add(arguments, "--new-session", NULL);
	words_add(arguments, "--die-with-parent", NULL);
	words_add(arguments, "--as-pid-1", NULL);
	words_add(arguments, "--clearenv", NULL);
}

static void add_sources(const struct plan *plan, struct words *arguments, bool of_etc) {
	for (size_t i = 0; i < plan->facts->sources_len; i++) {
		const struct plan_source *source = &plan->facts->sources[i];
		if ((strncmp(source->path, "/etc/", 5) == 0) == of_etc) {
			words_add(arguments, "--ro-bind", source->source, source->path, NULL);
		}
	}
}

static void add_system(const struct plan *plan, struct words *arguments) {
	const struct plan_facts *facts = plan->facts;
	add_directory(arguments, "0755", "/var");
	add_sources(plan, arguments, false);
	for (size_t i = 0; i < facts->links_len; i++) {
		words_add(arguments, "--symlink", facts->links[i].target, facts->links[i].path, NULL);
	}
}

static void add_proc(const struct plan *plan, struct words *arguments) {
	const struct plan_facts *facts = plan->facts;
	words_add(arguments, "--proc", "/proc", NULL);
	/* Where the supervisor runs as root, the files of /proc take an instance's programs for root's. */
	for (size_t i = 0; i < facts->proc_read_only_len; i++) {
		words_add(arguments, "--ro-bind", facts->proc_read_only[i], facts->proc_read_only[i], NULL);
	}
	for (size_t i = 0; i < facts->proc_hidden_len; i++) {
		words_add(arguments, "--ro-bind", "/dev/null", facts->proc_hidden[i], NULL);
	}
}

static void add_devices(const struct plan *plan, struct words *arguments) {
	const struct plan_facts *facts = plan->facts;
	words_add(arguments, "--dev", "/dev", NULL);
	add_tmpfs(arguments, "1777", facts->memory / 8, "/dev/shm");
	if (plan->instance->grants & GRANT_GPU) {
		/* Render nodes alone: a card node could take the screen. Drivers find theirs through /sys. */
		for (size_t i = 0; i < facts->gpus_len; i++) {
			const struct plan_gpu *gpu = &facts->gpus[i];
			words_add(arguments, "--dev-bind", gpu->node, gpu->node, NULL);
			words_add(arguments, "--ro-bind", gpu->device, gpu->device, NULL);
			words_add(arguments, "--symlink", gpu->link_target, gpu->link, NULL);
		}
	}
	words_add(arguments, "--remount-ro", "/dev", NULL);
}

static void add_temporary(const struct plan *plan, struct words *arguments) {
	uint64_t memory = plan->facts->memory;
	add_tmpfs(arguments, "1777", memory / 4, "/tmp");
	words_add(arguments, "--symlink", "../tmp", "/var/tmp", NULL);
	add_tmpfs(arguments, "0755", 64 * MIB, "/run");
	words_add(arguments, "--symlink", "../run", "/var/run", NULL);
	add_directory(arguments, "0755", "/run/user");
	add_directory(arguments, "0700", INSIDE_RUNTIME);
}

static void add_etc(const struct plan *plan, struct words *arguments) {
	add_directory(arguments, "0755", "/etc");
	add_sources(plan, arguments, true);
	if (plan->facts->timezone != NULL) {
		const char *zoneinfo = plan->facts->closure != NULL ? "/etc/zoneinfo" : "/usr/share/zoneinfo";
		words_add(arguments, "--symlink", NULL);
		words_add_format(arguments, "%s/%s", zoneinfo, plan->facts->timezone);
		words_add_format(arguments, "/etc/localtime");
	}
	for (size_t i = 0; i < plan->etc_len; i++) {
		words_add(arguments, "--perms", "0644", "--ro-bind-data", NULL);
		words_add_format(arguments, "%d", PLAN_FD_ETC + (int)i);
		words_add_format(arguments, "%s", plan->etc[i].path);
	}
}

/* Nothing else of the store, and no system around it: what /bin, /usr and /etc have are links into it. */
static void add_closure(const struct plan *plan, struct words *arguments) {
	const struct plan_closure *closure = plan->facts->closure;
	for (size_t i = 0; closure != NULL && i < closure->paths_len; i++) {
		const struct plan_store_path *path = &closure->paths[i];
		if (path->link_target != NULL) {
			words_add(arguments, "--symlink", path->link_target, path->path, NULL);
		} else {
			words_add(arguments, "--ro-bind", path->path, path->path, NULL);
		}
	}
	for (size_t i = 0; closure != NULL && i < closure->links_len; i++) {
		words_add(arguments, "--symlink", closure->links[i].target, closure->links[i].path, NULL);
	}
}

static void add_home(const struct plan *plan, struct words *arguments) {
	add_directory(arguments, "0755", "/home");
	add_tmpfs(arguments, "0700", plan->facts->memory / 4, INSIDE_HOME);
	for (size_t i = 0; i < plan->binds_len; i++) {
		const struct plan_bind *bind = &plan->binds[i];
		words_add(arguments, bind->writable ? "--bind-fd" : "--ro-bind-fd", NULL);
		words_add_format(arguments, "%d", bind->fd);
		words_add_format(arguments, "%s", bind->destination);
	}
}

static void add_cofferdam(const struct plan *plan, struct words *arguments) {
	words_add(arguments, "--ro-bind", plan->socket, INSIDE_RUNTIME "/" INSIDE_DISPLAY, NULL);
	words_add(arguments, "--ro-bind", plan->init_program, INSIDE_INIT, NULL);
	words_add(arguments, "--remount-ro", "/", NULL);
	words_add(arguments, "--chdir", INSIDE_HOME, NULL);
	words_add(arguments, "--seccomp", NULL);
	words_add_format(arguments, "%d", PLAN_FD_SECCOMP);
	words_add(arguments, "--info-fd", NULL);
	words_add_format(arguments, "%d", PLAN_FD_INFO);
	words_add(arguments, "--", INSIDE_INIT, NULL);
	words_add_format(arguments, "%d", PLAN_FD_INIT);
	words_add_format(arguments, "%d", plan->instance->pids);
}

void bubblewrap_arguments(const struct plan *plan, struct words *arguments) {
	words_add(arguments, "bwrap", NULL);
	add_namespaces(plan, arguments);
	add_system(plan, arguments);
	add_proc(plan, arguments);
	add_devices(plan, arguments);
	add_temporary(plan, arguments);
	add_etc(plan, arguments);
	add_closure(plan, arguments);
	add_home(plan, arguments);
	add_cofferdam(plan, arguments);
}

pid_t bubblewrap_parse_info(const char *untrusted_info) {
	static const char key[] = "\"child-pid\":";
	const char *field = strstr(untrusted_info, key);
	if (field == NULL) {
		return 0;
	}
	field += strlen(key);
	return process_parse_pid(field + strspn(field, " \t\n"));
}
