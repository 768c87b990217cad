#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "instances/instance.h"
#include "instances/lifecycle.h"
#include "instances/output.h"

#define LOG_NAME "log"
#define OVER_INTERVAL_MS 10000 /* of telling the person that a limit was met */
#define REQUESTS_MAX 64 /* programs that were started from outside and have not ended */

/* A program that was asked for. */
struct request {
	struct request *next; // instance.requests
	uint32_t id;
	bool sent; /* coffer-init has been told, and its answer is awaited */
	char **words;
	instance_answer answer; /* NULL once it is given or nobody waits */
	void *data;
};

struct instance {
	char *name, *log_path, *socket_path, *pid_path;
	struct instance_places places;
	const struct instance_handler *handler;
	void *data;
	struct snapshot *snapshot; /* the newest */
	struct snapshot *running; /* that the sandbox was started under; NULL without one */
	struct output *output;

	enum session_instance_state state;
	struct loop_source *timer;
	struct sandbox *sandbox;
	bool freezing; /* it is to be frozen */
	bool frozen; /* and is, as the answer to the last order says */
	uint32_t orders_sent; /* to freeze and to thaw, not answered yet */
	uint32_t unstopped; /* threads, when it was frozen */
	char reason[SESSION_TEXT_SIZE];
	int64_t over_told[CONTROL_RESOURCES]; /* ms, clock_now(): when the person was; 0 never */

	struct request *requests;
	size_t requests_len;
	uint32_t last_id;
};

static void step(struct instance *instance, enum lifecycle_event event);

static const struct config_instance *find_config(const struct instance *instance, const struct snapshot *snapshot) {
	return config_find_instance(snapshot_get_config(snapshot), instance->name);
}

/* ---- requests ---- */

static void answer_request(struct request *request, const char *error) {
	instance_answer answer = request->answer;
	request->answer = NULL;
	if (answer != NULL) {
		answer(request->data, error);
	}
}

static void remove_request(struct instance *instance, struct request *request) {
	struct request **link = &instance->requests;
	while (*link != request) {
		link = &(*link)->next;
	}
	*link = request->next;
	instance->requests_len--;
	for (size_t i = 0; request->words[i] != NULL; i++) {
		free(request->words[i]);
	}
	free(request->words);
	free(request);
}

static struct request *find_request(struct instance *instance, uint32_t untrusted_id) {
	for (struct request *request = instance->requests; request != NULL; request = request->next) {
		if (request->id == untrusted_id && request->sent) {
			return request;
		}
	}
	return NULL;
}

static void refuse_requests(struct instance *instance, const char *error) {
	while (instance->requests != NULL) {
		answer_request(instance->requests, error);
		remove_request(instance, instance->requests);
	}
}

/* Sends what waits. A request stays in the list while its program runs: its end is worth a line in the log. */
static void serve_requests(struct instance *instance) {
	struct request *next;
	for (struct request *request = instance->requests; request != NULL; request = next) {
		next = request->next;
		if (request->sent) {
			continue;
		}
		request->sent = true;
		if (!sandbox_start(instance->sandbox, request->id, request->words)) {
			answer_request(request, "coffer-init cannot be reached, or the command is too long");
			remove_request(instance, request);
		}
	}
}

/* ---- the sandbox speaks ---- */

static void set_reason(struct instance *instance, const char *untrusted_reason) {
	/* The first is the cause of those that follow. */
	if (instance->reason[0] == '\0') {
		utf8_copy_line(untrusted_reason, strlen(untrusted_reason), instance->reason, sizeof(instance->reason));
	}
}

static void handle_prepared(void *data) {
	step(data, EVENT_PREPARED);
}

static void handle_up(void *data) {
	step(data, EVENT_UP);
}

static void handle_started(void *data, uint32_t id) {
	struct instance *instance = data;
	struct request *request = find_request(instance, id);
	if (request != NULL) {
		answer_request(request, NULL);
		instance->handler->changed(instance->data, instance);
	}
}

static void handle_start_failed(void *data, uint32_t id, int error) {
	struct instance *instance = data;
	struct request *request = find_request(instance, id);
	if (request == NULL) {
		return;
	}
	char *text = error == ENOENT ? xasprintf("%s: command not found in instance %s", request->words[0], instance->name)
								 : xasprintf("%s: %s", request->words[0], strerror(error));
	output_note(instance->output, "%s", text);
	answer_request(request, text);
	remove_request(instance, request);
	free(text);
}

static void handle_exited(void *data, uint32_t id, int status) {
	struct instance *instance = data;
	struct request *request = find_request(instance, id);
	if (request == NULL) {
		return;
	}
	if (WIFSIGNALED(status)) {
		output_note(instance->output, "%s was ended by signal %d (%s)", request->words[0], WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	} else {
		output_note(instance->output, "%s has ended with %d", request->words[0], WEXITSTATUS(status));
	}
	answer_request(request, "it ended before it was seen to start");
	remove_request(instance, request);
	instance->handler->changed(instance->data, instance);
}

static void handle_frozen(void *data, bool frozen, uint32_t unstopped) {
	struct instance *instance = data;
	/* Only the last order says how it stands; what answers none says nothing. */
	if (instance->orders_sent == 0 || --instance->orders_sent > 0) {
		return;
	}
	instance->frozen = frozen && instance->freezing;
	instance->unstopped = instance->frozen ? unstopped : 0;
	if (instance->unstopped > 0) {
		log_warn("instance %s is frozen, but for %u threads that do not stop", instance->name, instance->unstopped);
	}
	instance->handler->changed(instance->data, instance);
}

static void handle_failed(void *data, const char *reason) {
	struct instance *instance = data;
	set_reason(instance, reason);
	step(instance, EVENT_FAIL);
}

static void handle_gone(void *data) {
	struct instance *instance = data;
	step(instance, instance->reason[0] != '\0' ? EVENT_BROKE : EVENT_GONE);
}

static void handle_over(void *data, enum control_resource resource) {
	struct instance *instance = data;
	const struct config_instance *config = instance_get_config(instance);
	int64_t now = clock_now();
	char text[SESSION_TEXT_SIZE];
	if (instance->over_told[resource] != 0 && now - instance->over_told[resource] < OVER_INTERVAL_MS) {
		return;
	}
	instance->over_told[resource] = now;
	if (resource == RESOURCE_MEMORY) {
		snprintf(text, sizeof(text), "over its memory limit of %llu MiB: a program was ended (memory)",
			(unsigned long long)(sandbox_get_memory(instance->sandbox) >> 20));
	} else {
		snprintf(text, sizeof(text), "at its limit of %d processes: no more are started (pids)", config->pids);
	}
	log_warn("instance %s: %s", instance->name, text);
	output_note(instance->output, "%s", text);
	instance->handler->over(instance->data, instance, text);
}

static const struct sandbox_handler sandbox_handler = {
	.prepared = handle_prepared,
	.up = handle_up,
	.started = handle_started,
	.start_failed = handle_start_failed,
	.exited = handle_exited,
	.frozen = handle_frozen,
	.failed = handle_failed,
	.gone = handle_gone,
	.over = handle_over,
};

/* ---- what the table says is to be done ---- */

static void prepare(struct instance *instance) {
	char reason[SESSION_TEXT_SIZE];
	instance->reason[0] = '\0';
	const struct config_instance *config = find_config(instance, instance->snapshot);
	const struct sandbox_places places = {
		.loop = instance->places.loop,
		.children = instance->places.children,
		.output = instance->output,
		.preparation = instance->places.preparation,
		.socket = instance->socket_path,
		.pid_file = instance->pid_path,
	};
	output_note(instance->output, "%s is being started", instance->name);
	memset(instance->over_told, 0, sizeof(instance->over_told));
	instance->running = snapshot_ref(instance->snapshot);
	instance->sandbox = sandbox_create(config, &places, &sandbox_handler, instance, reason, sizeof(reason));
	if (instance->sandbox == NULL) {
		set_reason(instance, reason);
		step(instance, EVENT_BROKE);
	}
}

/* Nothing of the sandbox is left. */
static void clean_up(struct instance *instance) {
	sandbox_destroy(instance->sandbox);
	instance->sandbox = NULL;
	snapshot_unref(instance->running);
	instance->running = NULL;
	instance->freezing = instance->frozen = false;
	instance->orders_sent = instance->unstopped = 0;
	const char *said = instance->reason[0] != '\0' ? instance->reason : "it was stopped";
	if (instance->state == INSTANCE_FAILED) {
		log_error("instance %s: %s", instance->name, said);
		output_note(instance->output, "%s has failed: %s", instance->name, said);
	} else {
		instance->reason[0] = '\0';
		output_note(instance->output, "%s has stopped", instance->name);
	}
	char *error = xasprintf("instance %s: %s", instance->name, said);
	refuse_requests(instance, error);
	free(error);
}

static void act(struct instance *instance, enum lifecycle_action action) {
	switch (action) {
	case DO_PREPARE:
		prepare(instance);
		break;
	case DO_SERVE:
		serve_requests(instance);
		break;
	case DO_TERMINATE:
		if (!sandbox_terminate(instance->sandbox)) {
			sandbox_kill(instance->sandbox);
		}
		break;
	case DO_DESTROY:
		sandbox_kill(instance->sandbox);
		break;
	case DO_REFUSE:
		refuse_requests(instance, "the instance is stopping: ask again when it has stopped");
		break;
	case DO_REPORT:
		clean_up(instance);
		break;
	case DO_NOTHING:
		break;
	}
}

static void step(struct instance *instance, enum lifecycle_event event) {
	struct lifecycle_step next = lifecycle_step(instance->state, event);
	bool moved = next.next != instance->state;
	if (moved) {
		log_debug("instance %s: %s", instance->name, lifecycle_state_name(next.next));
		instance->state = next.next;
		const struct config_instance *config = instance_get_config(instance);
		bool is_machine = config != NULL && config->backend == BACKEND_VM;
		loop_arm_timer(
			instance->timer, lifecycle_timeout(next.next, config != NULL ? config->grace : 0, is_machine));
	}
	/* The end is told when it is complete; anything else before what it sets going, which may lead further. */
	if (next.action == DO_REPORT) {
		act(instance, next.action);
	}
	if (moved) {
		instance->handler->changed(instance->data, instance);
	}
	if (next.action != DO_REPORT) {
		act(instance, next.action);
	}
}

static void handle_timer(void *data) {
	struct instance *instance = data;
	if (instance->state == INSTANCE_PREPARING || instance->state == INSTANCE_STARTING) {
		set_reason(instance, "the sandbox was not ready in time");
	}
	step(instance, EVENT_TIMEOUT);
}

/* ---- from outside ---- */

struct instance *instance_create(struct snapshot *snapshot, const char *name, const struct instance_places *places,
	const struct instance_handler *handler, void *data) {
	struct instance *instance = xcalloc(1, sizeof(*instance));
	instance->places = *places;
	instance->name = xstrdup(name);
	instance->log_path = xasprintf("%s/" LOG_NAME, places->directory);
	instance->socket_path = xasprintf("%s/wayland-0", places->directory);
	instance->pid_path = xasprintf("%s/pasta.pid", places->directory);
	instance->handler = handler;
	instance->data = data;
	instance->snapshot = snapshot_ref(snapshot);
	instance->state = INSTANCE_STOPPED;
	instance->timer = loop_add_timer(places->loop, handle_timer, instance);
	instance->output = output_create(places->loop, places->directory_fd, LOG_NAME);
	if (instance->output == NULL) {
		log_error("%s: %s", instance->log_path, strerror(errno));
		instance_destroy(instance);
		return NULL;
	}
	return instance;
}

void instance_destroy(struct instance *instance) {
	if (instance == NULL) {
		return;
	}
	for (struct request *request = instance->requests; request != NULL; request = request->next) {
		request->answer = NULL;
	}
	refuse_requests(instance, "");
	sandbox_destroy(instance->sandbox);
	output_destroy(instance->output);
	loop_remove(instance->timer);
	snapshot_unref(instance->running);
	snapshot_unref(instance->snapshot);
	free(instance->name);
	free(instance->log_path);
	free(instance->socket_path);
	free(instance->pid_path);
	free(instance);
}

void instance_configure(struct instance *instance, struct snapshot *snapshot) {
	snapshot_ref(snapshot);
	snapshot_unref(instance->snapshot);
	instance->snapshot = snapshot;
}

void instance_run(struct instance *instance, char *const *words, instance_answer answer, void *data) {
	const char *refusal = instance->freezing     ? "the instance is frozen: thaw it with Super+Escape first"
		: instance->requests_len >= REQUESTS_MAX ? "the instance runs too many programs started by you: stop it first"
												 : NULL;
	if (refusal != NULL) {
		answer(data, refusal);
		return;
	}
	size_t len = 0;
	while (words[len] != NULL) {
		len++;
	}
	struct request *request = xcalloc(1, sizeof(*request));
	request->id = ++instance->last_id == 0 ? ++instance->last_id : instance->last_id;
	request->answer = answer;
	request->data = data;
	request->words = xcalloc(len + 1, sizeof(*request->words));
	for (size_t i = 0; i < len; i++) {
		request->words[i] = xstrdup(words[i]);
	}
	/* At the end: the first to ask is served first. */
	struct request **link = &instance->requests;
	while (*link != NULL) {
		link = &(*link)->next;
	}
	*link = request;
	instance->requests_len++;
	step(instance, EVENT_START);
}

void instance_forget_answers(struct instance *instance, void *data) {
	for (struct request *request = instance->requests; request != NULL; request = request->next) {
		if (request->data == data) {
			request->answer = NULL;
		}
	}
}

void instance_stop(struct instance *instance) {
	step(instance, EVENT_STOP);
}

void instance_kill(struct instance *instance) {
	step(instance, EVENT_KILL);
}

void instance_freeze(struct instance *instance, bool freeze) {
	if (instance->state != INSTANCE_RUNNING || instance->freezing == freeze ||
		!sandbox_freeze(instance->sandbox, freeze)) {
		return;
	}
	instance->freezing = freeze;
	instance->orders_sent++;
	if (instance->frozen) {
		instance->frozen = false; /* it may run from now on */
		instance->handler->changed(instance->data, instance);
	}
}

const char *instance_get_name(const struct instance *instance) {
	return instance->name;
}

const char *instance_get_log(const struct instance *instance) {
	return instance->log_path;
}

enum session_instance_state instance_get_state(const struct instance *instance) {
	return instance->state;
}

bool instance_is_idle(const struct instance *instance) {
	return instance->sandbox == NULL;
}

bool instance_is_frozen(const struct instance *instance) {
	return instance->frozen;
}

bool instance_is_freezing(const struct instance *instance) {
	return instance->freezing;
}

bool instance_is_still(const struct instance *instance, uint32_t *unstopped) {
	*unstopped = instance->unstopped;
	return instance_is_idle(instance) || (instance->frozen && instance->state == INSTANCE_RUNNING);
}

const char *instance_get_reason(const struct instance *instance) {
	return instance->state == INSTANCE_FAILED ? instance->reason : "";
}

const struct config_instance *instance_get_config(const struct instance *instance) {
	return find_config(instance, instance->running != NULL ? instance->running : instance->snapshot);
}

uint32_t instance_get_color(const struct instance *instance) {
	const struct config_instance *config = find_config(instance, instance->snapshot);
	return config != NULL ? config->color : 0;
}

const struct config_app *instance_find_app(const struct instance *instance, const char *name) {
	const struct config_instance *config = find_config(instance, instance->snapshot);
	return config != NULL ? config_find_app(config, name) : NULL;
}

pid_t instance_get_pid(const struct instance *instance) {
	return instance->sandbox != NULL ? sandbox_get_pid(instance->sandbox) : 0;
}

void instance_get_usage(const struct instance *instance, struct control_sandbox *out) {
	if (instance->sandbox != NULL) {
		sandbox_measure(instance->sandbox, out);
	} else {
		cgroup_describe(instance->places.preparation->cgroups, instance_get_config(instance), out);
	}
}
