#ifndef INSTANCES_SANDBOX_H
#define INSTANCES_SANDBOX_H

/*
 * One sandbox from its first process to its last: the backend's process, the network beside it, coffer-init inside,
 * the instance's bus. It knows nothing of states and of who wants what: see instance.h.
 */

#include <stdbool.h>
#include <stdint.h>
#include "base/loop.h"
#include "instances/cgroup.h"
#include "instances/children.h"
#include "instances/output.h"
#include "instances/preparation.h"

struct sandbox;

struct sandbox_handler {
	void (*prepared)(void *data); /* its namespaces and mounts stand */
	void (*up)(void *data); /* programs can be started */
	void (*started)(void *data, uint32_t id);
	void (*start_failed)(void *data, uint32_t id, int error); /* errno */
	void (*exited)(void *data, uint32_t id, int status); /* of waitpid() */
	void (*frozen)(void *data, bool frozen, uint32_t unstopped); /* guest.h */
	void (*failed)(void *data, const char *reason); /* it cannot go on: kill it */
	void (*over)(void *data, enum control_resource resource); /* something of it was ended, or refused, at this limit */
	void (*gone)(void *data); /* the last call: no process of it is left, and sandbox_destroy() may be called */
};

struct sandbox_places {
	struct loop *loop;
	struct children *children;
	struct output *output;
	const struct preparation_places *preparation;
	const char *socket; /* the instance's Wayland socket, outside */
	const char *pid_file; /* a path of ours that is nobody else's */
};

/*
 * Builds the sandbox of an instance. What is known at once to be wrong yields NULL and one line in reason (size
 * bytes), and no call of the handler; everything else comes through the handler, later.
 */
struct sandbox *sandbox_create(const struct config_instance *instance, const struct sandbox_places *places,
	const struct sandbox_handler *handler, void *data, char *reason, size_t size);
/* Before `gone`, it kills what there is, unseen. NULL is allowed. */
void sandbox_destroy(struct sandbox *sandbox);

/* Programs get an id, above 0, that the handler's calls tell back. False where it could not be asked for. */
bool sandbox_start(struct sandbox *sandbox, uint32_t id, char *const *argv);
/* SIGTERM to everything inside; the sandbox ends with its last process. */
bool sandbox_terminate(struct sandbox *sandbox);
bool sandbox_freeze(struct sandbox *sandbox, bool freeze);
/* SIGKILL to everything inside, at once. */
void sandbox_kill(struct sandbox *sandbox);

/* What it uses of the machine: as cgroup_measure(). */
void sandbox_measure(struct sandbox *sandbox, struct control_sandbox *out);
/* Its limit, in bytes; UINT64_MAX where there is none. */
uint64_t sandbox_get_memory(const struct sandbox *sandbox);

/* The pid, outside, of coffer-init; 0 where it is not known yet. */
pid_t sandbox_get_pid(const struct sandbox *sandbox);

#endif
