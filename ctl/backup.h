#ifndef CTL_BACKUP_H
#define CTL_BACKUP_H

/*
 * `coffer backup` and `coffer restore`: the config and the state store, into a directory or an archive with a manifest
 * (store/manifest.h), or into a repository of restic. A backup has the same form everywhere:
 *
 *   config/…           the config file, called config, what it includes, and what lies beside it
 *   store/VERSION
 *   store/NAME/home/…  and store/NAME/aside/…
 *   MANIFEST           but for restic, which has its own
 *
 * Each returns an enum control_exit, and has said what is wrong.
 */

#include "ctl/arguments.h"
#include "ctl/places.h"

int backup_run(const struct arguments *arguments);
int restore_run(const struct arguments *arguments);

#define BACKUP_ELSEWHERE "elsewhere" /* in config: files that it includes, by their absolute paths */
#define BACKUP_STAGE ".restoring" /* in the store: what is being brought back, or looked at */
#define BACKUP_TAG_CONFIG "cofferdam-config"
#define BACKUP_TAG_STORE "cofferdam-store"
#define BACKUP_TAG_INCOMPLETE "cofferdam-incomplete" /* a store that lacks something */
#define BACKUP_INCOMPLETE "INCOMPLETE" /* in a backup that lacks something: what */
#define BACKUP_INCOMPLETE_END ".incomplete" /* of its name */

/* Into a new directory, or TARGET.tar.zst. */
int backup_to(struct places *places, const char *target);

enum backup_kind { BACKUP_DIRECTORY, BACKUP_ARCHIVE, BACKUP_RESTIC };
/* What is at the path; a repository of restic may have any name. */
enum backup_kind backup_find_kind(const char *path);

/* Holds a directory of this form against its manifest, saying each difference. */
int backup_check(int directory_fd, const char *name);

/* Copies the config into directory_fd/config, links followed for the file itself and those that it includes. */
bool backup_stage_config(const struct places *places, int directory_fd);

struct backup_saved {
	size_t count; /* of instances */
	char *missing; /* lines that say what could not be saved; NULL where all was */
};

/*
 * Copies the store into stage_fd/store, one instance after the other; one that runs goes on while most of it is copied, and
 * stands still for what has changed meanwhile. False, and said, where nothing can be saved; else *saved is for
 * backup_saved_finish(). It is not on the disk yet.
 */
bool backup_save_store(struct places *places, int stage_fd, struct backup_saved *saved);
void backup_saved_finish(struct backup_saved *saved);

/* Is there room for that in stage_fd, on the same file system? */
bool backup_has_room(int root_fd, int stage_fd);

/* The names of the instances in the store at root_fd, in order; the list is the caller's. */
char **backup_list_instances(int root_fd, size_t *len);

#endif
