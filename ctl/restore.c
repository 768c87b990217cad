#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/directory.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/name.h"
#include "config/find.h"
#include "ctl/archive.h"
#include "ctl/backup.h"
#include "ctl/hold.h"
#include "ctl/restic.h"
#include "ctl/stage.h"
#include "ctl/text.h"
#include "store/aside.h"
#include "store/copy.h"
#include "store/erase.h"
#include "store/layout.h"
#include "store/marker.h"
#include "store/walk.h"
#include "wire/control.h"

/* What is restored, and where. Nothing in source_fd is believed: it is copied, by copy_tree(), and not moved. */
struct restoring {
	struct places *places;
	int source_fd; /* of the form of backup.h */
	int store_fd; /* in it */
	int root_fd; /* of our store */
	const char *const *wanted; /* instances; none: everything */
	size_t wanted_len;
	struct target {
		char *name;
		int instance_fd, lock_fd;
	} *targets;
	size_t targets_len;
};

/* ---- instances ---- */

static bool copy_beside(int from_fd, const char *name, int to_fd, const char *to_name, const char *what) {
	struct copy_report report = { 0 };
	bool copied = copy_tree(from_fd, name, to_fd, to_name, &report);
	if (!copied) {
		char *why = copy_report_describe(&report);
		text_complain("%s was not restored: %s", what, why);
		free(why);
	}
	if (report.left_out > 0) {
		text_complain("%s: %llu sockets, pipes or devices were left out", what, (unsigned long long)report.left_out);
	}
	copy_report_finish(&report);
	return copied;
}

/* What was moved aside on the old machine, and is not here yet. */
static enum walk_step restore_date(void *data, const struct walk_entry *entry) {
	const struct target *target = data;
	const char *date = entry->untrusted_name;
	struct stat status;
	int aside_fd = beneath_open_directory(target->instance_fd, LAYOUT_ASIDE);
	int partial_fd = beneath_open_directory(target->instance_fd, LAYOUT_PARTIAL);
	if (S_ISDIR(entry->status.st_mode) && strlen(date) < ASIDE_DATE_SIZE && strspn(date, "0123456789-_") == strlen(date) &&
		fstatat(aside_fd, date, &status, AT_SYMLINK_NOFOLLOW) != 0 &&
		copy_beside(entry->parent_fd, date, partial_fd, date, target->name)) {
		renameat2(partial_fd, date, aside_fd, date, RENAME_NOREPLACE);
		beneath_sync(aside_fd);
	}
	fd_close(&aside_fd);
	fd_close(&partial_fd);
	return WALK_SKIP;
}

/*
 * The new home is made in partial, waits in aside for a moment, and changes places with the old in one step: cut off
 * anywhere, either is in its place and the other is kept.
 */
static bool restore_home(const struct target *target, int from_fd) {
	struct stat status;
	char date[ASIDE_DATE_SIZE] = "";
	int partial_fd = beneath_open_directory(target->instance_fd, LAYOUT_PARTIAL);
	bool has_home = fstatat(target->instance_fd, LAYOUT_HOME, &status, AT_SYMLINK_NOFOLLOW) == 0;
	bool done = partial_fd >= 0 && copy_beside(from_fd, LAYOUT_HOME, partial_fd, "restored", target->name);
	if (done && !has_home) {
		done = renameat2(partial_fd, "restored", target->instance_fd, LAYOUT_HOME, RENAME_NOREPLACE) == 0;
	} else if (done) {
		done = aside_exchange(target->instance_fd, partial_fd, "restored", LAYOUT_HOME, date);
		if (done) {
			printf("%s: what it kept before is aside, as of %s\n", target->name, date);
		}
	}
	done = done && beneath_sync(target->instance_fd);
	fd_close(&partial_fd);
	return done;
}

static bool restore_instance(const struct restoring *restoring, const struct target *target) {
	struct stat status;
	bool done = true;
	int from_fd = beneath_open(restoring->store_fd, target->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (from_fd < 0) {
		text_complain("%s was not restored: %s", target->name, strerror(errno));
		return false;
	}
	if (fstatat(from_fd, LAYOUT_HOME, &status, AT_SYMLINK_NOFOLLOW) == 0) {
		done = S_ISDIR(status.st_mode) && restore_home(target, from_fd);
	}
	int aside_fd = beneath_open(from_fd, LAYOUT_ASIDE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (aside_fd >= 0) {
		walk_tree(aside_fd, &(struct walk_limits){ .entries = 512, .depth = 2 }, restore_date, (void *)target);
	}
	if (!done) {
		text_complain("%s was not restored", target->name);
	}
	fd_close(&aside_fd);
	fd_close(&from_fd);
	return done;
}

/* ---- which ---- */

static bool is_wanted(const struct restoring *restoring, const char *name) {
	for (size_t i = 0; i < restoring->wanted_len; i++) {
		if (strcmp(restoring->wanted[i], name) == 0) {
			return true;
		}
	}
	return restoring->wanted_len == 0;
}

/* All are locked before the first is touched. */
static int lock_targets(struct restoring *restoring) {
	size_t len;
	char **names = backup_list_instances(restoring->store_fd, &len);
	int code = EXIT_CODE_OK;
	restoring->targets = xcalloc(len + 1, sizeof(*restoring->targets));
	for (size_t i = 0; i < len; i++) {
		if (code == EXIT_CODE_OK && is_wanted(restoring, names[i])) {
			char reason[512];
			struct target *target = &restoring->targets[restoring->targets_len++];
			target->name = xstrdup(names[i]);
			target->lock_fd = -1;
			target->instance_fd = store_enter_instance(restoring->places->store, names[i], true, reason, sizeof(reason));
			if (target->instance_fd < 0) {
				text_complain("%s", reason);
				code = EXIT_CODE_FAILED;
			} else {
				target->lock_fd = hold_lock(names[i], target->instance_fd);
				code = target->lock_fd >= 0 ? EXIT_CODE_OK : EXIT_CODE_FAILED;
			}
		}
		free(names[i]);
	}
	free(names);
	for (size_t i = 0; code == EXIT_CODE_OK && i < restoring->wanted_len; i++) {
		bool found = false;
		for (size_t j = 0; j < restoring->targets_len; j++) {
			found = found || strcmp(restoring->targets[j].name, restoring->wanted[i]) == 0;
		}
		if (!found) {
			text_complain("there is no instance %s in the backup", restoring->wanted[i]);
			code = EXIT_CODE_UNKNOWN;
		}
	}
	return code;
}

/* ---- the config ---- */

/* A link in it would have us read what the backup chooses. */
static enum walk_step drop_link(void *data, const struct walk_entry *entry) {
	if (S_ISLNK(entry->status.st_mode)) {
		unlinkat(entry->parent_fd, entry->untrusted_name, 0);
	}
	return WALK_ON;
}

/* The directory of the config as a whole; the one before stays beside it. */
static bool place_config(int parent_fd, const char *name) {
	char date[32];
	time_t now = time(NULL);
	struct tm local;
	struct stat status;
	bool placed = false;
	localtime_r(&now, &local);
	strftime(date, sizeof(date), "%Y-%m-%d_%H%M%S", &local);
	if (fstatat(parent_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		return renameat2(parent_fd, "cofferdam.restored", parent_fd, name, RENAME_NOREPLACE) == 0;
	}
	for (int number = 1; !placed && number < 1000; number++) {
		char *old_name = number > 1 ? xasprintf("%s.%s-%d", name, date, number) : xasprintf("%s.%s", name, date);
		if (renameat2(parent_fd, "cofferdam.restored", parent_fd, old_name, RENAME_NOREPLACE) == 0) {
			placed = renameat2(parent_fd, old_name, parent_fd, name, RENAME_EXCHANGE) == 0;
			number = 1000;
		} else if (errno != EEXIST) {
			number = 1000;
		}
		if (placed) {
			printf("the config of before is in %s, beside the new one\n", old_name);
		}
		free(old_name);
	}
	return placed;
}

/* A backup that chose where files are written could choose a program's start-up files. */
static enum walk_step say_elsewhere(void *data, const struct walk_entry *entry) {
	if (S_ISREG(entry->status.st_mode)) {
		char *clean = text_clean(entry->untrusted_path, strlen(entry->untrusted_path), TEXT_ONE_LINE, text_locale_is_utf8());
		printf("the config included /%s: it is in %s/" BACKUP_ELSEWHERE ": put it back, or change the include line\n", clean,
			(const char *)data);
		free(clean);
	}
	return WALK_ON;
}

static int restore_config(const struct restoring *restoring) {
	struct stat status;
	int code = EXIT_CODE_FAILED;
	if (fstatat(restoring->source_fd, "config", &status, AT_SYMLINK_NOFOLLOW) != 0) {
		return EXIT_CODE_OK;
	}
	char *own = config_find_own(restoring->places->home);
	if (own == NULL) {
		text_complain("HOME is not set: it must name your home directory");
		return code;
	}
	/* OWN is PARENT/cofferdam/config. */
	*strrchr(own, '/') = '\0';
	char *name = strrchr(own, '/') + 1, *parent = xstrndup(own, (size_t)(name - own));
	directory_make(parent, 0700);
	int parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	if (parent_fd < 0 || !erase_tree(parent_fd, "cofferdam.restored")) {
		text_complain("%s: %s", parent, strerror(errno));
	} else if (copy_beside(restoring->source_fd, "config", parent_fd, "cofferdam.restored", "the config")) {
		fd = beneath_open(parent_fd, "cofferdam.restored", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
		if (fd >= 0) {
			walk_tree(fd, &walk_whole, drop_link, NULL);
		}
		if (fd >= 0 && place_config(parent_fd, name) && fsync(parent_fd) == 0) {
			code = EXIT_CODE_OK;
			int elsewhere_fd = beneath_open(fd, BACKUP_ELSEWHERE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
			if (elsewhere_fd >= 0) {
				walk_tree(elsewhere_fd, &walk_glance, say_elsewhere, own);
			}
			fd_close(&elsewhere_fd);
		} else {
			text_complain("the config was not restored: %s", strerror(errno));
		}
	}
	fd_close(&fd);
	if (parent_fd >= 0) {
		erase_tree(parent_fd, "cofferdam.restored");
	}
	fd_close(&parent_fd);
	free(parent);
	free(own);
	return code;
}

/* ---- all of it ---- */

/* A store of another layout would be misread. One with nothing in it has no marker. */
static bool is_known_layout(int store_fd) {
	long version = marker_read(store_fd);
	if (version != MARKER_NONE) {
		return version == LAYOUT_VERSION;
	}
	size_t len;
	char **names = backup_list_instances(store_fd, &len);
	for (size_t i = 0; i < len; i++) {
		free(names[i]);
	}
	free(names);
	return len == 0;
}

static int apply(struct restoring *restoring) {
	int code = EXIT_CODE_FAILED;
	restoring->store_fd = beneath_open(restoring->source_fd, "store", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (restoring->store_fd < 0 || !is_known_layout(restoring->store_fd)) {
		text_complain("it is no backup that this cofferdam can read");
		goto out;
	}
	code = lock_targets(restoring);
	for (size_t i = 0; code == EXIT_CODE_OK && i < restoring->targets_len; i++) {
		code = restore_instance(restoring, &restoring->targets[i]) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	}
	if (code == EXIT_CODE_OK && restoring->wanted_len == 0) {
		code = restore_config(restoring);
	}
	if (code == EXIT_CODE_OK) {
		printf("%zu instance%s restored\n", restoring->targets_len, restoring->targets_len == 1 ? "" : "s");
	}
	for (size_t i = 0; i < restoring->targets_len; i++) {
		fd_close(&restoring->targets[i].lock_fd);
		fd_close(&restoring->targets[i].instance_fd);
		free(restoring->targets[i].name);
	}
	free(restoring->targets);
out:
	fd_close(&restoring->store_fd);
	return code;
}

/* From restic into the stage: the store, or of it what is wanted, and the config where all is. */
static bool fetch(const struct restoring *restoring, const char *repository, const struct stage *stage) {
	char *path = xasprintf("%s/" BACKUP_STAGE, store_get_path(restoring->places->store));
	char *store_path = xasprintf("%s/store", path);
	const char **names = xcalloc(restoring->wanted_len + 1, sizeof(*names));
	size_t len = 0;
	for (; len < restoring->wanted_len; len++) {
		names[len] = restoring->wanted[len];
	}
	if (len > 0) {
		names[len++] = LAYOUT_MARKER;
	}
	bool fetched = restic_prepare(repository, false) && mkdirat(stage->fd, "store", 0700) == 0 &&
		restic_restore(repository, BACKUP_TAG_STORE, store_path, names, len) &&
		(len > 0 || restic_restore(repository, BACKUP_TAG_CONFIG, path, NULL, 0));
	free(names);
	free(store_path);
	free(path);
	return fetched;
}

static int restore(struct restoring *restoring, const char *source) {
	enum backup_kind kind = backup_find_kind(source);
	struct stage stage = { .fd = -1 };
	int code = EXIT_CODE_FAILED;
	int fd = kind != BACKUP_RESTIC ? open(source, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
	if (kind != BACKUP_RESTIC && fd < 0) {
		text_complain("%s: %s", source, strerror(errno));
		return code;
	}
	restoring->source_fd = fd;
	if (kind != BACKUP_DIRECTORY) {
		if (!stage_make(&stage, restoring->root_fd, BACKUP_STAGE) ||
			!(kind == BACKUP_ARCHIVE ? archive_unpack(fd, stage.fd) : fetch(restoring, source, &stage))) {
			goto out;
		}
		restoring->source_fd = stage.fd;
	}
	/* restic has looked at all that it brought. */
	if (kind == BACKUP_RESTIC || backup_check(restoring->source_fd, source) == EXIT_CODE_OK) {
		code = apply(restoring);
	}
out:
	stage_finish(&stage);
	fd_close(&fd);
	return code;
}

int restore_run(const struct arguments *arguments) {
	struct places places;
	struct restoring restoring = { .places = &places, .store_fd = -1, .source_fd = -1 };
	char reason[512];
	restoring.wanted = arguments->words + 1;
	restoring.wanted_len = arguments->words_len - 1;
	for (size_t i = 0; i < restoring.wanted_len; i++) {
		if (!name_is_valid(restoring.wanted[i])) {
			text_complain("no instance can be called '%s'", restoring.wanted[i]);
			return EXIT_CODE_UNKNOWN;
		}
	}
	int code = places_find_store(arguments, &places);
	if (code == EXIT_CODE_OK) {
		restoring.root_fd = store_enter(places.store, true, reason, sizeof(reason));
		if (restoring.root_fd < 0) {
			text_complain("%s", reason);
			code = EXIT_CODE_FAILED;
		} else {
			code = restore(&restoring, arguments->words[0]);
		}
		fd_close(&restoring.root_fd);
	}
	places_finish(&places);
	return code;
}
