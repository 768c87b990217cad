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
#include "base/path.h"
#include "config/find.h"
#include "ctl/archive.h"
#include "ctl/backup.h"
#include "ctl/hold.h"
#include "ctl/interrupt.h"
#include "ctl/restic.h"
#include "ctl/stage.h"
#include "ctl/text.h"
#include "store/copy.h"
#include "store/erase.h"
#include "store/layout.h"
#include "store/manifest.h"
#include "store/walk.h"
#include "wire/control.h"

/* ---- what there is ---- */

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

/* As it was read, whatever links lead to it. */
static bool stage_text(int config_fd, const char *path, const struct config_source *source) {
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	char *parent = slash != NULL ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");
	int parent_fd = beneath_open_directory(config_fd, parent);
	if (parent_fd >= 0) {
		unlinkat(parent_fd, name, 0);
	}
	int out = parent_fd >= 0 ? beneath_open(parent_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600) : -1;
	bool staged = out >= 0 && write(out, source->text, source->length) == (ssize_t)source->length && fsync(out) == 0;
	int saved_errno = errno;
	fd_close(&out);
	fd_close(&parent_fd);
	free(parent);
	errno = saved_errno;
	return staged;
}

/* Where in the backup's config an included file is put: in its place below the directory of the config, else in elsewhere. */
static char *find_place(const char *config_directory, const char *path) {
	char *place = path_find_place(path);
	if (place == NULL) {
		return NULL; /* its directory was there a moment ago */
	}
	char *staged = path_is_within(place, config_directory) ? xstrdup(place + strlen(config_directory) + 1)
														   : xasprintf(BACKUP_ELSEWHERE "%s", place);
	free(place);
	return staged;
}

/* The file and those that it includes; an error in them keeps nobody from saving them. */
static bool stage_sources(const struct places *places, int config_fd) {
	struct config_sources sources;
	struct config_errors errors = { 0 };
	size_t length;
	free(sources_read(places->config_path, places->home, NULL, &sources, &length, &errors));
	char *parent = path_parent(places->config_path);
	char *directory = realpath(parent, NULL);
	bool staged = sources.len > 0 && directory != NULL && stage_text(config_fd, "config", &sources.list[0]);
	if (!staged) {
		text_complain("%s was not saved: %s", places->config_path, sources.len > 0 ? strerror(errno) : errors.list[0].text);
	}
	for (size_t i = 1; staged && i < sources.len; i++) {
		char *place = find_place(directory, sources.list[i].path);
		staged = place != NULL && stage_text(config_fd, place, &sources.list[i]);
		if (!staged) {
			text_complain("%s was not saved: %s", sources.list[i].path, strerror(errno));
		}
		free(place);
	}
	if (staged && errors.len > 0) {
		text_complain("the config has errors, so that a file which it includes may be missing: coffer check %s", places->config_path);
	}
	free(directory);
	free(parent);
	sources_finish(&sources);
	config_errors_finish(&errors);
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
	staged = config_fd >= 0 && stage_sources(places, config_fd);
out:
	copy_report_finish(&report);
	fd_close(&config_fd);
	fd_close(&from_fd);
	free(own);
	return staged;
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

/* Is it one of ours, that was not whole? */
static void drop_incomplete(int parent_fd, const char *place, bool is_archive) {
	struct stat status;
	char *mark = xasprintf("%s/" BACKUP_INCOMPLETE, place);
	if (is_archive) {
		unlinkat(parent_fd, place, 0);
	} else if (fstatat(parent_fd, mark, &status, AT_SYMLINK_NOFOLLOW) == 0) {
		erase_tree(parent_fd, place);
	}
	free(mark);
}

/* What is missing, for whoever finds it. */
static bool write_incomplete(int stage_fd, const char *missing) {
	int fd = beneath_open(stage_fd, BACKUP_INCOMPLETE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	bool written = fd >= 0 && write(fd, missing, strlen(missing)) == (ssize_t)strlen(missing);
	fd_close(&fd);
	return written;
}

static int make(struct places *places, struct stage *stage, const char *name, bool is_archive) {
	struct backup_saved saved;
	int code = EXIT_CODE_FAILED;
	if (!backup_stage_config(places, stage->fd) || !backup_save_store(places, stage->fd, &saved)) {
		return code;
	}
	/* One that is not whole does not take the place of one that may be. */
	bool whole = saved.missing == NULL;
	char *incomplete = xasprintf("%s" BACKUP_INCOMPLETE_END, name);
	const char *place = whole ? name : incomplete;
	if ((!whole && !write_incomplete(stage->fd, saved.missing)) || !manifest_write(stage->fd)) {
		text_complain("the backup cannot be read again: %s", strerror(errno));
		goto out;
	}
	if (!whole) {
		drop_incomplete(stage->parent_fd, incomplete, is_archive);
	}
	if (!(is_archive ? place_archive(stage, place) : place_directory(stage, place))) {
		goto out;
	}
	if (whole) {
		printf("the config and what %zu %s: saved in %s\n", saved.count, saved.count == 1 ? "instance keeps" : "instances keep",
			place);
		drop_incomplete(stage->parent_fd, incomplete, is_archive);
		code = EXIT_CODE_OK;
	} else {
		text_complain("all else is saved in %s, and a backup of before is left as it was: mend what is said above and save again",
			place);
	}
out:
	free(incomplete);
	backup_saved_finish(&saved);
	return code;
}

int backup_to(struct places *places, const char *target) {
	char *path = xstrdup(target);
	interrupt_watch();
	while (strlen(path) > 1 && ends_with(path, "/")) {
		path[strlen(path) - 1] = '\0';
	}
	char *slash = strrchr(path, '/');
	char *name = xstrdup(slash != NULL ? slash + 1 : path);
	char *parent = path_parent(path);
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

/* Where there is no room for a copy: all that run stand still for as long as restic reads. */
static int save_in_place(struct places *places, const char *repository, int root_fd) {
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
		!restic_backup(repository, BACKUP_TAG_STORE, root_fd, (const char *const *)paths, paths_len, false)) {
		code = EXIT_CODE_FAILED;
	}
	for (size_t i = 0; i < held; i++) {
		char reason[HOLD_REASON_SIZE];
		if (!hold_finish(holds[i], reason)) {
			/* holds[i] is that of names[i]: after the first that failed there are none. */
			text_complain("%s did not stand still: %s: what was saved may not fit together", names[i], reason);
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

/*
 * restic reads a copy, which was made of one instance after the other, each standing still only for what had changed
 * since the copy was begun. It reads all of it: whether a file is another than last time cannot be told by the copy.
 */
static int save_copy(struct places *places, const char *repository, int stage_fd) {
	struct backup_saved saved;
	int code = EXIT_CODE_FAILED;
	if (!backup_save_store(places, stage_fd, &saved)) {
		return code;
	}
	bool whole = saved.missing == NULL;
	int store_fd = beneath_open(stage_fd, "store", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	size_t len;
	char **paths = backup_list_instances(store_fd, &len);
	paths = xrealloc_array(paths, len + 1, sizeof(*paths));
	paths[len++] = xstrdup(LAYOUT_MARKER);
	if (store_fd >= 0 &&
		restic_backup(repository, whole ? BACKUP_TAG_STORE : BACKUP_TAG_INCOMPLETE, store_fd, (const char *const *)paths, len, true)) {
		code = whole ? EXIT_CODE_OK : EXIT_CODE_FAILED;
		if (!whole) {
			text_complain("all else is saved with the tag " BACKUP_TAG_INCOMPLETE ", and coffer restore goes by the last that was whole: "
						  "mend what is said above and save again");
		}
	}
	for (size_t i = 0; i < len; i++) {
		free(paths[i]);
	}
	free(paths);
	fd_close(&store_fd);
	backup_saved_finish(&saved);
	return code;
}

static int backup_by_restic(struct places *places, const char *repository) {
	static const char *const config[] = { "config" };
	char reason[512] = "";
	struct stage stage = { .fd = -1 };
	int code = EXIT_CODE_FAILED;
	int root_fd = restic_prepare(repository, true) ? store_enter(places->store, true, reason, sizeof(reason)) : -1;
	interrupt_watch(); /* after the question for the password */
	if (reason[0] != '\0') {
		text_complain("%s", reason);
	} else if (root_fd >= 0 && stage_make(&stage, root_fd, BACKUP_STAGE) && backup_stage_config(places, stage.fd) &&
		restic_backup(repository, BACKUP_TAG_CONFIG, stage.fd, config, 1, true)) {
		if (backup_has_room(root_fd, stage.fd)) {
			code = save_copy(places, repository, stage.fd);
		} else {
			text_complain("there is no room on the disk for a copy: what runs stands still until restic has read it");
			code = save_in_place(places, repository, root_fd);
		}
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

/* Says what it lacks by its own word. */
static void say_incomplete(int directory_fd, const char *name) {
	struct stat status;
	size_t length;
	int fd = walk_open_file(directory_fd, BACKUP_INCOMPLETE, &status);
	char *text = fd >= 0 ? fd_read_all(fd, 1024 * 1024, &length) : NULL;
	if (text != NULL) {
		char *clean = text_clean(text, length, TEXT_MANY_LINES, text_locale_is_utf8());
		fputs(clean, stderr);
		free(clean);
	}
	if (fd >= 0) {
		text_complain("%s is as it was made, and lacks what is said above: save again for a whole one", name);
	}
	free(text);
	fd_close(&fd);
}

int backup_check(int directory_fd, const char *name) {
	uint64_t entries;
	int64_t faults = manifest_check(directory_fd, say_fault, NULL, &entries);
	if (faults == 0) {
		say_incomplete(directory_fd, name);
	}
	if (faults < 0) {
		text_complain("%s: its " MANIFEST_NAME " %s", name, errno == EBADMSG ? "is damaged" : strerror(errno));
	} else if (faults > 0) {
		text_complain("%s is damaged in %lld places", name, (long long)faults);
	}
	return faults == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int check_whole(int directory_fd, const char *name) {
	struct stat status;
	int code = backup_check(directory_fd, name);
	if (code == EXIT_CODE_OK && fstatat(directory_fd, BACKUP_INCOMPLETE, &status, AT_SYMLINK_NOFOLLOW) == 0) {
		code = EXIT_CODE_FAILED;
	}
	return code;
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
		code = check_whole(stage.fd, path);
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
		code = fd >= 0 ? check_whole(fd, target) : EXIT_CODE_FAILED;
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
	/* A later one that fell short stands beside it. */
	struct stat status;
	char *incomplete = xasprintf("%s" BACKUP_INCOMPLETE_END, target);
	if (lstat(incomplete, &status) == 0) {
		text_complain("beside it is %s, a later backup that is not whole: coffer backup verify says what it lacks", incomplete);
	}
	free(incomplete);
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
