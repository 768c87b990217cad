#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/cgroup.h"
#include "instances/process.h"
#include "instances/scope.h"

#define EVENTS_SIZE 1024

/* A file that tells how often a limit was met. */
struct watch {
	struct cgroup *cgroup;
	enum control_resource resource;
	int fd;
	struct loop_source *source;
	uint64_t met; /* as it was last read */
};

struct cgroup {
	struct cgroups *cgroups;
	struct loop *loop;
	struct config_instance limits; /* only its numbers are ours to use */
	uint64_t machine; /* bytes */
	char *name; /* of the directory, or of the scope */
	int directory_fd; /* -1 where there is none (yet) */
	int procs_fd;
	struct watch watches[CONTROL_RESOURCES];
	cgroup_handler handler;
	void *data;
};

/* By enum control_resource. */
static const struct {
	const char *current, *peak, *max, *events, *event;
} files[CONTROL_RESOURCES] = {
	[RESOURCE_MEMORY] = { "memory.current", "memory.peak", "memory.max", "memory.events", "oom_kill" },
	[RESOURCE_PIDS] = { "pids.current", "pids.peak", "pids.max", "pids.events", "max" },
};

static uint64_t machine_memory(void) {
	struct sysinfo info;
	return sysinfo(&info) == 0 ? (uint64_t)info.totalram * info.mem_unit : UINT64_C(1) << 30;
}

/* ---- what happens at the limits ---- */

static void read_events(struct watch *watch) {
	char text[EVENTS_SIZE];
	ssize_t n = watch->fd >= 0 ? pread(watch->fd, text, sizeof(text) - 1, 0) : -1;
	if (n < 0) {
		return; /* a scope that is gone: what was read last holds */
	}
	text[n] = '\0';
	watch->met = cgroups_parse_count(text, files[watch->resource].event);
}

static void handle_event(void *data, int fd, uint32_t revents) {
	struct watch *watch = data;
	uint64_t before = watch->met;
	char byte;
	if (pread(fd, &byte, 1, 0) < 0) {
		/* The scope is gone, and would be told of for ever. */
		loop_remove(watch->source);
		watch->source = NULL;
		return;
	}
	read_events(watch);
	if (watch->met > before) {
		watch->cgroup->handler(watch->cgroup->data, watch->resource);
	}
}

static void watch_all(struct cgroup *cgroup) {
	for (size_t i = 0; i < CONTROL_RESOURCES; i++) {
		struct watch *watch = &cgroup->watches[i];
		watch->fd = openat(cgroup->directory_fd, files[i].events, O_RDONLY | O_CLOEXEC);
		if (watch->fd >= 0) {
			read_events(watch);
			watch->source = loop_add_fd(cgroup->loop, watch->fd, EPOLLPRI, handle_event, watch);
		}
	}
}

/* ---- one of our own ---- */

static bool set_number(const struct cgroup *cgroup, const char *file, uint64_t value) {
	char text[32];
	if (value == UINT64_MAX) {
		return true; /* "max" is what it begins with */
	}
	snprintf(text, sizeof(text), "%" PRIu64, value);
	return cgroups_write(cgroup->directory_fd, file, text);
}

/* Swap and the processor's share may be missing in a kernel, and nobody is in danger without them. */
static bool make_own(struct cgroup *cgroup, char *reason, size_t size) {
	int base_fd = cgroups_get_base(cgroup->cgroups);
	if (mkdirat(base_fd, cgroup->name, 0755) != 0) {
		snprintf(reason, size, "its cgroup %s cannot be made: %s", cgroup->name, strerror(errno));
		return false;
	}
	cgroup->directory_fd = openat(base_fd, cgroup->name, O_DIRECTORY | O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	cgroup->procs_fd = openat(cgroup->directory_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (cgroup->procs_fd < 0 ||
		!set_number(cgroup, "memory.max", scope_memory(&cgroup->limits, cgroup->machine)) ||
		!set_number(cgroup, "pids.max", (uint64_t)cgroup->limits.pids)) {
		snprintf(reason, size, "its cgroup %s cannot be limited: %s", cgroup->name, strerror(errno));
		return false;
	}
	set_number(cgroup, "memory.swap.max", scope_swap(&cgroup->limits, cgroup->machine));
	set_number(cgroup, "cpu.weight", (uint64_t)cgroup->limits.cpu_weight);
	watch_all(cgroup);
	return true;
}

/* ---- from outside ---- */

struct cgroup *cgroup_create(struct cgroups *cgroups, struct loop *loop, const struct config_instance *instance,
	cgroup_handler handler, void *data, char *reason, size_t size) {
	struct cgroup *cgroup = xcalloc(1, sizeof(*cgroup));
	cgroup->cgroups = cgroups;
	cgroup->loop = loop;
	cgroup->limits = (struct config_instance){
		.memory = instance->memory, .pids = instance->pids, .cpu_weight = instance->cpu_weight
	};
	cgroup->machine = machine_memory();
	cgroup->handler = handler;
	cgroup->data = data;
	cgroup->directory_fd = cgroup->procs_fd = -1;
	for (size_t i = 0; i < CONTROL_RESOURCES; i++) {
		cgroup->watches[i] = (struct watch){ .cgroup = cgroup, .resource = (enum control_resource)i, .fd = -1 };
	}
	bool own = cgroups_get_how(cgroups) == CGROUPS_DIRECT;
	cgroup->name = xasprintf("cofferdam-%d-%s-%u%s", (int)getpid(), instance->name, cgroups_next(cgroups),
		own ? "" : ".scope");
	if (own && !make_own(cgroup, reason, size)) {
		cgroup_destroy(cgroup);
		return NULL;
	}
	return cgroup;
}

void cgroup_destroy(struct cgroup *cgroup) {
	if (cgroup == NULL) {
		return;
	}
	for (size_t i = 0; i < CONTROL_RESOURCES; i++) {
		loop_remove(cgroup->watches[i].source);
		fd_close(&cgroup->watches[i].fd);
	}
	fd_close(&cgroup->procs_fd);
	fd_close(&cgroup->directory_fd);
	if (cgroups_get_how(cgroup->cgroups) == CGROUPS_DIRECT) {
		cgroups_remove(cgroup->cgroups, cgroup->name);
	}
	free(cgroup->name);
	free(cgroup);
}

void cgroup_arguments(const struct cgroup *cgroup, struct words *arguments) {
	if (cgroups_get_how(cgroup->cgroups) == CGROUPS_SYSTEMD) {
		scope_arguments(
			&cgroup->limits, cgroup->machine, cgroup->name, cgroups_get_version(cgroup->cgroups), arguments);
	}
}

int cgroup_get_procs(const struct cgroup *cgroup) {
	return cgroup->procs_fd;
}

void cgroup_attach(struct cgroup *cgroup, pid_t pid) {
	if (cgroups_get_how(cgroup->cgroups) != CGROUPS_SYSTEMD || cgroup->directory_fd >= 0) {
		return;
	}
	char *path = cgroups_find(pid);
	const char *base = path != NULL ? strrchr(path, '/') : NULL;
	if (base != NULL && strcmp(base + 1, cgroup->name) == 0) {
		cgroup->directory_fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	}
	free(path);
	if (cgroup->directory_fd >= 0) {
		watch_all(cgroup);
	} else {
		log_warn("%s: what it uses cannot be looked up: cgroup v2 is not to be seen here", cgroup->name);
	}
}

/* ---- what it has ---- */

/* "max" or a number; fallback where the file is not there. */
static uint64_t read_number(int directory_fd, const char *file, uint64_t fallback) {
	char text[64];
	if (!cgroups_read(directory_fd, file, text, sizeof(text))) {
		return fallback;
	}
	return strncmp(text, "max", 3) == 0 ? UINT64_MAX : strtoull(text, NULL, 10);
}

static void measure_processes(pid_t root, struct control_sandbox *out) {
	struct process_usage usage = process_measure(root);
	out->used[RESOURCE_MEMORY] = usage.memory;
	out->used[RESOURCE_PIDS] = usage.processes;
	out->limit[RESOURCE_MEMORY] = out->limit[RESOURCE_PIDS] = UINT64_MAX;
}

void cgroup_measure(struct cgroup *cgroup, pid_t root, struct control_sandbox *out) {
	copy_string(out->how, sizeof(out->how), cgroups_get_name(cgroup->cgroups));
	copy_string(out->why, sizeof(out->why), cgroups_get_why(cgroup->cgroups));
	if (cgroup->directory_fd < 0) {
		measure_processes(root, out);
		return;
	}
	for (size_t i = 0; i < CONTROL_RESOURCES; i++) {
		out->used[i] = read_number(cgroup->directory_fd, files[i].current, 0);
		out->most[i] = read_number(cgroup->directory_fd, files[i].peak, 0);
		out->limit[i] = read_number(cgroup->directory_fd, files[i].max, UINT64_MAX);
		read_events(&cgroup->watches[i]);
		out->met[i] = cgroup->watches[i].met;
	}
	out->cpu_weight = (uint32_t)read_number(cgroup->directory_fd, "cpu.weight", 0);
}

void cgroup_describe(
	const struct cgroups *cgroups, const struct config_instance *instance, struct control_sandbox *out) {
	copy_string(out->how, sizeof(out->how), cgroups_get_name(cgroups));
	copy_string(out->why, sizeof(out->why), cgroups_get_why(cgroups));
	out->limit[RESOURCE_MEMORY] = out->limit[RESOURCE_PIDS] = UINT64_MAX;
	if (cgroups_get_how(cgroups) != CGROUPS_NONE) {
		out->limit[RESOURCE_MEMORY] = scope_memory(instance, machine_memory());
		out->limit[RESOURCE_PIDS] = (uint64_t)instance->pids;
		out->cpu_weight = (uint32_t)instance->cpu_weight;
	}
}

uint64_t cgroup_count_kills(struct cgroup *cgroup) {
	read_events(&cgroup->watches[RESOURCE_MEMORY]);
	return cgroup->watches[RESOURCE_MEMORY].met;
}

uint64_t cgroup_get_memory(const struct cgroup *cgroup) {
	return scope_memory(&cgroup->limits, cgroup->machine);
}
