#include <string.h>
#include "instances/bubblewrap.h"
#include "instances/process.h"

#define MIB (UINT64_C(1024) * 1024)

/* What is under way: the parts of one command. */
struct building {
	const struct plan *plan; /* NULL where facts alone are asked */
	const struct plan_facts *facts;
	const char *prefix; /* where its root stands in the sandbox's: "" for the same */
	struct words *arguments;
};

/* Appends where an inside path stands in the sandbox. */
static void add_place(const struct building *building, const char *path) {
	words_add_format(building->arguments, "%s%s", building->prefix, path);
}

static void add_tmpfs(const struct building *building, const char *mode, uint64_t size, const char *path) {
	words_add(building->arguments, "--perms", mode, "--size", NULL);
	words_add_format(building->arguments, "%llu", (unsigned long long)size);
	words_add_format(building->arguments, "--tmpfs");
	add_place(building, path);
}

static void add_directory(const struct building *building, const char *mode, const char *path) {
	words_add(building->arguments, "--perms", mode, "--dir", NULL);
	add_place(building, path);
}

static void add_symlink(const struct building *building, const char *target, const char *path) {
	words_add(building->arguments, "--symlink", target, NULL);
	add_place(building, path);
}

static void add_read_only(const struct building *building, const char *source, const char *path) {
	words_add(building->arguments, "--ro-bind", source, NULL);
	add_place(building, path);
}

/* ---- the walls ---- */

void bubblewrap_add_namespaces(const struct plan *plan, struct words *arguments) {
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

void bubblewrap_add_proc(const struct plan_facts *facts, struct words *arguments) {
	words_add(arguments, "--proc", "/proc", NULL);
	/* Where the supervisor runs as root, the files of /proc take an instance's programs for root's. */
	for (size_t i = 0; i < facts->proc_read_only_len; i++) {
		words_add(arguments, "--ro-bind", facts->proc_read_only[i], facts->proc_read_only[i], NULL);
	}
	for (size_t i = 0; i < facts->proc_hidden_len; i++) {
		words_add(arguments, "--ro-bind", "/dev/null", facts->proc_hidden[i], NULL);
	}
}

void bubblewrap_add_end(struct words *arguments) {
	words_add(arguments, "--seccomp", NULL);
	words_add_format(arguments, "%d", PLAN_FD_SECCOMP);
	words_add(arguments, "--info-fd", NULL);
	words_add_format(arguments, "%d", PLAN_FD_INFO);
}

/* ---- the root ---- */

static void add_sources(const struct building *building, bool of_etc) {
	const struct plan_facts *facts = building->facts;
	for (size_t i = 0; i < facts->sources_len; i++) {
		const struct plan_source *source = &facts->sources[i];
		if ((strncmp(source->path, "/etc/", 5) == 0) == of_etc) {
			add_read_only(building, source->source, source->path);
		}
	}
}

static void add_system(const struct building *building) {
	const struct plan_facts *facts = building->facts;
	add_sources(building, false);
	for (size_t i = 0; i < facts->links_len; i++) {
		add_symlink(building, facts->links[i].target, facts->links[i].path);
	}
}

static void add_etc(const struct building *building) {
	const struct plan *plan = building->plan;
	add_directory(building, "0755", "/etc");
	add_sources(building, true);
	if (plan->facts->timezone != NULL) {
		const char *zoneinfo = plan->facts->closure != NULL ? "/etc/zoneinfo" : "/usr/share/zoneinfo";
		words_add(building->arguments, "--symlink", NULL);
		words_add_format(building->arguments, "%s/%s", zoneinfo, plan->facts->timezone);
		add_place(building, "/etc/localtime");
	}
	for (size_t i = 0; i < plan->etc_len; i++) {
		words_add(building->arguments, "--perms", "0644", "--ro-bind-data", NULL);
		words_add_format(building->arguments, "%d", PLAN_FD_ETC + (int)i);
		add_place(building, plan->etc[i].path);
	}
}

/* Nothing else of the store, and no system around it: what /bin, /usr and /etc have are links into it. */
static void add_closure(const struct building *building) {
	const struct plan_closure *closure = building->plan->facts->closure;
	for (size_t i = 0; closure != NULL && i < closure->paths_len; i++) {
		const struct plan_store_path *path = &closure->paths[i];
		if (path->link_target != NULL) {
			add_symlink(building, path->link_target, path->path);
		} else {
			add_read_only(building, path->path, path->path);
		}
	}
	for (size_t i = 0; closure != NULL && i < closure->links_len; i++) {
		add_symlink(building, closure->links[i].target, closure->links[i].path);
	}
}

static void add_home(const struct building *building, uint64_t size) {
	const struct plan *plan = building->plan;
	add_directory(building, "0755", "/home");
	add_tmpfs(building, "0700", size, INSIDE_HOME);
	for (size_t i = 0; i < plan->binds_len; i++) {
		const struct plan_bind *bind = &plan->binds[i];
		words_add(building->arguments, bind->writable ? "--bind-fd" : "--ro-bind-fd", NULL);
		words_add_format(building->arguments, "%d", bind->fd);
		add_place(building, bind->destination);
	}
}

/* ---- what runs in the sandbox itself ---- */

static void add_devices(const struct building *building) {
	const struct plan_facts *facts = building->plan->facts;
	struct words *arguments = building->arguments;
	words_add(arguments, "--dev", NULL);
	add_place(building, "/dev");
	add_tmpfs(building, "1777", facts->memory / 8, "/dev/shm");
	if (building->plan->instance->grants & GRANT_GPU) {
		/* Render nodes alone: a card node could take the screen. Drivers find theirs through /sys. */
		for (size_t i = 0; i < facts->gpus_len; i++) {
			const struct plan_gpu *gpu = &facts->gpus[i];
			words_add(arguments, "--dev-bind", gpu->node, NULL);
			add_place(building, gpu->node);
			add_read_only(building, gpu->device, gpu->device);
			add_symlink(building, gpu->link_target, gpu->link);
		}
	}
	words_add(arguments, "--remount-ro", NULL);
	add_place(building, "/dev");
}

static void add_temporary(const struct building *building) {
	add_tmpfs(building, "1777", building->plan->facts->memory / 4, "/tmp");
	add_symlink(building, "../tmp", "/var/tmp");
	add_tmpfs(building, "0755", 64 * MIB, "/run");
	add_symlink(building, "../run", "/var/run");
	add_directory(building, "0755", "/run/user");
	add_directory(building, "0700", INSIDE_RUNTIME);
}

static void add_cofferdam(const struct building *building) {
	add_read_only(building, building->plan->socket, INSIDE_RUNTIME "/" INSIDE_DISPLAY);
	add_read_only(building, building->plan->init_program, INSIDE_INIT);
}

/* All of a root that programs of this machine's kernel see, but for the system and /proc. */
static void add_inside(const struct building *building) {
	add_devices(building);
	add_temporary(building);
	add_etc(building);
	add_closure(building);
	add_home(building, building->plan->facts->memory / 4);
	add_cofferdam(building);
}

static void add_command(const struct plan *plan, struct words *arguments) {
	words_add(arguments, "--remount-ro", "/", NULL);
	words_add(arguments, "--chdir", INSIDE_HOME, NULL);
	bubblewrap_add_end(arguments);
	words_add(arguments, "--", INSIDE_INIT, NULL);
	words_add_format(arguments, "%d", PLAN_FD_INIT);
	words_add_format(arguments, "%d", plan->instance->pids);
}

/* ---- the whole ---- */

void bubblewrap_arguments(const struct plan *plan, struct words *arguments) {
	const struct building building = { .plan = plan, .facts = plan->facts, .prefix = "", .arguments = arguments };
	words_add(arguments, "bwrap", NULL);
	bubblewrap_add_namespaces(plan, arguments);
	add_directory(&building, "0755", "/var");
	add_system(&building);
	bubblewrap_add_proc(plan->facts, arguments);
	add_inside(&building);
	add_command(plan, arguments);
}

void bubblewrap_add_whole_root(const struct plan *plan, const char *prefix, struct words *arguments) {
	const struct building building = { .plan = plan, .facts = plan->facts, .prefix = prefix, .arguments = arguments };
	add_tmpfs(&building, "0755", 64 * MIB, "");
	add_directory(&building, "0755", "/var");
	add_system(&building);
	add_directory(&building, "0555", "/proc");
	/* Before what of a GPU is bound there. */
	add_directory(&building, "0755", "/sys");
	add_inside(&building);
}

void bubblewrap_add_system(const struct plan_facts *facts, struct words *arguments) {
	const struct building building = { .facts = facts, .prefix = "", .arguments = arguments };
	add_system(&building);
	add_directory(&building, "0755", "/etc");
	add_sources(&building, true);
}

void bubblewrap_add_root(const struct plan *plan, const char *prefix, uint64_t home_size, struct words *arguments) {
	/* What the guest's own kernel fills, and what leads there. */
	static const char *const points[] = { "/dev", "/proc", "/run", "/tmp" };
	const struct building building = { .plan = plan, .facts = plan->facts, .prefix = prefix, .arguments = arguments };
	add_tmpfs(&building, "0755", 64 * MIB, "");
	add_directory(&building, "0755", "/var");
	add_system(&building);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		add_directory(&building, "0755", points[i]);
	}
	add_symlink(&building, "../tmp", "/var/tmp");
	add_symlink(&building, "../run", "/var/run");
	add_etc(&building);
	add_closure(&building);
	add_home(&building, home_size);
	words_add(arguments, "--remount-ro", prefix, NULL);
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
