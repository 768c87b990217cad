#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "store/erase.h"

struct erasing {
	int top_fd; /* what lies deeper is moved up here, and goes from here */
	unsigned serial;
	bool progress; /* in this pass */
};

/* Opens a directory that is to go. Its modes are its maker's, and shall not keep us out. */
static DIR *open_doomed(int parent_fd, const char *name) {
	char link[64];
	int path_fd = beneath_open(parent_fd, name, O_PATH | O_DIRECTORY, 0);
	if (path_fd < 0) {
		return NULL;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	chmod(link, 0700);
	int fd = beneath_open(path_fd, ".", O_RDONLY | O_DIRECTORY, 0);
	fd_close(&path_fd);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	if (directory == NULL) {
		fd_close(&fd);
	}
	return directory;
}

static bool is_dots(const char *name) {
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool move_up(struct erasing *erasing, int parent_fd, const char *name) {
	/* Moving a directory writes its "..". */
	DIR *directory = open_doomed(parent_fd, name);
	if (directory != NULL) {
		closedir(directory);
	}
	char new_name[32];
	do {
		snprintf(new_name, sizeof(new_name), "erase-%u", erasing->serial++);
	} while (renameat2(parent_fd, name, erasing->top_fd, new_name, RENAME_NOREPLACE) != 0 && errno == EEXIST);
	struct stat status;
	return fstatat(erasing->top_fd, new_name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Empties a directory of the top by a level, and removes it. */
static void erase_directory(struct erasing *erasing, const char *name) {
	DIR *directory = open_doomed(erasing->top_fd, name);
	if (directory == NULL) {
		return;
	}
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (!is_dots(entry->d_name) &&
			/* analyzer: an open directory's dirfd() is never -1 */
			(unlinkat(dirfd(directory), entry->d_name, 0) == 0 || move_up(erasing, dirfd(directory), entry->d_name))) {
			erasing->progress = true;
		}
	}
	closedir(directory);
	erasing->progress = unlinkat(erasing->top_fd, name, AT_REMOVEDIR) == 0 || erasing->progress;
}

bool erase_tree(int directory_fd, const char *name) {
	if (unlinkat(directory_fd, name, 0) == 0 || errno == ENOENT) {
		return true;
	}
	DIR *top = errno == EISDIR || errno == EPERM ? open_doomed(directory_fd, name) : NULL;
	if (top == NULL) {
		return false;
	}
	struct erasing erasing = { .top_fd = dirfd(top) };
	do {
		erasing.progress = false;
		rewinddir(top);
		for (struct dirent *entry; (entry = readdir(top)) != NULL;) {
			if (is_dots(entry->d_name)) {
				continue;
			}
			/* analyzer: it was opened above, or there is no directory to read */
			if (unlinkat(erasing.top_fd, entry->d_name, 0) == 0) {
				erasing.progress = true;
			} else {
				erase_directory(&erasing, entry->d_name);
			}
		}
	} while (erasing.progress);
	closedir(top);
	return unlinkat(directory_fd, name, AT_REMOVEDIR) == 0;
}
