#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/name.h"
#include "instances/beneath.h"
#include "instances/store.h"

struct store {
	char *path;
};

struct store *store_create(const char *path) {
	struct store *store = xcalloc(1, sizeof(*store));
	store->path = xstrdup(path);
	return store;
}

void store_destroy(struct store *store) {
	if (store == NULL) {
		return;
	}
	free(store->path);
	free(store);
}

const char *store_get_path(const struct store *store) {
	return store->path;
}

/* The store's own path is the person's: links in it are followed, and missing directories made, 0700. */
static int open_root(const struct store *store) {
	char *path = xstrdup(store->path);
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	mkdir(path, 0700);
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int saved_errno = errno;
	free(path);
	errno = saved_errno;
	return fd;
}

/* Opens the file or makes it; the directory that it is in exists afterwards. */
static int open_file(int home_fd, const char *path) {
	const char *slash = strrchr(path, '/');
	char *parent = slash != NULL ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");
	const char *name = slash != NULL ? slash + 1 : path;
	int parent_fd = beneath_open_directory(home_fd, parent);
	int fd = -1;
	if (parent_fd >= 0) {
		fd = beneath_open(parent_fd, name, O_PATH, 0);
	}
	if (parent_fd >= 0 && fd < 0 && errno == ENOENT) {
		int made_fd = beneath_open(parent_fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
		fd_close(&made_fd);
		fd = beneath_open(parent_fd, name, O_PATH, 0);
	}
	fd_close(&parent_fd);
	int saved_errno = errno;
	free(parent);
	errno = saved_errno;
	return fd;
}

/* What was declared a file must be one, with no second name outside the store's sight. */
static const char *find_fault(int fd, bool is_file) {
	struct stat status;
	if (fstat(fd, &status) != 0) {
		return strerror(errno);
	}
	if (status.st_uid != geteuid()) {
		return "belongs to another user";
	}
	if (!is_file) {
		return S_ISDIR(status.st_mode) ? NULL : "is not a directory";
	}
	if (!S_ISREG(status.st_mode)) {
		return "is not a plain file";
	}
	return status.st_nlink == 1 ? NULL : "is a hard link";
}

static const char *describe(int error) {
	switch (error) {
	case ELOOP:
		return "is or passes through a symbolic link";
	case EXDEV:
		return "leaves the state store";
	case ENOTDIR:
		return "is or passes through something that is not a directory";
	default:
		return strerror(error);
	}
}

int store_open(struct store *store, const char *name, const struct config_persist *persist, char *reason, size_t size) {
	int fd = -1;
	int root_fd = open_root(store);
	int home_fd = root_fd >= 0 && name_is_valid(name) ? beneath_open_directory(root_fd, name) : -1;
	if (home_fd < 0) {
		snprintf(reason, size, "state store %s/%s: %s", store->path, name, describe(errno));
		goto out;
	}
	fd = persist->is_file ? open_file(home_fd, persist->path) : beneath_open_directory(home_fd, persist->path);
	const char *fault = fd < 0 ? describe(errno) : find_fault(fd, persist->is_file);
	if (fault != NULL) {
		snprintf(reason, size, "persist %s: %s/%s/%s %s: put it right or move it away", persist->path, store->path,
			name, persist->path, fault);
		fd_close(&fd);
	}

out:
	fd_close(&home_fd);
	fd_close(&root_fd);
	return fd;
}
