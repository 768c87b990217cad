#ifndef INSTANCES_INSTANCE_H
#define INSTANCES_INSTANCE_H

/*
 * One instance of the config: its state (lifecycle.h), its sandbox while it has one, and those who wait for a program
 * to be started in it.
 */

#include <stdbool.h>
#include <stddef.h>
#include "config/config.h"
#include "instances/sandbox.h"
#include "instances/snapshot.h"
#include "wire/control.h"
#include "wire/session.h"

struct instance;

struct instance_places {
	struct loop *loop;
	struct children *children;
	const struct preparation_places *preparation;
	int directory_fd; /* its directory in the runtime directory; borrowed */
	const char *directory; /* the path of that; borrowed for the call */
};

struct instance_handler {
	/* The state, the freeze, or what is running has changed. */
	void (*changed)(void *data, struct instance *instance);
	/* Something in it was ended at a limit of its sandbox: one line for the person. Seldom, however often it happens. */
	void (*over)(void *data, struct instance *instance, const char *text);
};

/* Keeps a reference to the snapshot that has it. NULL where its log cannot be made (logged). */
struct instance *instance_create(struct snapshot *snapshot, const char *name, const struct instance_places *places,
	const struct instance_handler *handler, void *data);
/* Kills what runs, unseen; nobody is answered any more. NULL is allowed. */
void instance_destroy(struct instance *instance);

/* From the next start on, the instance is as this config says. What runs is not touched. */
void instance_configure(struct instance *instance, struct snapshot *snapshot);

/*
 * Starts a program, and the sandbox first where it does not run. answer is called once, maybe before
 * this returns: error NULL when the program has been executed, else one line that says why not. words: copied.
 */
typedef void (*instance_answer)(void *data, const char *error);
void instance_run(struct instance *instance, char *const *words, instance_answer answer, void *data);
/* Nobody waits for these answers any more; what was asked for goes on. */
void instance_forget_answers(struct instance *instance, void *data);

void instance_stop(struct instance *instance);
void instance_kill(struct instance *instance);
/* Freezes or thaws it, which takes a moment; the last order holds. */
void instance_freeze(struct instance *instance, bool freeze);

const char *instance_get_name(const struct instance *instance);
const char *instance_get_log(const struct instance *instance);
enum session_instance_state instance_get_state(const struct instance *instance);
/* True while nothing of it runs. */
bool instance_is_idle(const struct instance *instance);
bool instance_is_frozen(const struct instance *instance);
/* Frozen, or on the way to it. */
bool instance_is_freezing(const struct instance *instance);
/* Does it change no files: as it is frozen, but for *unstopped threads that did not stop, or as nothing of it runs? */
bool instance_is_still(const struct instance *instance, uint32_t *unstopped);
/* "" where it has not failed. */
const char *instance_get_reason(const struct instance *instance);
/* As it runs, or would be started. */
const struct config_instance *instance_get_config(const struct instance *instance);
/* 0xRRGGBB, as on the screen: by the newest config, also while it runs under an older one. */
uint32_t instance_get_color(const struct instance *instance);
/* By the newest config, whatever it runs under; NULL where there is none of that name. */
const struct config_app *instance_find_app(const struct instance *instance, const char *name);
/* What it uses of the machine, and may use; sets all but the name. */
void instance_get_usage(const struct instance *instance, struct control_sandbox *out);
/* The pid of its first process, seen from outside; 0 where none runs. */
pid_t instance_get_pid(const struct instance *instance);

#endif
