#ifndef BASE_BENEATH_H
#define BASE_BENEATH_H

/* Opening of paths that others have had their hands on: openat2(2), below a directory, through no symbolic link. */

#include <stdbool.h>
#include <sys/types.h>

/*
 * As openat(), close-on-exec, but path stays beneath directory_fd, whatever is renamed meanwhile, and passes through
 * no symbolic link. Returns -1 with errno set: EXDEV where it would leave, ELOOP at a link.
 */
int beneath_open(int directory_fd, const char *path, int flags, mode_t mode);

/* Opens a directory beneath, making it (0700) and those on the way where they are missing. -1 with errno set. */
int beneath_open_directory(int directory_fd, const char *path);

/* Has what was made in, renamed into or removed from the directory on the disk; of a path descriptor as well. False with errno set. */
bool beneath_sync(int directory_fd);

/* Removes name in directory_fd with all that is in it, following no link, at most depth directories deep. */
bool beneath_remove(int directory_fd, const char *name, int depth);

#endif
