#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "config/edit.h"
#include "ctl/hold.h"
#include "ctl/state.h"
#include "ctl/text.h"
#include "store/aside.h"
#include "wire/control.h"

/* ---- out of the way ---- */

/* What it keeps at path, on the disk under a date of its own before it is said. */
static int put_aside(const char *instance, int instance_fd, const char *path) {
	const char *name;
	char date[ASIDE_DATE_SIZE] = "";
	struct stat status;
	int code = EXIT_CODE_FAILED;
	int parent_fd = state_open_parent(instance_fd, path, NULL, &name);
	if (parent_fd < 0 || fstatat(parent_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		text_complain("%s keeps nothing at %s: coffer state list %s", instance, path, instance);
	} else if (!aside_keep(instance_fd, parent_fd, name, path, date) || !beneath_sync(parent_fd)) {
		text_complain("%s of %s was not moved aside: %s", path, instance, strerror(errno));
	} else {
		char *clean = text_clean(path, strlen(path), TEXT_ONE_LINE, text_locale_is_utf8());
		printf("aside, until coffer state recall %s %s@%s\n", instance, clean, date);
		free(clean);
		code = EXIT_CODE_OK;
	}
	fd_close(&parent_fd);
	return code;
}

int state_aside(const struct arguments *arguments, struct places *places) {
	const char *instance = arguments->words[1], *path = arguments->words[2];
	int instance_fd, lock_fd = -1;
	int code = state_open(places, instance, &instance_fd);
	if (code != EXIT_CODE_OK) {
		return code;
	}
	code = EXIT_CODE_FAILED;
	if (!state_path_is_plain(path)) {
		text_complain("'%s' is no path in an instance's home, such as .config/app", path);
		code = EXIT_CODE_USAGE;
	} else if (instance_fd < 0) {
		text_complain("%s keeps nothing yet", instance);
	} else if ((lock_fd = hold_lock(instance, instance_fd)) >= 0) {
		code = put_aside(instance, instance_fd, path);
	}
	fd_close(&lock_fd);
	fd_close(&instance_fd);
	return code;
}

/* ---- and back ---- */

/* What the next start would only move aside again, or refuse, is not brought back. */
static bool may_return(const struct config_instance *instance, const char *path, const char *date, mode_t mode) {
	const struct config_persist *declared = state_find_declared(instance, path);
	bool is_file = S_ISREG(mode);
	if (!is_file && !S_ISDIR(mode)) {
		text_complain("%s is neither a file nor a directory: it stays aside", path);
		return false;
	}
	if (declared != NULL && strcmp(declared->path, path) == 0 && declared->is_file != is_file) {
		text_complain("%s is a %s, and the config says %s: it stays aside", path, is_file ? "file" : "directory",
			declared->is_file ? "persist-file" : "persist");
		return false;
	}
	if (declared != NULL) {
		return true;
	}
	size_t length = strlen(path);
	for (size_t i = 0; i < instance->persist_len; i++) {
		const char *inner = instance->persist[i].path;
		if (strncmp(inner, path, length) == 0 && inner[length] == '/') {
			text_complain("the config declares %s, and not all of %s: coffer state recall %s %s@%s", inner, path, instance->name,
				inner, date);
			return false;
		}
	}
	char *line = config_edit_line(path, is_file);
	text_complain("the config does not declare it, so that the next start would move it aside again. Add to the instance %s: %s",
		instance->name, line != NULL ? line : "persist …");
	free(line);
	return false;
}

static int bring_back(const struct config_instance *instance, int instance_fd, const char *path, const char *date) {
	const char *name;
	struct stat status;
	int code = EXIT_CODE_FAILED;
	int parent_fd = state_open_parent(instance_fd, path, date, &name);
	if (parent_fd < 0 || fstatat(parent_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		text_complain("%s has nothing aside as %s@%s: coffer state list %s", instance->name, path, date, instance->name);
	} else if (may_return(instance, path, date, status.st_mode)) {
		if (aside_return(instance_fd, date, path)) {
			code = EXIT_CODE_OK;
		} else if (errno == EEXIST) {
			text_complain("%s keeps something at %s by now: coffer state aside %s %s first", instance->name, path, instance->name,
				path);
		} else {
			text_complain("%s of %s was not brought back: %s", path, instance->name, strerror(errno));
		}
	}
	fd_close(&parent_fd);
	return code;
}

int state_recall(const struct arguments *arguments, struct places *places) {
	const struct config_instance *instance = config_find_instance(places->loaded.config, arguments->words[1]);
	int instance_fd, lock_fd = -1;
	int code = state_open(places, arguments->words[1], &instance_fd);
	if (code != EXIT_CODE_OK) {
		return code;
	}
	char *path = xstrdup(arguments->words[2]), *date = state_split_date(path);
	code = EXIT_CODE_FAILED;
	if (date == NULL || !state_path_is_plain(path)) {
		text_complain("'%s' is not written as coffer state list does: PATH@DATE", arguments->words[2]);
		code = EXIT_CODE_USAGE;
	} else if (instance == NULL) {
		text_complain("the config has no instance %s: add it first", arguments->words[1]);
	} else if (instance_fd < 0) {
		text_complain("%s keeps nothing yet", arguments->words[1]);
	} else if ((lock_fd = hold_lock(arguments->words[1], instance_fd)) >= 0) {
		code = bring_back(instance, instance_fd, path, date);
	}
	free(path);
	fd_close(&lock_fd);
	fd_close(&instance_fd);
	return code;
}
