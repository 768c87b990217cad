#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/memory.h"
#include "config/check.h"
#include "instances/announce.h"
#include "instances/reload.h"

#define ANSWER_TIMEOUT_MS 10000

struct reload {
	struct settings *settings;
	struct compositor *compositor;
	struct fleet *fleet;
	struct requests *requests;
	struct snapshot *pending; /* the compositor has not answered yet */
	struct loop_source *timer; /* until when it has to */
};

/* Messages keep their order: should it take up the new one after all, it goes back to the old one right after. */
static void handle_timeout(void *data) {
	struct reload *reload = data;
	if (reload->pending != NULL) {
		announce_config(reload->compositor, settings_get(reload->settings));
		reload_give_up(reload, "the compositor did not answer in time: the old config stays in effect");
	}
}

struct reload *reload_create(struct loop *loop, struct settings *settings, struct compositor *compositor,
	struct fleet *fleet, struct requests *requests) {
	struct reload *reload = xcalloc(1, sizeof(*reload));
	reload->timer = loop_add_timer(loop, handle_timeout, reload);
	reload->settings = settings;
	reload->compositor = compositor;
	reload->fleet = fleet;
	reload->requests = requests;
	return reload;
}

void reload_destroy(struct reload *reload) {
	if (reload == NULL) {
		return;
	}
	snapshot_unref(reload->pending);
	loop_remove(reload->timer);
	free(reload);
}

/* errors: those of the file, where it was they; else NULL. */
static void refuse(struct reload *reload, const struct config_errors *errors, const char *why) {
	const char *path = settings_get_path(reload->settings);
	char *notice = NULL;
	if (errors != NULL) {
		const struct config_error *first = &errors->list[0];
		const char *file = first->file != NULL ? first->file : "config";
		notice = first->line > 0 ? xasprintf("%s line %d: %s", file, first->line, first->text)
								 : xasprintf("%s: %s", file, first->text);
		config_errors_print(stderr, path, errors);
	}
	log_warn("%s: not reloaded: %s", path, why);
	announce_notice(reload->compositor, NOTICE_WARNING, "", notice != NULL ? notice : why);
	requests_reloaded(reload->requests, path, errors, why);
	free(notice);
}

void reload_begin(struct reload *reload) {
	if (reload->pending != NULL) {
		return;
	}
	struct config_errors errors = { 0 };
	reload->pending = settings_read(reload->settings, &errors);
	if (reload->pending != NULL) {
		announce_config(reload->compositor, reload->pending);
		loop_arm_timer(reload->timer, ANSWER_TIMEOUT_MS);
	} else {
		refuse(reload, &errors, "the config has errors: the old one stays in effect");
	}
	config_errors_finish(&errors);
}

static void complete(struct reload *reload) {
	const char *path = settings_get_path(reload->settings);
	settings_accept(reload->settings, reload->pending);
	reload->pending = NULL;
	fleet_configure(reload->fleet, settings_get(reload->settings));
	announce_members(reload->compositor, reload->fleet);
	log_info("%s: reloaded", path);
	announce_notice(reload->compositor, NOTICE_INFO, "", "the config is reloaded");
	requests_reloaded(reload->requests, path, NULL, NULL);
}

bool reload_take_answer(struct reload *reload, const struct session_ready *ready) {
	if (reload->pending == NULL || ready->serial != snapshot_get_serial(reload->pending)) {
		return false;
	}
	if (ready->accepted) {
		complete(reload);
	} else {
		reload_give_up(reload, ready->reason[0] != '\0' ? ready->reason : "the compositor cannot use it");
	}
	return true;
}

void reload_give_up(struct reload *reload, const char *why) {
	if (reload->pending == NULL) {
		return;
	}
	snapshot_unref(reload->pending);
	reload->pending = NULL;
	refuse(reload, NULL, why);
}
