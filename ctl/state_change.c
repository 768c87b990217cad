#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/name.h"
#include "ctl/hold.h"
#include "ctl/question.h"
#include "ctl/state.h"
#include "ctl/text.h"
#include "store/aside.h"
#include "store/copy.h"
#include "store/erase.h"
#include "store/layout.h"
#include "store/walk.h"
#include "wire/control.h"

/* "5 kB in 3 files" */
static const char *describe(const struct walk_size *size, char out[64]) {
	char bytes[TEXT_SIZE_SIZE];
	snprintf(out, 64, "%s%s in %llu file%s", size->whole ? "" : "more than ", text_size(size->bytes, bytes),
		(unsigned long long)size->files, size->files == 1 ? "" : "s");
	return out;
}

/* Takes name out of from_fd at once, and then away at leisure: where that is interrupted, it is out of use already. */
static bool take_away(int instance_fd, int from_fd, const char *name) {
	char doomed[64];
	int partial_fd = beneath_open_directory(instance_fd, LAYOUT_PARTIAL);
	snprintf(doomed, sizeof(doomed), "doomed-%d", (int)getpid());
	bool taken = partial_fd >= 0 && aside_move(from_fd, name, partial_fd, doomed) &&
		beneath_sync(from_fd) && erase_tree(partial_fd, doomed);
	int saved_errno = errno;
	fd_close(&partial_fd);
	errno = saved_errno;
	return taken;
}

/* ---- forget ---- */

static int forget_in(const struct arguments *arguments, int instance_fd, const char *path, const char *date) {
	const char *instance = arguments->words[1], *name;
	struct walk_size size;
	char text[64];
	int code = EXIT_CODE_FAILED;
	int parent_fd = state_open_parent(instance_fd, path, date, &name);
	if (parent_fd < 0 || !walk_measure(parent_fd, name, &walk_glance, &size)) {
		text_complain("%s keeps nothing at %s: coffer state list %s", instance, arguments->words[2], instance);
	} else if (!arguments->yes && !question_ask("Delete %s of %s, %s, for ever", arguments->words[2], instance,
								   describe(&size, text))) {
		text_complain("nothing is deleted");
	} else if (!take_away(instance_fd, parent_fd, name)) {
		text_complain("%s: %s", arguments->words[2], strerror(errno));
	} else {
		code = EXIT_CODE_OK;
	}
	fd_close(&parent_fd);
	if (code == EXIT_CODE_OK && date != NULL) {
		/* The last of a date takes the date with it. */
		int aside_fd = beneath_open(instance_fd, LAYOUT_ASIDE, O_RDONLY | O_DIRECTORY, 0);
		if (aside_fd >= 0) {
			unlinkat(aside_fd, date, AT_REMOVEDIR);
		}
		fd_close(&aside_fd);
	}
	return code;
}

int state_forget(const struct arguments *arguments, struct places *places) {
	int instance_fd, lock_fd = -1;
	int code = state_open(places, arguments->words[1], &instance_fd);
	if (code != EXIT_CODE_OK) {
		return code;
	}
	char *path = xstrdup(arguments->words[2]), *date = state_split_date(path);
	code = EXIT_CODE_FAILED;
	if (!state_path_is_plain(path)) {
		text_complain("'%s' is no path in an instance's home, such as .config/app", path);
		code = EXIT_CODE_USAGE;
	} else if (instance_fd < 0) {
		text_complain("%s keeps nothing yet", arguments->words[1]);
	} else if (date != NULL || (lock_fd = hold_lock(arguments->words[1], instance_fd)) >= 0) {
		code = forget_in(arguments, instance_fd, path, date);
	}
	free(path);
	fd_close(&lock_fd);
	fd_close(&instance_fd);
	return code;
}

/* ---- reset ---- */

int state_reset(const struct arguments *arguments, struct places *places) {
	const char *name = arguments->words[1];
	struct walk_size size;
	char text[64];
	int instance_fd, lock_fd = -1;
	int code = state_open(places, name, &instance_fd);
	if (code != EXIT_CODE_OK || instance_fd < 0) {
		return code; /* what keeps nothing is new */
	}
	code = EXIT_CODE_FAILED;
	lock_fd = hold_lock(name, instance_fd);
	if (lock_fd < 0) {
		goto out;
	}
	if (!walk_measure(instance_fd, LAYOUT_HOME, &walk_glance, &size)) {
		code = EXIT_CODE_OK;
	} else if (!arguments->yes && !question_ask("Delete all that %s keeps, %s, for ever", name, describe(&size, text))) {
		text_complain("nothing is deleted");
	} else if (!take_away(instance_fd, instance_fd, LAYOUT_HOME)) {
		text_complain("%s: %s", name, strerror(errno));
	} else {
		code = EXIT_CODE_OK;
	}
out:
	fd_close(&lock_fd);
	fd_close(&instance_fd);
	return code;
}

/* ---- clone ---- */

/* Copies beside, and renames into place when it is whole. */
static int clone_home(int from_fd, int to_fd, const char *name) {
	struct copy_report report = { 0 };
	int code = EXIT_CODE_FAILED;
	int partial_fd = beneath_open_directory(to_fd, LAYOUT_PARTIAL);
	if (partial_fd < 0) {
		text_complain("%s: %s", name, strerror(errno));
		return code;
	}
	if (!copy_tree(from_fd, LAYOUT_HOME, partial_fd, "clone", &report)) {
		char *what = copy_report_describe(&report);
		text_complain("%s was not made: %s", name, what);
		free(what);
		erase_tree(partial_fd, "clone");
	} else if ((unlinkat(to_fd, LAYOUT_HOME, AT_REMOVEDIR) != 0 && errno != ENOENT) ||
		renameat2(partial_fd, "clone", to_fd, LAYOUT_HOME, RENAME_NOREPLACE) != 0) {
		text_complain("%s keeps something already: coffer state reset %s first", name, name);
		erase_tree(partial_fd, "clone");
	} else if (!beneath_sync(to_fd)) {
		text_complain("%s: %s", name, strerror(errno));
	} else {
		code = EXIT_CODE_OK;
	}
	if (report.left_out > 0) {
		text_complain("%llu sockets, pipes or devices were left out", (unsigned long long)report.left_out);
	}
	copy_report_finish(&report);
	fd_close(&partial_fd);
	return code;
}

int state_clone(const struct arguments *arguments, struct places *places) {
	const char *name = arguments->words[1], *new_name = arguments->words[2];
	char reason[512], moved[HOLD_REASON_SIZE];
	int from_fd, to_fd = -1, lock_fd = -1;
	struct hold *hold = NULL;
	int code = state_open(places, name, &from_fd);
	if (code != EXIT_CODE_OK) {
		return code;
	}
	code = EXIT_CODE_FAILED;
	if (!name_is_valid(new_name) || strcmp(name, new_name) == 0) {
		text_complain("no clone of %s can be called '%s'", name, new_name);
		code = EXIT_CODE_USAGE;
		goto out;
	}
	struct stat status;
	if (from_fd < 0 || fstatat(from_fd, LAYOUT_HOME, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode)) {
		text_complain("%s keeps nothing that could be cloned", name);
		goto out;
	}
	to_fd = store_enter_instance(places->store, new_name, true, reason, sizeof(reason));
	if (to_fd < 0) {
		text_complain("%s", reason);
		goto out;
	}
	lock_fd = hold_lock(new_name, to_fd);
	if (lock_fd < 0) {
		goto out;
	}
	code = hold_take(places, name, from_fd, &hold);
	if (code == EXIT_CODE_OK) {
		code = clone_home(from_fd, to_fd, new_name);
		if (!hold_finish(hold, moved)) {
			text_complain("%s did not stand still: %s: what is in %s may not fit together", name, moved, new_name);
			code = EXIT_CODE_FAILED;
		}
	}
out:
	fd_close(&lock_fd);
	fd_close(&to_fd);
	fd_close(&from_fd);
	return code;
}
