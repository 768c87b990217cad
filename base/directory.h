#ifndef BASE_DIRECTORY_H
#define BASE_DIRECTORY_H

#include <sys/types.h>

/*
 * Makes the directory at path, and those on the way to it, where they are missing. For paths that are the person's own:
 * links in them are followed. What is there stays as it is; whether it could be made is seen when it is opened.
 */
void directory_make(const char *path, mode_t mode);

#endif
