#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "base/memory.h"
#include "instances/announce.h"
#include "instances/lifecycle.h"
#include "instances/process.h"
#include "instances/queries.h"
#include "instances/requests.h"

enum waiting_for { FOR_START, FOR_STOP, FOR_RELOAD, FOR_END, FOR_HOLD };

/* A client whose answer has to wait for something. */
struct waiter {
	struct requests *requests;
	struct waiter *next; // requests.waiters
	struct control_client *client; /* NULL: gone, and nobody is to be told */
	enum waiting_for reason;
	struct instance *instance; /* FOR_START */
	char name[SESSION_NAME_SIZE]; /* FOR_STOP, FOR_HOLD */
	bool freezes, is_held; /* FOR_HOLD: it was not frozen before; the client has been told */
};

struct requests {
	struct fleet *fleet;
	struct compositor *compositor;
	char *shell_socket;
	const struct settings *settings;
	const struct store *store;
	const struct requests_handler *handler;
	void *data;
	struct waiter *waiters;
	struct queries *queries;
	bool ending; /* the session is: nothing is started any more */
};

/* ---- waiters ---- */

static struct waiter *add_waiter(struct requests *requests, struct control_client *client, enum waiting_for reason) {
	struct waiter *waiter = xcalloc(1, sizeof(*waiter));
	waiter->requests = requests;
	waiter->client = client;
	waiter->reason = reason;
	waiter->next = requests->waiters;
	requests->waiters = waiter;
	return waiter;
}

static void remove_waiter(struct waiter *waiter) {
	struct waiter **link = &waiter->requests->waiters;
	while (*link != waiter) {
		link = &(*link)->next;
	}
	*link = waiter->next;
	free(waiter);
}

/* error NULL: it is done. */
static void settle(struct waiter *waiter, enum control_exit code, const char *error) {
	struct control_client *client = waiter->client;
	remove_waiter(waiter);
	if (error != NULL) {
		control_fail(client, code, "%s", error);
	} else {
		control_end(client);
	}
}

static void settle_all(struct requests *requests, enum waiting_for reason, enum control_exit code, const char *error) {
	struct waiter *next;
	for (struct waiter *waiter = requests->waiters; waiter != NULL; waiter = next) {
		next = waiter->next;
		if (waiter->reason == reason) {
			settle(waiter, code, error);
		}
	}
}

/* ---- hold ---- */

/* Tells those who wait for it that nothing of the instance runs any more, and when that is over. */
static void tell_held(struct requests *requests, struct member *member) {
	uint32_t unstopped;
	const struct instance *instance = member->instance;
	bool is_still = instance_is_still(instance, &unstopped);
	struct waiter *next;
	for (struct waiter *waiter = requests->waiters; waiter != NULL; waiter = next) {
		next = waiter->next;
		if (waiter->reason != FOR_HOLD || strcmp(waiter->name, instance_get_name(instance)) != 0) {
			continue;
		}
		if (is_still && !waiter->is_held) {
			struct control_message message = { .type = CONTROL_HELD, .held = { .unstopped = unstopped } };
			waiter->is_held = true;
			control_answer(waiter->client, &message);
		} else if (!is_still && (waiter->is_held || !instance_is_freezing(instance))) {
			settle(waiter, EXIT_CODE_FAILED, "it does not stand still any more");
		}
	}
}

/* The connection was the hold: whatever became of the client, the instance goes on. Frees gone. */
static void let_go(struct waiter *gone) {
	struct requests *requests = gone->requests;
	struct member *member = gone->freezes ? fleet_find(requests->fleet, gone->name) : NULL;
	bool is_held_on = false;
	for (struct waiter *waiter = requests->waiters; waiter != NULL && !is_held_on; waiter = waiter->next) {
		if (waiter != gone && waiter->reason == FOR_HOLD && strcmp(waiter->name, gone->name) == 0) {
			/* Another holds it still, and is to let it go in our place. */
			waiter->freezes = waiter->freezes || gone->freezes;
			is_held_on = true;
		}
	}
	/* First: the thaw is told to all that still wait. */
	remove_waiter(gone);
	if (member != NULL && !is_held_on) {
		instance_freeze(member->instance, false);
	}
}

void requests_gone(struct requests *requests, struct control_client *client) {
	queries_forget(requests->queries, client);
	for (struct waiter *waiter = requests->waiters; waiter != NULL; waiter = waiter->next) {
		if (waiter->client == client) {
			if (waiter->reason == FOR_START) {
				instance_forget_answers(waiter->instance, waiter);
			}
			if (waiter->reason == FOR_HOLD) {
				let_go(waiter);
			} else {
				remove_waiter(waiter);
			}
			return;
		}
	}
}

/* NULL, and the client is answered, where there is no such instance. */
static struct member *find_member(struct requests *requests, struct control_client *client, const char *name) {
	struct member *member = fleet_find(requests->fleet, name);
	if (member == NULL) {
		control_fail(client, EXIT_CODE_UNKNOWN, "no instance is called %s: `coffer ps` lists them", name);
	}
	return member;
}

/* ---- run ---- */

static void handle_started(void *data, const char *error) {
	struct waiter *waiter = data;
	settle(waiter, EXIT_CODE_FAILED, error);
}

static void take_run(struct requests *requests, struct control_client *client, const struct control_words *request) {
	struct member *member = find_member(requests, client, request->name);
	if (member == NULL) {
		return;
	}
	if (requests->ending || member->leaving) {
		control_fail(client, member->leaving ? EXIT_CODE_UNKNOWN : EXIT_CODE_FAILED,
			member->leaving ? "the instance is not in the config any more: it can only be stopped"
							: "the session is ending");
		return;
	}
	const struct config_app *app = request->words_len == 1 ? instance_find_app(member->instance, request->words) : NULL;
	char **words = xcalloc(request->words_len + 1, sizeof(*words));
	const char *word = request->words;
	for (uint32_t i = 0; i < request->words_len; i++) {
		words[i] = (char *)word;
		word += strlen(word) + 1;
	}
	struct waiter *waiter = add_waiter(requests, client, FOR_START);
	waiter->instance = member->instance;
	announce_spawned(requests->compositor, request->name);
	instance_run(member->instance, app != NULL ? app->argv.words : words, handle_started, waiter);
	free(words);
}

/* ---- ps, stop, kill ---- */

_Static_assert(CONFIG_LIMITS == SESSION_LIMITS_LEN, "fields.h knows how many there are");

/* The names of the limits that something of it ended at. */
static void list_met(const struct member *member, char *out, size_t size) {
	size_t length = 0;
	struct control_sandbox usage = { 0 };
	instance_get_usage(member->instance, &usage);
	out[0] = '\0';
	for (size_t i = 0; i < CONFIG_LIMITS + CONTROL_RESOURCES && length < size; i++) {
		bool of_machine = i >= CONFIG_LIMITS;
		const char *name = of_machine ? control_resource_name((enum control_resource)(i - CONFIG_LIMITS))
									  : config_limit_name((enum config_limit)i);
		if ((of_machine ? usage.met[i - CONFIG_LIMITS] : member->limits.met[i]) > 0) {
			length += (size_t)snprintf(out + length, size - length, "%s%s", length > 0 ? ", " : "", name);
		}
	}
}

static void answer_instance(struct control_client *client, struct member *member) {
	struct control_message message = { .type = CONTROL_INSTANCE };
	struct control_instance *out = &message.instance;
	const struct instance *instance = member->instance;
	const struct config_instance *config = instance_get_config(instance);
	struct process_usage usage = process_measure(instance_get_pid(instance));
	copy_string(out->name, sizeof(out->name), instance_get_name(instance));
	copy_string(out->state, sizeof(out->state), lifecycle_state_name(instance_get_state(instance)));
	const char *reason = instance_get_reason(instance);
	copy_string(out->reason, sizeof(out->reason),
		reason[0] == '\0' && fleet_measure(member) ? "it keeps more than its state-limit" : reason);
	copy_string(out->backend, sizeof(out->backend), config_backend_name(config->backend));
	copy_string(out->network, sizeof(out->network), config_network_name(config->network));
	out->color = instance_get_color(instance);
	out->frozen = instance_is_frozen(instance);
	out->pids = usage.processes;
	out->memory = usage.memory;
	out->windows = member->windows;
	out->clients = member->clients;
	list_met(member, out->met, sizeof(out->met));
	control_answer(client, &message);
}

static void take_ps(struct requests *requests, struct control_client *client, const struct control_words *request) {
	for (struct member *member = fleet_get_members(requests->fleet); member != NULL; member = member->next) {
		answer_instance(client, member);
	}
	control_end(client);
}

static void end_instance(struct requests *requests, struct control_client *client, const char *name,
	void (*end)(struct instance *instance)) {
	struct member *member = find_member(requests, client, name);
	if (member == NULL) {
		return;
	}
	struct waiter *waiter = add_waiter(requests, client, FOR_STOP);
	copy_string(waiter->name, sizeof(waiter->name), name);
	end(member->instance);
	requests_instance_changed(requests, member);
}

static void take_stop(struct requests *requests, struct control_client *client, const struct control_words *request) {
	end_instance(requests, client, request->name, instance_stop);
}

static void take_kill(struct requests *requests, struct control_client *client, const struct control_words *request) {
	end_instance(requests, client, request->name, instance_kill);
}

void requests_instance_changed(struct requests *requests, struct member *member) {
	tell_held(requests, member);
	if (!instance_is_idle(member->instance)) {
		return;
	}
	struct waiter *next;
	for (struct waiter *waiter = requests->waiters; waiter != NULL; waiter = next) {
		next = waiter->next;
		if (waiter->reason == FOR_STOP && strcmp(waiter->name, instance_get_name(member->instance)) == 0) {
			settle(waiter, EXIT_CODE_OK, NULL);
		}
	}
}

static void take_hold(struct requests *requests, struct control_client *client, const struct control_words *request) {
	struct member *member = find_member(requests, client, request->name);
	if (member == NULL) {
		return;
	}
	struct instance *instance = member->instance;
	if (!instance_is_idle(instance) && instance_get_state(instance) != INSTANCE_RUNNING) {
		control_fail(client, EXIT_CODE_FAILED, "%s is starting or stopping: try again", request->name);
		return;
	}
	struct waiter *waiter = add_waiter(requests, client, FOR_HOLD);
	copy_string(waiter->name, sizeof(waiter->name), request->name);
	waiter->freezes = !instance_is_freezing(instance);
	instance_freeze(instance, true);
	tell_held(requests, member);
}

/* ---- what only the compositor knows ---- */

static void take_windows(
	struct requests *requests, struct control_client *client, const struct control_words *request) {
	queries_ask(requests->queries, client, QUERY_WINDOWS, "");
}

static void take_clipboard_status(
	struct requests *requests, struct control_client *client, const struct control_words *request) {
	queries_ask(requests->queries, client, QUERY_CLIPBOARD, "");
}

static void take_limits(struct requests *requests, struct control_client *client, const struct control_words *request) {
	if (request->name[0] == '\0' || find_member(requests, client, request->name) != NULL) {
		queries_ask(requests->queries, client, QUERY_LIMITS, request->name);
	}
}

static void take_clipboard_clear(
	struct requests *requests, struct control_client *client, const struct control_words *request) {
	announce_clipboard_clear(requests->compositor);
	control_end(client);
}

void requests_compositor_answered(struct requests *requests, const struct session_message *message) {
	queries_answered(requests->queries, message);
}

void requests_compositor_died(struct requests *requests) {
	queries_compositor_died(requests->queries);
}

/* ---- the session ---- */

static void take_reload(struct requests *requests, struct control_client *client, const struct control_words *request) {
	add_waiter(requests, client, FOR_RELOAD);
	requests->handler->reload(requests->data);
}

void requests_reloaded(
	struct requests *requests, const char *path, const struct config_errors *errors, const char *error) {
	struct waiter *next;
	for (struct waiter *waiter = requests->waiters; waiter != NULL; waiter = next) {
		next = waiter->next;
		if (waiter->reason != FOR_RELOAD) {
			continue;
		}
		for (size_t i = 0; errors != NULL && i < errors->len; i++) {
			const struct config_error *one = &errors->list[i];
			const char *file = one->file != NULL ? one->file : path;
			char *line = one->line > 0 ? xasprintf("%s:%d: %s", file, one->line, one->text)
									   : xasprintf("%s: %s", file, one->text);
			control_answer_line(waiter->client, line);
			free(line);
		}
		settle(waiter, errors != NULL ? EXIT_CODE_CONFIG : EXIT_CODE_FAILED, error);
	}
}

static void take_quit(struct requests *requests, struct control_client *client, const struct control_words *request) {
	add_waiter(requests, client, FOR_END);
	requests->handler->quit(requests->data);
}

void requests_ending(struct requests *requests) {
	requests->ending = true;
}

void requests_ended(struct requests *requests) {
	settle_all(requests, FOR_END, EXIT_CODE_OK, NULL);
}

/* ---- paths ---- */

static void take_socket(struct requests *requests, struct control_client *client, const struct control_words *request) {
	if (request->name[0] == '\0') {
		control_answer_line(client, requests->shell_socket);
		control_end(client);
		return;
	}
	struct member *member = find_member(requests, client, request->name);
	if (member != NULL) {
		char *path = xasprintf("%s/wayland-0", runtime_directory_get_path(member->directory));
		control_answer_line(client, path);
		control_end(client);
		free(path);
	}
}

static void take_logs(struct requests *requests, struct control_client *client, const struct control_words *request) {
	struct member *member = find_member(requests, client, request->name);
	if (member != NULL) {
		control_answer_line(client, instance_get_log(member->instance));
		control_end(client);
	}
}

static void take_places(struct requests *requests, struct control_client *client, const struct control_words *request) {
	struct control_message message = { .type = CONTROL_PLACE };
	if (request->name[0] != '\0') {
		struct member *member = find_member(requests, client, request->name);
		if (member == NULL) {
			return;
		}
		bool runs = instance_get_state(member->instance) == INSTANCE_RUNNING;
		message.place.pid = runs ? (uint32_t)instance_get_pid(member->instance) : 0;
	}
	copy_string(message.place.config, sizeof(message.place.config), settings_get_path(requests->settings));
	copy_string(message.place.store, sizeof(message.place.store), store_get_path(requests->store));
	control_answer(client, &message);
	control_end(client);
}

/* ---- the table ---- */

typedef void (*request_taker)(
	struct requests *requests, struct control_client *client, const struct control_words *request);

static const request_taker takers[] = {
	[CONTROL_RUN] = take_run,
	[CONTROL_PS] = take_ps,
	[CONTROL_STOP] = take_stop,
	[CONTROL_KILL] = take_kill,
	[CONTROL_WINDOWS] = take_windows,
	[CONTROL_CLIPBOARD_STATUS] = take_clipboard_status,
	[CONTROL_CLIPBOARD_CLEAR] = take_clipboard_clear,
	[CONTROL_RELOAD] = take_reload,
	[CONTROL_QUIT] = take_quit,
	[CONTROL_SOCKET] = take_socket,
	[CONTROL_LOGS] = take_logs,
	[CONTROL_PLACES] = take_places,
	[CONTROL_HOLD] = take_hold,
	[CONTROL_LIMITS] = take_limits,
};

void requests_take(struct requests *requests, struct control_client *client, const struct control_message *request) {
	/* The codec lets through none but these types. */
	takers[request->type](requests, client, &request->request);
}

struct requests *requests_create(struct loop *loop, struct fleet *fleet, struct compositor *compositor,
	const struct requests_places *places, const struct requests_handler *handler, void *data) {
	struct requests *requests = xcalloc(1, sizeof(*requests));
	requests->fleet = fleet;
	requests->compositor = compositor;
	requests->queries = queries_create(loop, fleet, compositor);
	requests->shell_socket = xstrdup(places->shell_socket);
	requests->settings = places->settings;
	requests->store = places->store;
	requests->handler = handler;
	requests->data = data;
	return requests;
}

void requests_destroy(struct requests *requests) {
	if (requests == NULL) {
		return;
	}
	while (requests->waiters != NULL) {
		struct waiter *waiter = requests->waiters;
		/* analyzer: it is taken out of the list when it goes */
		if (waiter->reason == FOR_START) {
			instance_forget_answers(waiter->instance, waiter);
		}
		remove_waiter(waiter);
	}
	queries_destroy(requests->queries);
	free(requests->shell_socket);
	free(requests);
}
