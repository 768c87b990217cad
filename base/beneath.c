#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/beneath.h"

int beneath_open(int directory_fd, const char *path, int flags, mode_t mode) {
	const struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	/* EAGAIN: something was renamed at that moment, and the kernel could not be sure. */
	for (int tries = 0; tries < 16; tries++) {
		long fd = syscall(SYS_openat2, directory_fd, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) {
			return (int)fd;
		}
	}
	return -1;
}

static int open_or_make(int parent_fd, const char *name) {
	int fd = beneath_open(parent_fd, name, O_PATH | O_DIRECTORY, 0);
	if (fd < 0 && errno == ENOENT && (mkdirat(parent_fd, name, 0700) == 0 || errno == EEXIST)) {
		fd = beneath_open(parent_fd, name, O_PATH | O_DIRECTORY, 0);
	}
	return fd;
}

int beneath_open_directory(int directory_fd, const char *path) {
	char *copy = xstrdup(path), *rest = NULL;
	int fd = fcntl(directory_fd, F_DUPFD_CLOEXEC, 0);
	for (char *name = strtok_r(copy, "/", &rest); fd >= 0 && name != NULL; name = strtok_r(NULL, "/", &rest)) {
		int next = open_or_make(fd, name);
		fd_close(&fd);
		fd = next;
	}
	int saved_errno = errno;
	free(copy);
	errno = saved_errno;
	return fd;
}

bool beneath_sync(int directory_fd) {
	int fd = beneath_open(directory_fd, ".", O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0 && errno == EACCES) {
		/* Its modes are somebody else's, and only who may read it may sync it alone. */
		sync();
		return true;
	}
	bool synced = fd >= 0 && fsync(fd) == 0;
	int saved_errno = errno;
	fd_close(&fd);
	errno = saved_errno;
	return synced;
}

static bool remove_directory(int parent_fd, const char *name, int depth) {
	int fd = beneath_open(parent_fd, name, O_RDONLY | O_DIRECTORY, 0);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	if (directory == NULL) {
		fd_close(&fd);
		return false;
	}
	bool removed = true;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			removed = beneath_remove(dirfd(directory), entry->d_name, depth - 1) && removed;
		}
	}
	closedir(directory);
	return removed && unlinkat(parent_fd, name, AT_REMOVEDIR) == 0;
}

bool beneath_remove(int directory_fd, const char *name, int depth) {
	/* analyzer: an open directory's dirfd() is never -1 */
	if (unlinkat(directory_fd, name, 0) == 0 || errno == ENOENT) {
		return true;
	}
	if (errno != EISDIR && errno != EPERM) {
		return false;
	}
	return depth > 0 && remove_directory(directory_fd, name, depth);
}
