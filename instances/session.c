#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/check.h"
#include "instances/actions.h"
#include "instances/announce.h"
#include "instances/cgroups.h"
#include "instances/compositor.h"
#include "instances/control.h"
#include "instances/ending.h"
#include "instances/fleet.h"
#include "instances/inbox.h"
#include "instances/locations.h"
#include "instances/notify.h"
#include "instances/programs.h"
#include "instances/reload.h"
#include "instances/requests.h"
#include "instances/session.h"
#include "instances/settings.h"
#include "instances/shutdown.h"

struct session {
	const struct session_options *options;
	int exit_code;
	char *home;

	struct loop *loop;
	struct loop_source *signals[3];
	struct children *children;
	struct settings *settings;
	struct runtime *runtime;
	struct cgroups *cgroups;
	struct locations *locations;
	struct fleet *fleet;
	struct runtime_directory *shell_directory;
	int shell_fd; /* listening */
	struct shell *shell;
	struct compositor *compositor;
	bool was_ready; /* one of them has been, once */
	struct actions *actions;
	struct requests *requests;
	struct control *control;
	struct reload *reload;
	struct inbox *inbox;
	struct shutdown shutdown;
	struct ending *ending;
};

static void quit(void *data) {
	struct session *session = data;
	if (!ending_is_started(session->ending)) {
		log_info("the session is ending");
		notify_send("STOPPING=1");
		requests_ending(session->requests);
		inbox_ending(session->inbox);
	}
	ending_start(session->ending);
}

/* Nobody asked: what ends while the session does, as the command of -s, is no reason to hurry the rest of it. */
static void quit_with(struct session *session, int exit_code) {
	if (!ending_is_started(session->ending)) {
		session->exit_code = exit_code;
		quit(session);
	}
}

static void reload(void *data) {
	struct session *session = data;
	if (!ending_is_started(session->ending)) {
		reload_begin(session->reload);
	}
}

/* ---- the compositor ---- */

static void handle_born(void *data) {
	struct session *session = data;
	inbox_begin(session->inbox);
	announce_config(session->compositor, settings_get(session->settings));
	announce_socket(session->compositor, "", session->shell_fd);
	for (struct member *member = fleet_get_members(session->fleet); member != NULL; member = member->next) {
		member->announced = false;
	}
	announce_members(session->compositor, session->fleet);
}

static void handle_ready(void *data) {
	struct session *session = data;
	const struct config *config = snapshot_get_config(settings_get(session->settings));
	if (ending_is_started(session->ending)) {
		return;
	}
	shell_start(session->shell, config->shell_exec, config->shell_exec_len);
	if (session->was_ready) {
		return;
	}
	session->was_ready = true;
	log_info("the desktop is ready");
	notify_send("READY=1");
	const char *command = session->options->command;
	if (command != NULL && !shell_run_command(session->shell, command)) {
		quit_with(session, EXIT_CODE_FAILED);
		return;
	}
	fleet_start_apps(session->fleet, actions_handle_started, session->actions);
}

static void handle_closed(void *data) {
	struct session *session = data;
	if (!ending_is_started(session->ending)) {
		log_warn("the window of the session was closed: ending");
		quit(session);
	}
}

static void handle_refused(void *data) {
	quit_with(data, EXIT_CODE_CONFIG);
}

static const struct inbox_handler inbox_handler = {
	.ready = handle_ready, .refused = handle_refused, .closed = handle_closed,
};

static void handle_message(void *data, const struct session_message *message) {
	struct session *session = data;
	inbox_take(session->inbox, message);
}

static void handle_died(void *data) {
	struct session *session = data;
	for (struct member *member = fleet_get_members(session->fleet); member != NULL; member = member->next) {
		member->windows = member->clients = 0;
	}
	reload_give_up(session->reload, "the compositor died: reload again");
	requests_compositor_died(session->requests);
}

static void handle_gave_up(void *data, const char *reason) {
	struct session *session = data;
	log_error("%s", reason);
	reload_give_up(session->reload, reason);
	requests_compositor_died(session->requests);
	quit_with(session, EXIT_CODE_FAILED);
}

static const struct compositor_handler compositor_handler = {
	.born = handle_born,
	.message = handle_message,
	.died = handle_died,
	.gave_up = handle_gave_up,
};

/* ---- instances, shell, coffer ---- */

static void handle_member_changed(void *data, struct member *member) {
	struct session *session = data;
	struct instance *instance = member->instance;
	if (member->announced) {
		announce_state(session->compositor, instance);
		if (instance_get_state(instance) == INSTANCE_FAILED && instance_is_idle(instance)) {
			announce_notice(
				session->compositor, NOTICE_WARNING, instance_get_name(instance), instance_get_reason(instance));
		}
	}
	requests_instance_changed(session->requests, member);
}

static void handle_forgotten(void *data, const char *name) {
	struct session *session = data;
	announce_forgotten(session->compositor, name);
}

static void handle_over(void *data, const char *name, const char *text) {
	struct session *session = data;
	announce_notice(session->compositor, NOTICE_WARNING, name, text);
}

static const struct fleet_handler fleet_handler = {
	.changed = handle_member_changed, .forgotten = handle_forgotten, .over = handle_over
};

static void handle_command_ended(void *data, int code) {
	struct session *session = data;
	if (session->options->exit_with_command) {
		quit_with(session, code);
	}
}

static void handle_shell_given_up(void *data, const char *text) {
	struct session *session = data;
	announce_notice(session->compositor, NOTICE_WARNING, "", text);
}

static const struct shell_handler shell_handler = {
	.command_ended = handle_command_ended, .given_up = handle_shell_given_up,
};

static const struct actions_handler actions_handler = { .reload = reload, .quit = quit };
static const struct requests_handler requests_handler = { .reload = reload, .quit = quit };

static void handle_request(void *data, struct control_client *client, const struct control_message *request) {
	struct session *session = data;
	requests_take(session->requests, client, request);
}

static void handle_client_gone(void *data, struct control_client *client) {
	struct session *session = data;
	requests_gone(session->requests, client);
}

static const struct control_handler control_handler = { .request = handle_request, .gone = handle_client_gone };

static void handle_signal(void *data, int signal_number) {
	if (signal_number == SIGHUP) {
		reload(data);
	} else {
		quit(data);
	}
}

/* ---- the end ---- */

static void handle_all_ended(void *data) {
	struct session *session = data;
	requests_ended(session->requests);
	loop_stop(session->loop);
}

/* ---- stages ---- */

static bool person_up(struct session *session) {
	const char *home = getenv("HOME");
	const struct passwd *person = home == NULL || home[0] != '/' ? getpwuid(geteuid()) : NULL;
	session->home = xstrdup(person != NULL ? person->pw_dir : home != NULL ? home : "");
	if (session->home[0] != '/') {
		log_error("HOME is not set: it must name your home directory");
		return false;
	}
	return true;
}

static void person_down(struct session *session) {
	free(session->home);
}

static bool settings_up(struct session *session) {
	struct config_errors errors = { 0 };
	session->settings = settings_create(session->options->config, session->home);
	struct snapshot *snapshot = settings_read(session->settings, &errors);
	if (snapshot == NULL) {
		config_errors_print(stderr, settings_get_path(session->settings), &errors);
		session->exit_code = EXIT_CODE_CONFIG;
	} else {
		settings_accept(session->settings, snapshot);
	}
	config_errors_finish(&errors);
	return snapshot != NULL;
}

static void settings_down(struct session *session) {
	settings_destroy(session->settings);
}

static bool runtime_up(struct session *session) {
	char reason[512];
	session->runtime = runtime_create(getenv("XDG_RUNTIME_DIR"), reason, sizeof(reason));
	if (session->runtime == NULL) {
		log_error("%s", reason);
	}
	return session->runtime != NULL;
}

static void runtime_down(struct session *session) {
	runtime_destroy(session->runtime);
}

static bool cgroups_up(struct session *session) {
	session->cgroups = cgroups_create();
	return true;
}

static void cgroups_down(struct session *session) {
	cgroups_destroy(session->cgroups);
}

static bool loop_up(struct session *session) {
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	session->loop = loop_create();
	session->children = session->loop != NULL ? children_create(session->loop) : NULL;
	if (session->children == NULL) {
		return false;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		session->signals[i] = loop_add_signal(session->loop, numbers[i], handle_signal, session);
	}
	return true;
}

static void loop_down(struct session *session) {
	for (size_t i = 0; i < sizeof(session->signals) / sizeof(session->signals[0]); i++) {
		loop_remove(session->signals[i]);
	}
	children_destroy(session->children);
	loop_destroy(session->loop);
}

static bool fleet_up(struct session *session) {
	session->locations = locations_create(
		session->home, session->options->init, session->settings, session->runtime, session->cgroups);
	if (session->locations == NULL) {
		return false;
	}
	session->fleet = fleet_create(session->loop, session->children, session->runtime,
		locations_get(session->locations), &fleet_handler, session);
	fleet_configure(session->fleet, settings_get(session->settings));
	return true;
}

static void fleet_down(struct session *session) {
	fleet_destroy(session->fleet);
	locations_destroy(session->locations);
}

static bool shell_up(struct session *session) {
	session->shell_directory = runtime_open(session->runtime, "shell");
	if (session->shell_directory == NULL) {
		return false;
	}
	session->shell_fd = runtime_listen(session->runtime, session->shell_directory, "wayland-0", SOCK_STREAM);
	char *socket = xasprintf("%s/wayland-0", runtime_directory_get_path(session->shell_directory));
	session->shell = shell_create(session->loop, session->children, socket, &shell_handler, session);
	char *program = session->options->compositor != NULL ? xstrdup(session->options->compositor)
														 : programs_find("cofferdam-compositor", "compositor");
	session->compositor = compositor_create(
		session->loop, session->children, program, session->options->verbosity, &compositor_handler, session);
	session->actions = actions_create(session->fleet, session->shell, session->compositor, &actions_handler, session);
	const struct requests_places places = { socket, session->settings, locations_get_store(session->locations) };
	session->requests = requests_create(
		session->loop, session->fleet, session->compositor, &places, &requests_handler, session);
	session->reload = reload_create(
		session->loop, session->settings, session->compositor, session->fleet, session->requests);
	session->inbox = inbox_create(
		&(struct inbox_parts){
			.compositor = session->compositor,
			.settings = session->settings,
			.fleet = session->fleet,
			.actions = session->actions,
			.requests = session->requests,
			.reload = session->reload,
		},
		&inbox_handler, session);
	free(program);
	free(socket);
	return session->shell_fd >= 0;
}

static void shell_down(struct session *session) {
	inbox_destroy(session->inbox);
	reload_destroy(session->reload);
	requests_destroy(session->requests);
	actions_destroy(session->actions);
	compositor_destroy(session->compositor);
	shell_destroy(session->shell);
	fd_close(&session->shell_fd);
	runtime_remove(session->shell_directory);
}

static bool control_up(struct session *session) {
	int fd = runtime_listen(session->runtime, NULL, "control", SOCK_SEQPACKET);
	session->control = fd >= 0 ? control_create(session->loop, fd, &control_handler, session) : NULL;
	return session->control != NULL;
}

static void control_down(struct session *session) {
	control_destroy(session->control);
}

static bool start_up(struct session *session) {
	session->shutdown = (struct shutdown){ session->children, session->shell, session->fleet, session->compositor };
	session->ending = ending_create(
		session->loop, shutdown_steps, shutdown_steps_len, &session->shutdown, handle_all_ended, session);
	compositor_start(session->compositor);
	return true;
}

static void start_down(struct session *session) {
	ending_destroy(session->ending);
}

static const struct stage {
	const char *name;
	bool (*up)(struct session *session);
	void (*down)(struct session *session);
} stages[] = {
	{ "person", person_up, person_down },
	{ "config", settings_up, settings_down },
	{ "runtime directory", runtime_up, runtime_down },
	{ "cgroups", cgroups_up, cgroups_down },
	{ "event loop", loop_up, loop_down },
	{ "instances", fleet_up, fleet_down },
	{ "desktop", shell_up, shell_down },
	{ "control socket", control_up, control_down },
	{ "start", start_up, start_down },
};

int session_run(const struct session_options *options) {
	struct session session = { .options = options, .shell_fd = -1, .exit_code = EXIT_CODE_OK };
	const size_t count = sizeof(stages) / sizeof(stages[0]);
	size_t up = 0;
	while (up < count && stages[up].up(&session)) {
		up++;
	}
	bool failed = up < count || loop_run(session.loop) != 0;
	if (failed && session.exit_code == EXIT_CODE_OK) {
		session.exit_code = EXIT_CODE_FAILED;
	}
	if (up < count) {
		log_debug("%s: could not be brought up", stages[up].name);
		up++; /* its down undoes what its up began */
	}
	while (up > 0) {
		stages[--up].down(&session);
	}
	return session.exit_code;
}
