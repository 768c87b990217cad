#ifndef STORE_MARKER_H
#define STORE_MARKER_H

/* The store's version: written on first use, looked at on every one. */

#include <stdbool.h>
#include <stddef.h>

#define MARKER_NONE (-1) /* there is no marker */
#define MARKER_WRONG (-2) /* it is none that any version wrote, or it cannot be read */
/* The version of the store in root_fd, from 0, or one of these. */
long marker_read(int root_fd);

/*
 * Sees to it that the store in root_fd (open for reading) is of layout LAYOUT_VERSION. One without a marker is empty,
 * or of layout 0, where an instance's files lay in NAME itself: that one is brought over by renames, which may be
 * interrupted at any point and are taken up again by the next call. Returns false with one line in reason (size
 * bytes) where the store is newer than this program, its marker makes no sense, or it cannot be written.
 */
bool marker_ensure(int root_fd, const char *path, char *reason, size_t size);

#endif
