#ifndef STORE_WALK_H
#define STORE_WALK_H

/*
 * Walks a tree that others have had, or still have, their hands in: through no link, across no mount, within limits.
 * In a directory, entries come in the order of their bytes, a directory before what is in it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define WALK_DEPTH_MAX 1536 /* directories in one another: more than a path that programs can use has */
#define WALK_DEPTH_MANIFEST (WALK_DEPTH_MAX + 8) /* of such a tree with our own directories above it */

struct walk_limits {
	uint64_t entries;
	int depth; /* at most WALK_DEPTH_MANIFEST */
	int milliseconds; /* 0: as long as it takes */
};

/* For trees that are read whole, and for a look at one. */
extern const struct walk_limits walk_whole;
extern const struct walk_limits walk_glance;

struct walk_entry {
	const char *untrusted_path; /* from the directory where the walk began; any bytes */
	const char *untrusted_name; /* the last of it */
	int parent_fd;
	struct stat status; /* of itself, not of what it points to; of a mount point, that of what is mounted */
	bool is_mount; /* another file system, or the same once more; it is not entered */
};

enum walk_step { WALK_ON, WALK_SKIP /* what is in it */, WALK_STOP };
typedef enum walk_step (*walk_visitor)(void *data, const struct walk_entry *entry);

struct walk_result {
	uint64_t entries;
	uint64_t unreadable; /* directories that could not be opened */
	bool cut; /* a limit was reached: there is more */
};

/* After all in a directory that visit did not skip has been visited; its entry once more. */
typedef void (*walk_leaver)(void *data, const struct walk_entry *entry);

/* However deep the tree is, some dozens of descriptors are open at a time. */
struct walk_result walk_tree(int directory_fd, const struct walk_limits *limits, walk_visitor visit, void *data);
struct walk_result walk_tree_through(
	int directory_fd, const struct walk_limits *limits, walk_visitor visit, walk_leaver leave, void *data);

/* Sums of a tree. */
struct walk_size {
	uint64_t bytes; /* of regular files: their lengths, but no more than they take on the disk */
	uint64_t files; /* all that is no directory */
	int64_t newest; /* seconds since 1970 of the last change of a regular file; 0 where there is none */
	bool whole; /* nothing was left out */
};

/* Of name in parent_fd, whatever it is. Returns false where there is nothing. */
bool walk_measure(int parent_fd, const char *name, const struct walk_limits *limits, struct walk_size *size);
void walk_size_add(struct walk_size *size, const struct stat *status);

/*
 * Opens the regular file at name in directory_fd for reading; nothing else is ever opened, not for a moment. *status is
 * the file's. -1 with errno set: EINVAL where it is something else.
 */
int walk_open_file(int directory_fd, const char *name, struct stat *status);

#endif
