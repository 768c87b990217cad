#ifndef BASE_PATH_H
#define BASE_PATH_H

/* Paths as text. None of these but path_find_place() looks at a file system. */

#include <stdbool.h>

/* Is inner outer, or below it? Both are plain paths: no empty component, "." or "..". Nothing but "/" is within "/". */
bool path_is_within(const char *inner, const char *outer);

/* What stands before the last slash; "/" where that is the first, "." where there is none. The caller frees it. */
char *path_parent(const char *path);

/* Where the name in its directory is, whatever the name leads to. The caller frees it; NULL where that cannot be said. */
char *path_find_place(const char *path);

#endif
