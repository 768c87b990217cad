#include <dirent.h>
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
#include "config/find.h"
#include "ctl/archive.h"
#include "ctl/backup.h"
#include "ctl/hold.h"
#include "ctl/restic.h"
#include "ctl/stage.h"
#include "ctl/text.h"
#include "store/copy.h"
#include "store/erase.h"
#include "store/layout.h"
#include "store/manifest.h"
#include "wire/control.h"

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
		qsort(list, *len, sizeof(*list), by_name);
	}
	return list;
}

enum backup_kind backup_find_kind(const char *path) {
	struct stat status;
	char *manifest = xasprintf("%s/" MANIFEST_NAME, path);
	bool is_directory = lstat(manifest, &status) == 0;
	free(manifest);
	if (is_directory) {
		return BACKUP_DIRECTORY;
	}
	return stat(path, &status) == 0 && S_ISREG(status.st_mode) ? BACKUP_ARCHIVE : BACKUP_RESTIC;
}

/* ---- the config ---- */

/* As it is read, whatever links lead to it. */
static bool stage_file(const char *path, int config_fd) {
	size_t length = 0;
	int in = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = in >= 0 ? fd_read_all(in, CONFIG_SIZE_MAX, &length) : NULL;
	unlinkat(config_fd, "config", 0);
	int out = text != NULL ? beneath_open(config_fd, "config", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600) : -1;
	bool staged = out >= 0 && write(out, text, length) == (ssize_t)length && fsync(out) == 0;
	int saved_errno = errno;
	fd_close(&out);
	fd_close(&in);
	free(text);
	errno = saved_errno;
	return staged;
}

bool backup_stage_config(const struct places *places, int directory_fd) {
	struct copy_report report = { 0 };
	char *own = config_find_own(places->home);
	bool staged = false;
	int config_fd = -1, from_fd = -1;
	if (own != NULL && strcmp(own, places->config_path) == 0) {
		/* What lies beside it belongs to it. */
		char *directory = xstrndup(own, (size_t)(strrchr(own, '/') - own));
		from_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		free(directory);
		if (from_fd < 0 || !copy_tree(from_fd, ".", directory_fd, "config", &report)) {
			char *what = report.failed > 0 ? copy_report_describe(&report) : xstrdup(strerror(errno));
			text_complain("the config was not saved: %s", what);
			free(what);
			goto out;
		}
	} else if (mkdirat(directory_fd, "config", 0700) != 0) {
		text_complain("the config was not saved: %s", strerror(errno));
		goto out;
	}
	config_fd = beneath_open(directory_fd, "config", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	staged = config_fd >= 0 && stage_file(places->config_path, config_fd);
	if (!staged) {
		text_complain("%s was not saved: %s", places->config_path, strerror(errno));
	}
out:
	copy_report_finish(&report);
	fd_close(&config_fd);
	fd_close(&from_fd);
	free(own);
	return staged;
}

/* ---- into a directory ---- */

struct saving {
	struct places *places;
	int root_fd; /* of the store; -1 where there is none yet */
	int store_fd; /* in the backup */
	size_t number, count; /* of the instance, for the progress */
	const char *name;
	bool failed;
};

static void show_progress(void *data, const struct copy_report *report) {
	const struct saving *saving = data;
	char size[TEXT_SIZE_SIZE];
	fprintf(stderr, "\r\033[K%zu of %zu: %s, %s", saving->number, saving->count, saving->name, text_size(report->bytes, size));
}

static void clear_progress(void) {
	if (isatty(STDERR_FILENO)) {
		fputs("\r\033[K", stderr);
	}
}

/* One part of what an instance keeps. What cannot be read of it does not keep the rest from being saved. */
static void save_part(struct saving *saving, int instance_fd, int to_fd, const char *part) {
	struct stat status;
	struct copy_report report = { .progress = isatty(STDERR_FILENO) ? show_progress : NULL, .data = saving };
	if (fstatat(instance_fd, part, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		return;
	}
	if (!copy_tree(instance_fd, part, to_fd, part, &report)) {
		char *what = copy_report_describe(&report);
		clear_progress();
		text_complain("%s is not saved whole: %s", saving->name, what);
		free(what);
		saving->failed = true;
	}
	copy_report_finish(&report);
}

static void save_instance(struct saving *saving) {
	struct hold *hold = NULL;
	int to_fd = -1;
	int instance_fd = beneath_open(saving->root_fd, saving->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (instance_fd < 0 || hold_take(saving->places, saving->name, instance_fd, &hold) != EXIT_CODE_OK) {
		text_complain("%s is not saved", saving->name);
		saving->failed = true;
		goto out;
	}
	to_fd = beneath_open_directory(saving->store_fd, saving->name);
	save_part(saving, instance_fd, to_fd, LAYOUT_HOME);
	save_part(saving, instance_fd, to_fd, LAYOUT_ASIDE);
	if (!hold_finish(hold)) {
		text_complain("%s was thawed meanwhile: what was saved may not fit together", saving->name);
		saving->failed = true;
	}
out:
	clear_progress();
	fd_close(&to_fd);
	fd_close(&instance_fd);
}

static bool save_store(struct places *places, int stage_fd, bool *whole, size_t *count) {
	char reason[512];
	struct copy_report report = { 0 };
	struct saving saving = { .places = places, .store_fd = -1 };
	saving.root_fd = store_enter(places->store, false, reason, sizeof(reason));
	if (saving.root_fd < 0 && reason[0] != '\0') {
		text_complain("%s", reason);
		return false;
	}
	saving.store_fd = beneath_open_directory(stage_fd, "store");
	bool saved = saving.store_fd >= 0 &&
		(saving.root_fd < 0 || copy_tree(saving.root_fd, LAYOUT_MARKER, saving.store_fd, LAYOUT_MARKER, &report));
	copy_report_finish(&report);
	if (!saved) {
		text_complain("the backup cannot be written: %s", strerror(errno));
	}
	char **names = saved && saving.root_fd >= 0 ? backup_list_instances(saving.root_fd, &saving.count) : NULL;
	for (size_t i = 0; i < saving.count; i++) {
		saving.number = i + 1;
		saving.name = names[i];
		save_instance(&saving);
		free(names[i]);
	}
	free(names);
	*whole = !saving.failed;
	*count = saving.count;
	fd_close(&saving.store_fd);
	fd_close(&saving.root_fd);
	return saved;
}

/* ---- into its place ---- */

static bool ends_with(const char *text, const char *end) {
	size_t length = strlen(text), end_length = strlen(end);
	return length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* The archive stands whole beside the old before it takes its place. */
static bool place_archive(struct stage *stage, const char *name) {
	char *new_name = xasprintf("%s.new", name);
	unlinkat(stage->parent_fd, new_name, 0);
	int fd = beneath_open(stage->parent_fd, new_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	bool placed = fd >= 0 && archive_pack(stage->fd, fd) && fsync(fd) == 0 &&
		renameat(stage->parent_fd, new_name, stage->parent_fd, name) == 0 && fsync(stage->parent_fd) == 0;
	if (!placed) {
		text_complain("%s was not written: %s", name, strerror(errno));
		unlinkat(stage->parent_fd, new_name, 0);
	}
	fd_close(&fd);
	free(new_name);
	return placed;
}

/* An older backup changes places with the new one, in one moment, and goes then. */
static bool place_directory(struct stage *stage, const char *name) {
	if (syncfs(stage->fd) != 0 ||
		(renameat2(stage->parent_fd, stage->name, stage->parent_fd, name, RENAME_NOREPLACE) != 0 &&
			(errno != EEXIST ||
				renameat2(stage->parent_fd, stage->name, stage->parent_fd, name, RENAME_EXCHANGE) != 0)) ||
		fsync(stage->parent_fd) != 0) {
		text_complain("%s was not written: %s", name, strerror(errno));
		return false;
	}
	return true;
}

/* Only an empty directory, or a backup, is replaced. */
static bool may_replace(int parent_fd, const char *name) {
	struct stat status;
	char *manifest = xasprintf("%s/" MANIFEST_NAME, name);
	bool may = fstatat(parent_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || fstatat(parent_fd, manifest, &status, 0) == 0 ||
		unlinkat(parent_fd, name, AT_REMOVEDIR) == 0;
	free(manifest);
	return may;
}

static int make(struct places *places, struct stage *stage, const char *name, bool is_archive) {
	bool whole = true;
	size_t count = 0;
	char *place = NULL;
	int code = EXIT_CODE_FAILED;
	if (!backup_stage_config(places, stage->fd) || !save_store(places, stage->fd, &whole, &count)) {
		return code;
	}
	if (!manifest_write(stage->fd)) {
		text_complain("the backup cannot be read again: %s", strerror(errno));
		return code;
	}
	/* One that is not whole does not take the place of one that may be. */
	place = whole ? xstrdup(name) : xasprintf("%s.incomplete", name);
	if (!whole && !is_archive) {
		erase_tree(stage->parent_fd, place);
	}
	if (is_archive ? place_archive(stage, place) : place_directory(stage, place)) {
		code = whole ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	}
	if (!whole) {
		text_complain("what was saved is in %s", place);
	} else if (code == EXIT_CODE_OK) {
		printf("the config and what %zu %s: saved in %s\n", count, count == 1 ? "instance keeps" : "instances keep", place);
	}
	free(place);
	return code;
}

int backup_to(struct places *places, const char *target) {
	char *path = xstrdup(target);
	while (strlen(path) > 1 && ends_with(path, "/")) {
		path[strlen(path) - 1] = '\0';
	}
	char *slash = strrchr(path, '/');
	char *name = xstrdup(slash != NULL ? slash + 1 : path);
	char *parent = slash == NULL ? xstrdup(".") : slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
	char *stage_name = xasprintf("%s.partial", name);
	bool is_archive = ends_with(name, ".tar.zst");
	struct stage stage = { .fd = -1 };
	int code = EXIT_CODE_FAILED;
	int parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent_fd < 0 || name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		text_complain("%s: %s", target, parent_fd < 0 ? strerror(errno) : "name a new directory, or a file that ends in .tar.zst");
	} else if (!is_archive && !may_replace(parent_fd, name)) {
		text_complain("%s is there and is no backup: name a new directory, or a file that ends in .tar.zst", target);
	} else if (stage_make(&stage, parent_fd, stage_name)) {
		code = make(places, &stage, name, is_archive);
	}
	stage_finish(&stage);
	fd_close(&parent_fd);
	free(stage_name);
	free(parent);
	free(name);
	free(path);
	return code;
}

/* ---- into a repository ---- */

/* All that run stand still for as long as restic reads. */
static int save_by_restic(struct places *places, const char *repository, int root_fd) {
	size_t len, held = 0, paths_len = 0;
	char **names = backup_list_instances(root_fd, &len);
	struct hold **holds = xcalloc(len + 1, sizeof(struct hold *));
	char **paths = xcalloc(len * 2 + 1, sizeof(*paths));
	int code = EXIT_CODE_OK;
	paths[paths_len++] = xstrdup(LAYOUT_MARKER);
	for (size_t i = 0; code == EXIT_CODE_OK && i < len; i++) {
		static const char *const parts[] = { LAYOUT_HOME, LAYOUT_ASIDE };
		struct stat status;
		int fd = beneath_open(root_fd, names[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
		code = fd >= 0 ? hold_take(places, names[i], fd, &holds[held]) : EXIT_CODE_FAILED;
		held += code == EXIT_CODE_OK;
		for (size_t j = 0; code == EXIT_CODE_OK && j < 2; j++) {
			if (fstatat(fd, parts[j], &status, AT_SYMLINK_NOFOLLOW) == 0) {
				paths[paths_len++] = xasprintf("%s/%s", names[i], parts[j]);
			}
		}
		fd_close(&fd);
	}
	if (code == EXIT_CODE_OK &&
		!restic_backup(repository, BACKUP_TAG_STORE, root_fd, (const char *const *)paths, paths_len)) {
		code = EXIT_CODE_FAILED;
	}
	for (size_t i = 0; i < held; i++) {
		if (!hold_finish(holds[i])) {
			text_complain("an instance was thawed meanwhile: what was saved of it may not fit together");
			code = EXIT_CODE_FAILED;
		}
	}
	for (size_t i = 0; i < len; i++) {
		free(names[i]);
	}
	for (size_t i = 0; i < paths_len; i++) {
		free(paths[i]);
	}
	free(paths);
	free(holds);
	free(names);
	return code;
}

static int backup_by_restic(struct places *places, const char *repository) {
	static const char *const config[] = { "config" };
	char reason[512];
	struct stage stage = { .fd = -1 };
	int code = EXIT_CODE_FAILED;
	int root_fd = restic_prepare(repository, true) ? store_enter(places->store, true, reason, sizeof(reason)) : -1;
	if (root_fd >= 0 && stage_make(&stage, root_fd, BACKUP_STAGE) && backup_stage_config(places, stage.fd) &&
		restic_backup(repository, BACKUP_TAG_CONFIG, stage.fd, config, 1)) {
		code = save_by_restic(places, repository, root_fd);
	}
	stage_finish(&stage);
	fd_close(&root_fd);
	return code;
}

/* ---- verify ---- */

static void say_fault(void *data, enum manifest_fault fault, const char *path) {
	static const char *const words[] = {
		[MANIFEST_MISSING] = "missing",
		[MANIFEST_CHANGED] = "changed",
		[MANIFEST_ADDED] = "not of the backup",
		[MANIFEST_UNREADABLE] = "unreadable",
	};
	printf("%s: %s\n", words[fault], path);
}

int backup_check(int directory_fd, const char *name) {
	uint64_t entries;
	int64_t faults = manifest_check(directory_fd, say_fault, NULL, &entries);
	if (faults < 0) {
		text_complain("%s: its " MANIFEST_NAME " %s", name, errno == EBADMSG ? "is damaged" : strerror(errno));
	} else if (faults > 0) {
		text_complain("%s is damaged in %lld places", name, (long long)faults);
	}
	return faults == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int verify_archive(struct places *places, const char *path) {
	char reason[512];
	struct stage stage = { .fd = -1 };
	int code = EXIT_CODE_FAILED;
	int root_fd = store_enter(places->store, true, reason, sizeof(reason));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (root_fd < 0 || fd < 0) {
		text_complain("%s", root_fd < 0 ? reason : strerror(errno));
	} else if (stage_make(&stage, root_fd, BACKUP_STAGE) && archive_unpack(fd, stage.fd)) {
		code = backup_check(stage.fd, path);
	}
	stage_finish(&stage);
	fd_close(&fd);
	fd_close(&root_fd);
	return code;
}

static int verify(struct places *places, const char *target) {
	int fd, code = EXIT_CODE_FAILED;
	switch (backup_find_kind(target)) {
	case BACKUP_DIRECTORY:
		fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		code = fd >= 0 ? backup_check(fd, target) : EXIT_CODE_FAILED;
		fd_close(&fd);
		break;
	case BACKUP_ARCHIVE:
		code = verify_archive(places, target);
		break;
	case BACKUP_RESTIC:
		code = restic_prepare(target, false) && restic_check(target) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
		break;
	}
	if (code == EXIT_CODE_OK) {
		printf("%s is whole\n", target);
	}
	return code;
}

int backup_run(const struct arguments *arguments) {
	bool verifies = strcmp(arguments->words[0], "verify") == 0;
	if (verifies ? arguments->words_len != 2 || arguments->to : arguments->words_len != 1) {
		text_complain("write it as: coffer backup TARGET, coffer backup --to DIR|FILE.tar.zst, or coffer backup verify TARGET");
		return EXIT_CODE_USAGE;
	}
	struct places places;
	int code = places_find_store(arguments, &places);
	if (code == EXIT_CODE_OK) {
		code = verifies       ? verify(&places, arguments->words[1])
			: arguments->to ? backup_to(&places, arguments->words[0])
							: backup_by_restic(&places, arguments->words[0]);
	}
	places_finish(&places);
	return code;
}
