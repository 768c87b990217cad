#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Closes *fd where it is not -1, and sets it to -1. errno stays as it was. */
void fd_close(int *fd);

/* Return false with errno set. */
bool fd_set_nonblock(int fd);
bool fd_set_cloexec(int fd, bool cloexec);

/*
 * A memfd with these bytes, sealed against every change (F_SEAL_SEAL, SHRINK, GROW, WRITE, and EXEC where the
 * kernel knows it), close-on-exec, its offset at 0.
 * name shows in /proc only. Returns the descriptor, or -1 with errno set.
 */
int fd_sealed_memfd(const char *name, const void *data, size_t size);

/*
 * The whole content of a descriptor, at most limit bytes, with a zero byte after it (not counted in *size).
 * Reads by pread from offset 0 where the descriptor can seek, else to the end of the stream. The caller frees
 * it. Returns NULL with errno set: EFBIG where there is more than limit, EAGAIN where a non-blocking stream has no
 * more for now.
 */
char *fd_read_all(int fd, size_t limit, size_t *size);

#endif
