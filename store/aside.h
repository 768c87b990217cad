#ifndef STORE_ASIDE_H
#define STORE_ASIDE_H

/*
 * What an instance keeps, held against what its config declares. A path that is declared no longer is moved to
 * NAME/aside/DATE/PATH at the next start: out of the instance's way, and never deleted unasked.
 */

#include <stdbool.h>
#include <stddef.h>
#include "config/config.h"
#include "store/walk.h"

#define ASIDE_DATE_SIZE 24 /* "2026-11-22_181530", and a number where there are several of one second */

enum holding_kind {
	HOLDING_DECLARED, /* by the config */
	HOLDING_UNDECLARED, /* still in its place, until the next start */
	HOLDING_ASIDE,
};

struct holding {
	enum holding_kind kind;
	char *untrusted_path; /* in the instance's home */
	char date[ASIDE_DATE_SIZE]; /* HOLDING_ASIDE: since when */
	bool is_file; /* HOLDING_DECLARED: by persist-file */
	bool exists;
	struct walk_size size;
};

struct holdings {
	struct holding *list;
	size_t len;
	bool cut; /* there is more than is worth listing */
};

/*
 * Lists what is declared, in the order of the config, then the rest. instance NULL: it is not in the config, and
 * nothing is declared. instance_fd -1: it keeps nothing yet.
 */
void holdings_list(int instance_fd, const struct config_instance *instance, struct holdings *holdings);
void holdings_finish(struct holdings *holdings);

/*
 * Moves what is not declared aside, some thousands at most: the rest stays where it is, seen by no instance, until
 * the next time. Empty directories are removed. *moved: how many. Returns false with one line in reason.
 */
bool aside_tidy(int instance_fd, const struct config_instance *instance, size_t *moved, char *reason, size_t size);

/*
 * Renames an entry, replacing nothing. Moving a directory writes its "..", so its modes, which are the instance's, may
 * have to be lent for it. Returns false with errno set.
 */
bool aside_move(int from_fd, const char *name, int to_fd, const char *new_name);

/*
 * Moves name in from_fd to aside/DATE/path of the instance. Returns false with errno set. date (ASIDE_DATE_SIZE) is
 * that of now where it is "", and is set.
 */
bool aside_keep(int instance_fd, int from_fd, const char *name, const char *path, char *date);

/*
 * Moves aside/date/path of the instance back to its home; directories on the way are made, and those that are empty then are
 * removed from aside. In the home nothing is there, or an empty file or directory, which goes. Returns false with errno set, EEXIST
 * where something is there.
 */
bool aside_return(int instance_fd, const char *date, const char *path);

/*
 * Puts name of from_fd into the place of old_name in instance_fd, and that aside as a date of its own, in one step. Returns
 * false with errno set, and both are kept. date (ASIDE_DATE_SIZE) is set.
 */
bool aside_exchange(int instance_fd, int from_fd, const char *name, const char *old_name, char *date);

#endif
