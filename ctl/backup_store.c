#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/name.h"
#include "ctl/backup.h"
#include "ctl/hold.h"
#include "ctl/interrupt.h"
#include "ctl/text.h"
#include "store/copy.h"
#include "store/erase.h"
#include "store/layout.h"
#include "store/walk.h"
#include "wire/control.h"

#define DRAFT ".draft" /* in the stage: what is copied while the instance goes on */

static const char *const parts[] = { LAYOUT_HOME, LAYOUT_ASIDE };

/* ---- what there is ---- */

static int by_name(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **backup_list_instances(int root_fd, size_t *len) {
	char **list = NULL;
	*len = 0;
	int fd = beneath_open(root_fd, ".", O_RDONLY | O_DIRECTORY, 0);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
		struct stat status;
		if (name_is_valid(entry->d_name) && fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISDIR(status.st_mode)) {
			list = xrealloc_array(list, *len + 1, sizeof(*list));
			list[(*len)++] = xstrdup(entry->d_name);
		}
	}
	if (directory != NULL) {
		closedir(directory);
	} else {
		fd_close(&fd);
	}
	if (*len > 0) {
		/* analyzer: NULL only where there are none */
		qsort(list, *len, sizeof(*list), by_name);
	}
	return list;
}

/* ---- one after the other ---- */

struct saving {
	struct places *places;
	struct backup_saved *saved;
	int root_fd; /* of the store; -1 where there is none yet */
	int store_fd; /* in the backup */
	int stage_fd;
	size_t number; /* of the instance, for the progress */
	const char *name;
	bool is_draft; /* what cannot be read is tried again, and is told then */
};

static void show_progress(void *data, const struct copy_report *report) {
	const struct saving *saving = data;
	char size[TEXT_SIZE_SIZE];
	fprintf(stderr, "\r\033[K%zu of %zu: %s, %s%s", saving->number, saving->saved->count, saving->name,
		text_size(report->bytes, size), saving->is_draft ? "" : ", standing still");
}

static void clear_progress(void) {
	if (isatty(STDERR_FILENO)) {
		fputs("\r\033[K", stderr);
	}
}

/* Says what is wrong, and remembers that the backup is not whole, and why. */
__attribute__((format(printf, 2, 3))) static void fall_short(struct backup_saved *saved, const char *format, ...) {
	char *what = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&what, format, arguments);
	va_end(arguments);
	what = length < 0 ? NULL : what;
	clear_progress();
	text_complain("%s", what != NULL ? what : "out of memory");
	char *longer = xasprintf("%s%s\n", saved->missing != NULL ? saved->missing : "", what != NULL ? what : "");
	free(saved->missing);
	saved->missing = longer;
	free(what);
}

/* One part of what an instance keeps. What cannot be read of it does not keep the rest from being saved. */
static void save_part(
	struct saving *saving, int instance_fd, int to_fd, const char *part, const struct copy_draft *draft) {
	struct stat status;
	struct copy_report report = {
		.progress = isatty(STDERR_FILENO) ? show_progress : NULL,
		.data = saving,
		.is_cancelled = interrupt_came,
		.draft = draft,
		.unsynced = true, /* the whole is, when it is whole */
	};
	if (fstatat(instance_fd, part, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		return;
	}
	if (!copy_tree(instance_fd, part, to_fd, part, &report) && !saving->is_draft && !interrupt_came()) {
		char *what = copy_report_describe(&report);
		fall_short(saving->saved, "%s is not saved whole: %s", saving->name, what);
		free(what);
	}
	if (report.stripped > 0 && !saving->is_draft) {
		clear_progress();
		text_complain("%s: attributes of %llu files cannot be kept where the backup is", saving->name,
			(unsigned long long)report.stripped);
	}
	if (report.full && saving->is_draft) {
		erase_tree(saving->stage_fd, DRAFT); /* there may be room for one of the two */
	}
	copy_report_finish(&report);
}

/* Most of it, while the instance goes on. What changes meanwhile is copied once more when it stands still. */
static int make_draft(struct saving *saving, int instance_fd, struct copy_draft *draft) {
	int fd = beneath_open_directory(saving->stage_fd, DRAFT);
	if (fd >= 0) {
		copy_draft_begin(draft, fd, instance_fd);
		saving->is_draft = true;
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			save_part(saving, instance_fd, fd, parts[i], NULL);
		}
		saving->is_draft = false;
	}
	return fd;
}

static double now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void save_instance(struct saving *saving) {
	struct hold *hold = NULL;
	struct copy_draft draft;
	char reason[HOLD_REASON_SIZE];
	int to_fd = -1, draft_fd = -1;
	int instance_fd = beneath_open(saving->root_fd, saving->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	bool runs = instance_fd >= 0 && hold_would_freeze(saving->places, instance_fd);
	if (runs) {
		draft_fd = make_draft(saving, instance_fd, &draft);
	}
	if (interrupt_came()) {
		goto out;
	}
	double start = now();
	if (instance_fd < 0 || hold_take(saving->places, saving->name, instance_fd, &hold) != EXIT_CODE_OK) {
		fall_short(saving->saved, "%s is not saved", saving->name);
		goto out;
	}
	to_fd = beneath_open_directory(saving->store_fd, saving->name);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		save_part(saving, instance_fd, to_fd, parts[i], draft_fd >= 0 ? &draft : NULL);
	}
	if (!hold_finish(hold, reason)) {
		fall_short(saving->saved, "%s did not stand still: %s: what was saved may not fit together", saving->name, reason);
	}
	clear_progress();
	if (runs) {
		printf("%s stood still for %.2f seconds\n", saving->name, now() - start);
	}
out:
	clear_progress();
	if (draft_fd >= 0 && !erase_tree(saving->stage_fd, DRAFT)) {
		fall_short(saving->saved, "what was copied of %s for a moment cannot be removed: %s", saving->name, strerror(errno));
	}
	fd_close(&draft_fd);
	fd_close(&to_fd);
	fd_close(&instance_fd);
}

bool backup_save_store(struct places *places, int stage_fd, struct backup_saved *saved) {
	char reason[512];
	struct copy_report report = { 0 };
	struct saving saving = { .places = places, .saved = saved, .stage_fd = stage_fd, .store_fd = -1 };
	*saved = (struct backup_saved){ 0 };
	saving.root_fd = store_enter(places->store, false, reason, sizeof(reason));
	if (saving.root_fd < 0 && reason[0] != '\0') {
		text_complain("%s", reason);
		return false;
	}
	saving.store_fd = beneath_open_directory(stage_fd, "store");
	bool done = saving.store_fd >= 0 &&
		(saving.root_fd < 0 || copy_tree(saving.root_fd, LAYOUT_MARKER, saving.store_fd, LAYOUT_MARKER, &report));
	copy_report_finish(&report);
	if (!done) {
		text_complain("the backup cannot be written: %s", strerror(errno));
	}
	char **names = done && saving.root_fd >= 0 ? backup_list_instances(saving.root_fd, &saved->count) : NULL;
	for (size_t i = 0; i < saved->count; i++) {
		saving.number = i + 1;
		saving.name = names[i];
		save_instance(&saving);
		free(names[i]);
	}
	free(names);
	if (interrupt_came()) {
		text_complain("interrupted: nothing is saved, and what was saved before is as it was");
		backup_saved_finish(saved);
		done = false;
	}
	fd_close(&saving.store_fd);
	fd_close(&saving.root_fd);
	return done;
}

void backup_saved_finish(struct backup_saved *saved) {
	free(saved->missing);
	*saved = (struct backup_saved){ 0 };
}

/* ---- room for a copy ---- */

/* Does a copy share its blocks with the original? */
static bool shares_blocks(int stage_fd) {
	static const char name[] = ".shares", copy_name[] = ".shares-too", block[4096];
	int fd = beneath_open(stage_fd, name, O_RDWR | O_CREAT | O_EXCL, 0600);
	int copy_fd = beneath_open(stage_fd, copy_name, O_RDWR | O_CREAT | O_EXCL, 0600);
	bool shares = fd >= 0 && copy_fd >= 0 && write(fd, block, sizeof(block)) == (ssize_t)sizeof(block) &&
		ioctl(copy_fd, FICLONE, fd) == 0;
	fd_close(&copy_fd);
	fd_close(&fd);
	unlinkat(stage_fd, copy_name, 0);
	unlinkat(stage_fd, name, 0);
	return shares;
}

bool backup_has_room(int root_fd, int stage_fd) {
	size_t len;
	uint64_t needed = 0;
	struct statvfs space;
	if (shares_blocks(stage_fd)) {
		return true;
	}
	char **names = backup_list_instances(root_fd, &len);
	for (size_t i = 0; i < len; i++) {
		struct walk_size size;
		if (walk_measure(root_fd, names[i], &walk_whole, &size)) {
			needed += size.bytes + size.files * 4096;
		}
		free(names[i]);
	}
	free(names);
	return fstatvfs(stage_fd, &space) == 0 && needed <= (uint64_t)space.f_bavail * space.f_frsize / 10 * 9;
}
