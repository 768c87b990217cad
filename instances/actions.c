#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/memory.h"
#include "instances/actions.h"
#include "instances/announce.h"

struct actions {
	struct fleet *fleet;
	struct shell *shell;
	struct compositor *compositor;
	const struct actions_handler *handler;
	void *data;
};

void actions_handle_started(void *data, const char *error) {
	struct actions *actions = data;
	if (error != NULL) {
		log_warn("%s", error);
		announce_notice(actions->compositor, NOTICE_WARNING, "", error);
	}
}

static void run(struct actions *actions, const char *name, const char *app_name, char *const *words) {
	struct member *member = fleet_find(actions->fleet, name);
	if (member != NULL && member->leaving) {
		member = NULL;
	}
	const struct config_app *app = member != NULL && app_name != NULL ? instance_find_app(member->instance, app_name)
																	  : NULL;
	if (member == NULL || (app_name != NULL && app == NULL)) {
		actions_handle_started(actions, "there is no such instance or app any more");
		return;
	}
	announce_spawned(actions->compositor, name);
	instance_run(member->instance, app != NULL ? app->argv.words : words, actions_handle_started, actions);
}

/* ---- the menu ---- */

char *actions_list_choices(const struct config *config) {
	char *choices = xstrdup("");
	for (size_t i = 0; i < config->instances_len; i++) {
		const struct config_instance *instance = &config->instances[i];
		for (size_t j = 0; j < instance->apps_len; j++) {
			char *longer = xasprintf("%s%s %s\n", choices, instance->name, instance->apps[j].name);
			free(choices);
			choices = longer;
		}
	}
	return choices;
}

static void handle_chosen(void *data, const char *choice) {
	struct actions *actions = data;
	const char *space = strchr(choice, ' '); /* no name has one */
	char *name = xstrndup(choice, (size_t)(space - choice));
	run(actions, name, space + 1, NULL);
	free(name);
}

static void open_menu(struct actions *actions, const struct config *config) {
	char *choices = actions_list_choices(config);
	announce_spawned(actions->compositor, "");
	if (config->shell_menu.len == 0 ||
		!shell_choose(actions->shell, &config->shell_menu, choices, handle_chosen, actions)) {
		announce_notice(actions->compositor, NOTICE_WARNING, "", "the menu cannot be opened");
	}
	free(choices);
}

/* ---- chords ---- */

void actions_carry_out(struct actions *actions, const struct config *config, const struct config_bind *bind) {
	switch (bind->action) {
	case ACTION_RUN:
		run(actions, bind->instance, bind->app, bind->argv.words);
		break;
	case ACTION_EXEC:
		announce_spawned(actions->compositor, "");
		if (!shell_exec(actions->shell, &bind->argv)) {
			announce_notice(actions->compositor, NOTICE_WARNING, "", "the program cannot be executed");
		}
		break;
	case ACTION_MENU:
		open_menu(actions, config);
		break;
	case ACTION_RELOAD:
		actions->handler->reload(actions->data);
		break;
	case ACTION_QUIT:
		actions->handler->quit(actions->data);
		break;
	default:
		compositor_complain(actions->compositor, "the compositor asks for what is its own to do");
		break;
	}
}

struct actions *actions_create(struct fleet *fleet, struct shell *shell, struct compositor *compositor,
	const struct actions_handler *handler, void *data) {
	struct actions *actions = xcalloc(1, sizeof(*actions));
	actions->fleet = fleet;
	actions->shell = shell;
	actions->compositor = compositor;
	actions->handler = handler;
	actions->data = data;
	return actions;
}

void actions_destroy(struct actions *actions) {
	free(actions);
}
