#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/beneath.h"
#include "base/memory.h"
#include "base/name.h"
#include "base/path.h"
#include "ctl/state.h"
#include "ctl/text.h"
#include "store/aside.h"
#include "store/layout.h"
#include "wire/control.h"

static const struct {
	const char *name;
	size_t words_min, words_max; /* after it */
	const char *usage;
	int (*run)(const struct arguments *arguments, struct places *places);
} actions[] = {
	{ "list", 0, 1, "list [NAME] [--json]", state_list },
	{ "size", 0, 1, "size [NAME] [--json]", state_size },
	{ "diff", 1, 1, "diff NAME [--all] [--json]", state_diff },
	{ "keep", 2, 2, "keep NAME PATH", state_keep },
	{ "forget", 2, 2, "forget NAME PATH [--yes]", state_forget },
	{ "aside", 2, 2, "aside NAME PATH", state_aside },
	{ "recall", 2, 2, "recall NAME PATH@DATE", state_recall },
	{ "clone", 2, 2, "clone NAME NEW", state_clone },
	{ "reset", 1, 1, "reset NAME [--yes]", state_reset },
};

int state_open(struct places *places, const char *untrusted_name, int *instance_fd) {
	char reason[512];
	*instance_fd = -1;
	if (!name_is_valid(untrusted_name)) {
		text_complain("no instance can be called '%s': coffer state list lists them", untrusted_name);
		return EXIT_CODE_UNKNOWN;
	}
	*instance_fd = store_enter_instance(places->store, untrusted_name, false, reason, sizeof(reason));
	if (*instance_fd < 0 && reason[0] != '\0') {
		text_complain("%s", reason);
		return EXIT_CODE_FAILED;
	}
	if (*instance_fd < 0 && config_find_instance(places->loaded.config, untrusted_name) == NULL) {
		text_complain("no instance is called %s: coffer state list lists them", untrusted_name);
		return EXIT_CODE_UNKNOWN;
	}
	return EXIT_CODE_OK;
}

bool state_path_is_plain(const char *untrusted_path) {
	for (const char *c = untrusted_path;; c++) {
		size_t length = strcspn(c, "/");
		if (length == 0 || (length == 1 && c[0] == '.') || (length == 2 && c[0] == '.' && c[1] == '.')) {
			return false;
		}
		c += length;
		if (*c == '\0') {
			return true;
		}
	}
}

char *state_split_date(char *text) {
	/* A path may have an @ in it; a date has a form of its own. */
	char *date = strrchr(text, '@');
	if (date == NULL || strlen(date) < 18 || strlen(date) > ASIDE_DATE_SIZE || strspn(date + 1, "0123456789-_") != strlen(date + 1)) {
		return NULL;
	}
	*date = '\0';
	return date + 1;
}

int state_open_parent(int instance_fd, const char *path, const char *date, const char **name) {
	const char *slash = strrchr(path, '/');
	char *place = date != NULL ? xasprintf(LAYOUT_ASIDE "/%s%s%.*s", date, slash != NULL ? "/" : "",
									 slash != NULL ? (int)(slash - path) : 0, path)
							   : xasprintf(LAYOUT_HOME "%s%.*s", slash != NULL ? "/" : "",
									 slash != NULL ? (int)(slash - path) : 0, path);
	int fd = beneath_open(instance_fd, place, O_RDONLY | O_DIRECTORY, 0);
	free(place);
	*name = slash != NULL ? slash + 1 : path;
	return fd;
}

const struct config_persist *state_find_declared(const struct config_instance *instance, const char *path) {
	for (size_t i = 0; i < instance->persist_len; i++) {
		if (path_is_within(path, instance->persist[i].path)) {
			return &instance->persist[i];
		}
	}
	return NULL;
}

int state_run(const struct arguments *arguments) {
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(arguments->words[0], actions[i].name) != 0) {
			continue;
		}
		size_t words = arguments->words_len - 1;
		if (words < actions[i].words_min || words > actions[i].words_max) {
			text_complain("write it as: coffer state %s", actions[i].usage);
			return EXIT_CODE_USAGE;
		}
		struct places places;
		int code = places_find(arguments, &places);
		if (code == EXIT_CODE_OK) {
			code = actions[i].run(arguments, &places);
		}
		places_finish(&places);
		return code;
	}
	text_complain("there is no action '%s': coffer state --help lists them", arguments->words[0]);
	return EXIT_CODE_USAGE;
}
