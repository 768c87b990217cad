#ifndef STORE_COPY_H
#define STORE_COPY_H

/*
 * Copies a tree whose files belong to an instance. Regular files, directories and symbolic links are copied, links as
 * links; sockets, pipes and devices are left out; setuid, setgid and sticky bits do not survive, nor do second names:
 * each becomes a file of its own. On a file system that can, blocks are shared (reflink). Holes stay holes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copy_report {
	void (*progress)(void *data, const struct copy_report *report); /* called after each file, or NULL */
	void *data;
	uint64_t files, bytes; /* copied */
	uint64_t left_out; /* no files to copy: sockets, pipes, devices */
	uint64_t failed; /* could not be read or written; all else was copied */
	char *untrusted_first; /* the first that failed */
	int error; /* of that, an errno */
	bool full; /* the disk, so that the rest was not tried */
};

/*
 * Copies name in from_fd to to_name in to_fd, which must not exist, and has it on the disk when it returns. The
 * report is empty before, but for progress and data. Returns true where nothing failed. The caller finishes the report either way.
 */
bool copy_tree(int from_fd, const char *name, int to_fd, const char *to_name, struct copy_report *report);
void copy_report_finish(struct copy_report *report);
/* One line that says what failed. */
char *copy_report_describe(const struct copy_report *report);

#endif
