#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/path.h"
#include "config/edit.h"
#include "ctl/act.h"
#include "ctl/hold.h"
#include "ctl/inside.h"
#include "ctl/state.h"
#include "ctl/text.h"
#include "store/aside.h"
#include "store/copy.h"
#include "store/erase.h"
#include "store/layout.h"
#include "wire/control.h"

#define HOME_INSIDE "/home/user/"

/* "~/x" and "/home/user/x" are x; a slash at the end says a directory. The caller frees it; NULL where it is none. */
static char *read_path(const char *untrusted_path) {
	const char *path = untrusted_path;
	if (strncmp(path, "~/", 2) == 0) {
		path += 2;
	} else if (strncmp(path, HOME_INSIDE, strlen(HOME_INSIDE)) == 0) {
		path += strlen(HOME_INSIDE);
	}
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/') {
		length--;
	}
	char *plain = xstrndup(path, length);
	if (length >= CONFIG_PATH_SIZE || !state_path_is_plain(plain)) {
		text_complain("'%s' is no path in an instance's home, such as .config/app", untrusted_path);
		free(plain);
		return NULL;
	}
	return plain;
}

/* ---- the data ---- */

struct saving {
	const char *name, *path;
	int home_fd; /* of the running instance */
	int instance_fd; /* in the store */
};

/* What an older declaration has left there is not overwritten. */
static bool put(const struct saving *saving, int partial_fd, const char *made) {
	const char *slash = strrchr(saving->path, '/'), *last = slash != NULL ? slash + 1 : saving->path;
	char *place = xasprintf(LAYOUT_HOME "%s%.*s", slash != NULL ? "/" : "",
		slash != NULL ? (int)(slash - saving->path) : 0, saving->path);
	char date[ASIDE_DATE_SIZE] = "";
	int parent_fd = beneath_open_directory(saving->instance_fd, place);
	struct stat status;
	bool done = parent_fd >= 0 &&
		(fstatat(parent_fd, last, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
			aside_keep(saving->instance_fd, parent_fd, last, saving->path, date)) &&
		renameat2(partial_fd, made, parent_fd, last, RENAME_NOREPLACE) == 0 && beneath_sync(parent_fd);
	int saved_errno = errno;
	fd_close(&parent_fd);
	free(place);
	errno = saved_errno;
	return done;
}

static int save(const struct saving *saving) {
	struct copy_report report = { 0 };
	char made[64];
	int code = EXIT_CODE_FAILED;
	snprintf(made, sizeof(made), "keep-%d", (int)getpid());
	int partial_fd = beneath_open_directory(saving->instance_fd, LAYOUT_PARTIAL);
	if (partial_fd < 0) {
		text_complain("state store: %s: %s", saving->name, strerror(errno));
		return code;
	}
	if (!copy_tree(saving->home_fd, saving->path, partial_fd, made, &report)) {
		char *what = copy_report_describe(&report);
		text_complain("%s was not saved: %s", saving->path, what);
		free(what);
	} else if (!put(saving, partial_fd, made)) {
		text_complain("%s was not saved: %s", saving->path, strerror(errno));
	} else {
		code = EXIT_CODE_OK;
	}
	if (report.left_out > 0) {
		text_complain("%llu sockets, pipes or devices were left out", (unsigned long long)report.left_out);
	}
	erase_tree(partial_fd, made);
	copy_report_finish(&report);
	fd_close(&partial_fd);
	return code;
}

/* Holds the instance still for the moment. It runs, so its lock is its session's. */
static int save_held(struct places *places, struct saving *saving) {
	char reason[512], moved[HOLD_REASON_SIZE];
	struct hold *hold;
	saving->instance_fd = store_enter_instance(places->store, saving->name, true, reason, sizeof(reason));
	if (saving->instance_fd < 0) {
		text_complain("%s", reason);
		return EXIT_CODE_FAILED;
	}
	int code = hold_take(places, saving->name, saving->instance_fd, &hold);
	if (code == EXIT_CODE_OK) {
		code = save(saving);
		if (!hold_finish(hold, moved)) {
			text_complain("%s did not stand still: %s: what was saved may not fit together", saving->name, moved);
		}
	}
	fd_close(&saving->instance_fd);
	return code;
}

/* ---- the config ---- */

static bool write_file(const char *path, const char *text, size_t length, mode_t mode) {
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool written = fd >= 0 && write(fd, text, length) == (ssize_t)length && fchmod(fd, mode & 0777) == 0 && fsync(fd) == 0;
	int saved_errno = errno;
	fd_close(&fd);
	errno = saved_errno;
	return written;
}

static bool sync_parent(const char *path) {
	char *parent = path_parent(path);
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;
	fd_close(&fd);
	free(parent);
	return synced;
}

/* The old one stays beside, with a ~ after its name. */
static bool replace_config(const char *path, const struct config_source *source, const char *new_text) {
	struct stat status;
	char *copy = xasprintf("%s~", path), *new_path = xasprintf("%s.new", path);
	bool replaced = stat(path, &status) == 0 && write_file(copy, source->text, source->length, status.st_mode) &&
		write_file(new_path, new_text, strlen(new_text), status.st_mode) && rename(new_path, path) == 0 && sync_parent(path);
	int saved_errno = errno;
	if (!replaced) {
		unlink(new_path);
	}
	free(copy);
	free(new_path);
	errno = saved_errno;
	return replaced;
}

/* Is it a file of the person's own, which nobody else writes for them? */
static bool is_own(const char *path) {
	struct stat status;
	return strncmp(path, "/nix/store/", 11) != 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
		status.st_uid == geteuid() && access(path, W_OK) == 0;
}

/* The new text of the file where the block stands. NULL, with one line in reason, where the config would not be right with it. */
static char *edit(struct places *places, const struct config_source *source, const char *name, const char *path, bool is_file,
	char *reason, size_t size) {
	struct config_errors errors = { 0 };
	struct config_loaded loaded = { 0 };
	char *text = config_edit_insert(source->text, source->length, name, path, is_file, reason, size);
	if (text == NULL) {
		return NULL;
	}
	const struct config_draft draft = { source->path, text, strlen(text) };
	if (!config_load_draft(places->config_path, places->home, &draft, &loaded, &errors) ||
		!config_edit_is_right(places->loaded.config, loaded.config, name, path, is_file)) {
		snprintf(reason, size, "with the line added the config would be wrong: %s",
			errors.len > 0 ? errors.list[0].text : "it would mean something else");
		free(text);
		text = NULL;
	}
	config_loaded_finish(&loaded);
	config_errors_finish(&errors);
	return text;
}

/* instance: of the config as it was loaded. */
static int declare(struct places *places, const struct config_instance *instance, const char *path, bool is_file) {
	char reason[512] = "it is not a file of yours";
	const char *name = instance->name;
	const struct config_sources *sources = &places->loaded.sources;
	const struct config_source *source = &sources->list[sources_find(sources, instance->line).source];
	char *real = realpath(source->path, NULL);
	char *text = real != NULL && is_own(real) ? edit(places, source, name, path, is_file, reason, sizeof(reason)) : NULL;
	int code = EXIT_CODE_FAILED;
	if (text != NULL && replace_config(real, source, text)) {
		char *clean = text_clean(real, strlen(real), TEXT_ONE_LINE, text_locale_is_utf8());
		printf("%s has it now, and %s~ is the one before. It holds from the next start of %s.\n", clean, clean, name);
		free(clean);
		code = EXIT_CODE_OK;
	} else {
		char *line = config_edit_line(path, is_file);
		text_complain("%s was not changed: %s. Add to its instance %s yourself, before %s starts again: %s",
			source->path, text != NULL ? strerror(errno) : reason, name, name, line != NULL ? line : "persist …");
		free(line);
	}
	free(text);
	free(real);
	return code;
}

/* ---- both ---- */

int state_keep(const struct arguments *arguments, struct places *places) {
	struct saving saving = { .name = arguments->words[1], .home_fd = -1, .instance_fd = -1 };
	const struct config_instance *instance = config_find_instance(places->loaded.config, saving.name);
	if (instance == NULL) {
		text_complain("no instance in the config is called %s", saving.name);
		return EXIT_CODE_UNKNOWN;
	}
	char *path = read_path(arguments->words[2]);
	if (path == NULL) {
		return EXIT_CODE_USAGE;
	}
	saving.path = path;
	int code = EXIT_CODE_FAILED;
	struct stat status = { 0 };
	if (state_find_declared(instance, path) != NULL) {
		text_complain("%s is kept already: the config says persist %s", path, state_find_declared(instance, path)->path);
		goto out;
	}
	code = inside_open_home(saving.name, &saving.home_fd);
	if (code != EXIT_CODE_OK) {
		goto out;
	}
	code = EXIT_CODE_FAILED;
	int fd = saving.home_fd >= 0 ? beneath_open(saving.home_fd, path, O_PATH | O_NOFOLLOW, 0) : -1;
	if (saving.home_fd < 0) {
		text_complain("%s does not run: there is nothing to save. Add to its block: persist %s", saving.name, path);
	} else if (fd < 0 || fstat(fd, &status) != 0) {
		text_complain("%s in %s: %s", path, saving.name, strerror(errno));
	} else if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
		text_complain("%s in %s is neither a file nor a directory", path, saving.name);
	} else {
		code = save_held(places, &saving);
	}
	fd_close(&fd);
	if (code == EXIT_CODE_OK) {
		code = declare(places, instance, path, S_ISREG(status.st_mode));
	}
	/* Else the next start would go by the file of before, and move aside what was saved. */
	if (code == EXIT_CODE_OK) {
		code = act_reload(arguments);
	}
out:
	fd_close(&saving.home_fd);
	free(path);
	return code;
}
