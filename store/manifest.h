#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

/*
 * What is in a backup, so that what is missing or changed in it can be noticed: its file MANIFEST has a line for each
 * entry, in the order of store/walk.h, and a last one with the digest of all before. Paths have every byte that is no
 * visible ASCII character, and the backslash, as \xNN.
 *
 *   cofferdam-backup 1
 *   directory - - store
 *   file 1024 SHA256 store/work/home/notes
 *   link 12 SHA256-of-its-target store/work/home/link
 *   end 3 SHA256-of-the-lines-above
 */

#include <stdbool.h>
#include <stdint.h>

#define MANIFEST_NAME "MANIFEST"

/*
 * Walks the tree and writes the manifest into it. Returns false with errno set: ENAMETOOLONG where a path is longer than
 * any of copy_tree()'s, with what stands before it.
 */
bool manifest_write(int directory_fd);

enum manifest_fault { MANIFEST_MISSING, MANIFEST_CHANGED, MANIFEST_ADDED, MANIFEST_UNREADABLE };
/* path: escaped as in the manifest, fit for a terminal. */
typedef void (*manifest_visitor)(void *data, enum manifest_fault fault, const char *path);

/*
 * Holds the tree against its manifest, reading all of it, and calls visit for each difference. Returns how many there
 * are; -1 with errno set where there is no manifest that makes sense (EBADMSG), or that can be read.
 */
int64_t manifest_check(int directory_fd, manifest_visitor visit, void *data, uint64_t *entries);

#endif
