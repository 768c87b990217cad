#ifndef CTL_RESTIC_H
#define CTL_RESTIC_H

/* restic(1), which does all of it; we only say what. Each returns false, and it or we have said what is wrong. */

#include <stdbool.h>
#include <stddef.h>

/* Sees to it that restic will not ask for the password while instances stand still, and that it can open the repository. */
bool restic_prepare(const char *repository, bool make);

/* Saves these paths of directory_fd, in a snapshot with this tag. */
bool restic_backup(const char *repository, const char *tag, int directory_fd, const char *const *paths, size_t paths_len, bool anew);

/* Brings the newest snapshot with the tag back into the directory at path; only what is below the names, where there are any. */
bool restic_restore(const char *repository, const char *tag, const char *path, const char *const *names, size_t names_len);

/* Reads the whole repository. */
bool restic_check(const char *repository);

#endif
