#ifndef STORE_COPY_H
#define STORE_COPY_H

/*
 * Copies a tree whose files belong to an instance. Regular files, directories and symbolic links are copied, links as
 * links, with their times and the extended attributes of the user (user.*); sockets, pipes and devices are left out; setuid,
 * setgid and sticky bits do not survive, nor does any other attribute. Names of one file in the tree are names of one file
 * in the copy; what has a name outside of the tree is a file of its own. On a file system that can, blocks are shared
 * (reflink). Holes stay holes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define COPY_PATH_MAX 3072 /* of what is copied, from the top of the tree: room for what stands before it */

/* A copy of the same tree that was made while it changed, as far as it was done. */
struct copy_draft {
	int directory_fd; /* where it is, under the same name */
	struct timespec since; /* what was not changed from then on is taken from there, and missing there afterwards */
};

struct copy_report {
	void (*progress)(void *data, const struct copy_report *report); /* called after each file, or NULL */
	void *data;
	bool (*is_cancelled)(void); /* asked before each entry, or NULL: the rest is not tried then */
	const struct copy_draft *draft; /* or NULL */
	bool unsynced; /* the caller has it on the disk later */
	uint64_t files, bytes; /* copied */
	uint64_t left_out; /* no files to copy: sockets, pipes, devices */
	uint64_t stripped; /* files whose attributes the copy's file system cannot hold */
	uint64_t failed; /* could not be read or written; all else was copied */
	char *untrusted_first; /* the first that failed */
	int error; /* of that, an errno */
	bool full; /* the disk, so that the rest was not tried */
};

/*
 * Copies name in from_fd to to_name in to_fd, which must not exist, and has it on the disk when it returns. The
 * report is empty before, but for its first five. Returns true where nothing failed. The caller finishes the report either way.
 */
bool copy_tree(int from_fd, const char *name, int to_fd, const char *to_name, struct copy_report *report);
void copy_report_finish(struct copy_report *report);
/* One line that says what failed. */
char *copy_report_describe(const struct copy_report *report);

/*
 * Begins a draft in directory_fd, of what is in from_fd: what programs there have written is on its way to the disk, so that a
 * change from now on shows in the file's time. Where the file system does not tell of writes through a mapping, the copy is
 * compared with the file before it is taken.
 */
void copy_draft_begin(struct copy_draft *draft, int directory_fd, int from_fd);

#endif
