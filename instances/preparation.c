#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/backend.h"
#include "instances/closure.h"
#include "instances/container.h"
#include "instances/etc.h"
#include "instances/facts.h"
#include "instances/machine.h"
#include "instances/preparation.h"
#include "instances/quota.h"
#include "instances/syscalls.h"
#include "store/aside.h"

#define BINDS_MAX 128

/* What is under way; the plan points into it. */
struct making {
	struct preparation *preparation;
	const struct config_instance *instance;
	const struct preparation_places *places;
	struct plan_facts facts;
	struct plan_container container; /* BACKEND_PODMAN */
	struct plan_closure *closure;
	struct etc *etc;
	struct plan_machine machine; /* BACKEND_VM */
	struct plan_bind *binds;
	size_t binds_len;
	bool numbered; /* the binds' descriptors are the preparation's by now */
	char *reason;
	size_t reason_size;
};

/* Takes over fd, which will have this number in the backend's process. Returns false where fd is none. */
static bool add_fd(struct making *making, int fd, int target) {
	struct preparation *preparation = making->preparation;
	if (fd < 0) {
		return false;
	}
	preparation->fds = xrealloc_array(preparation->fds, preparation->fds_len + 1, sizeof(*preparation->fds));
	preparation->fds[preparation->fds_len++] = (struct launch_fd){ .fd = fd, .target = target };
	return true;
}

/* The generation that the person has chosen for it, or else what the config names. */
static bool look_at_closure(struct making *making) {
	const struct config_instance *instance = making->instance;
	struct stat status;
	char *profile = xasprintf("%s/cofferdam-%s", making->places->profiles, instance->name);
	bool has_generations = lstat(profile, &status) == 0;
	making->closure = closure_open(has_generations ? profile : instance->root, making->reason, making->reason_size);
	free(profile);
	if (making->closure == NULL) {
		return false;
	}
	facts_gather_closure(&making->facts, making->closure);
	return true;
}

/* Looks at the root, and finds fault with one that no system is in. */
static bool look_at_root(struct making *making) {
	const char *root = making->instance->root;
	if (making->instance->root_is_closure) {
		return look_at_closure(making);
	}
	facts_gather(&making->facts, strcmp(root, "host") == 0 ? "/" : root);
	const struct plan_facts *facts = &making->facts;
	if (facts->sources_len == 0 || strcmp(facts->sources[0].path, "/usr") != 0) {
		snprintf(making->reason, making->reason_size, "root %s: there is no system in it (no %s/usr)", root, root);
		return false;
	}
	return true;
}

/* ---- binds ---- */

/* Takes over fd and destination. */
static void add_bind(struct making *making, int fd, char *destination, bool writable) {
	making->binds = xrealloc_array(making->binds, making->binds_len + 1, sizeof(*making->binds));
	making->binds[making->binds_len++] = (struct plan_bind){
		.fd = fd, .destination = destination, .writable = writable
	};
}

/*
 * From here on what the instance keeps is its own, and what the config does not declare any more is out of its way. One
 * that keeps nothing and never did makes nothing.
 */
static bool take_store(struct making *making) {
	const struct config_instance *instance = making->instance;
	struct store *store = making->places->store;
	size_t moved = 0;
	int instance_fd = store_enter_instance(
		store, instance->name, instance->persist_len > 0, making->reason, making->reason_size);
	if (instance_fd < 0) {
		return making->reason[0] == '\0';
	}
	making->preparation->lock_fd = store_lock_instance(store, instance->name, making->reason, making->reason_size);
	bool taken = making->preparation->lock_fd >= 0 &&
		aside_tidy(instance_fd, instance, &moved, making->reason, making->reason_size);
	uint64_t bytes;
	if (taken && quota_is_over(store, instance, &bytes)) {
		quota_describe(instance, bytes, making->reason, making->reason_size);
		taken = false;
	}
	if (moved > 0) {
		log_warn("instance %s: what its config declares no longer is kept aside: coffer state list %s", instance->name,
			instance->name);
	}
	fd_close(&instance_fd);
	return taken;
}

static bool open_binds(struct making *making) {
	const struct config_instance *instance = making->instance;
	const struct preparation_places *places = making->places;
	if (instance->persist_len + instance->files_len > BINDS_MAX) {
		snprintf(making->reason, making->reason_size, "more than %d persist and files paths", BINDS_MAX);
		return false;
	}
	if (!take_store(making)) {
		return false;
	}
	for (size_t i = 0; i < instance->persist_len; i++) {
		const struct config_persist *persist = &instance->persist[i];
		int fd = store_open(places->store, instance->name, persist, making->reason, making->reason_size);
		if (fd < 0) {
			return false;
		}
		add_bind(making, fd, xasprintf("%s/%s", INSIDE_HOME, persist->path), true);
	}
	for (size_t i = 0; i < instance->files_len; i++) {
		const struct config_file *file = &instance->files[i];
		char *destination;
		int fd = shared_open(
			file, places->home, places->guards, places->guards_len, &destination, making->reason, making->reason_size);
		if (fd < 0) {
			return false;
		}
		add_bind(making, fd, destination, file->writable);
	}
	return true;
}

/* What lies in another comes after it, or would be covered by it. */
static int by_destination(const void *a, const void *b) {
	return strcmp(((const struct plan_bind *)a)->destination, ((const struct plan_bind *)b)->destination);
}

/* Gives every bind its number in the backend's process; from then on the descriptors are the preparation's. */
static void number_binds(struct making *making, int first) {
	if (making->binds_len > 0) {
		qsort(making->binds, making->binds_len, sizeof(*making->binds), by_destination);
	}
	for (size_t i = 0; i < making->binds_len; i++) {
		add_fd(making, making->binds[i].fd, first + (int)i);
		making->binds[i].fd = first + (int)i;
	}
	making->numbered = true;
}

/* ---- files of our own ---- */

static bool open_etc(struct making *making, const struct plan_file **files, size_t *len) {
	char machine_id[33];
	if (!etc_random_machine_id(machine_id)) {
		snprintf(making->reason, making->reason_size, "the kernel gives no random numbers");
		return false;
	}
	making->etc = etc_create(making->instance, &making->facts, machine_id);
	*files = etc_files(making->etc, len);
	for (size_t i = 0; i < *len; i++) {
		const char *content = (*files)[i].content;
		if (!add_fd(making, fd_sealed_memfd("etc", content, strlen(content)), PLAN_FD_ETC + (int)i)) {
			snprintf(making->reason, making->reason_size, "no memory for %s: %s", (*files)[i].path, strerror(errno));
			return false;
		}
	}
	return true;
}

/* Takes what BACKEND_VM needs besides; first: of the numbers that are free. */
static bool add_machine(struct making *making, struct plan *plan, int first) {
	const struct config_instance *instance = making->instance;
	struct plan_machine *machine = &making->machine;
	if (!making->facts.has_waypipe) {
		snprintf(making->reason, making->reason_size,
			"there is no waypipe in its root, which brings its windows here: install waypipe, or add it to the closure");
		return false;
	}
	if (!machine_gather(machine, instance, making->places->init_program, making->reason, making->reason_size)) {
		return false;
	}
	add_fd(making, machine->kernel_fd, first);
	add_fd(making, machine->initrd_fd, first + 1);
	machine->kernel_fd = first;
	machine->initrd_fd = first + 1;
	plan->machine = machine;
	return true;
}

static bool make(struct making *making, const char *socket) {
	const struct config_instance *instance = making->instance;
	struct preparation *preparation = making->preparation;
	const struct backend *backend = backend_find(instance->backend);
	if (backend == NULL) {
		snprintf(making->reason, making->reason_size, "backend %s is not in this version: use backend bubblewrap",
			config_backend_name(instance->backend));
		return false;
	}
	struct plan plan = {
		.instance = instance,
		.facts = &making->facts,
		.socket = socket,
		.init_program = making->places->init_program,
	};
	if (instance->backend == BACKEND_PODMAN) {
		if (!container_gather(&making->container, making->reason, making->reason_size)) {
			return false;
		}
		plan.container = &making->container;
	}
	if (!look_at_root(making) || !open_binds(making) || !open_etc(making, &plan.etc, &plan.etc_len)) {
		return false;
	}
	number_binds(making, PLAN_FD_ETC + (int)plan.etc_len);
	if (!add_fd(making, syscalls_create_filter(backend->filter), PLAN_FD_SECCOMP)) {
		snprintf(making->reason, making->reason_size, "no system call filter; see the messages of cofferdam");
		return false;
	}
	int first = PLAN_FD_ETC + (int)(plan.etc_len + making->binds_len);
	if (instance->backend == BACKEND_VM && !add_machine(making, &plan, first)) {
		return false;
	}
	plan.binds = making->binds;
	plan.binds_len = making->binds_len;
	backend->arguments(&plan, &preparation->arguments);
	backend->environment(&plan, &preparation->environment);
	preparation->has_bus = making->facts.has_bus;
	preparation->user_namespaces = backend->user_namespaces;
	return true;
}

bool preparation_make(struct preparation *preparation, const struct config_instance *instance,
	const struct preparation_places *places, const char *socket, char *reason, size_t size) {
	*preparation = (struct preparation){ .lock_fd = -1 };
	struct making making = {
		.preparation = preparation,
		.instance = instance,
		.places = places,
		.reason = reason,
		.reason_size = size,
	};
	bool made = make(&making, socket);

	for (size_t i = 0; i < making.binds_len; i++) {
		if (!making.numbered) {
			fd_close(&making.binds[i].fd);
		}
		free(making.binds[i].destination);
	}
	free(making.binds);
	etc_destroy(making.etc);
	machine_finish(&making.machine);
	facts_finish(&making.facts);
	container_finish(&making.container);
	closure_destroy(making.closure);
	return made;
}

void preparation_finish(struct preparation *preparation) {
	for (size_t i = 0; i < preparation->fds_len; i++) {
		fd_close(&preparation->fds[i].fd);
	}
	free(preparation->fds);
	fd_close(&preparation->lock_fd);
	words_finish(&preparation->arguments);
	words_finish(&preparation->environment);
	*preparation = (struct preparation){ .lock_fd = -1 };
}
