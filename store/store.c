#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/directory.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/name.h"
#include "store/erase.h"
#include "store/layout.h"
#include "store/marker.h"
#include "store/store.h"

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

char *store_find(const char *home) {
	const char *state = getenv("XDG_STATE_HOME");
	return state != NULL && state[0] == '/' ? xasprintf("%s/cofferdam", state)
											: xasprintf("%s/.local/state/cofferdam", home);
}

/* ---- ways in ---- */

int store_enter(struct store *store, bool make, char *reason, size_t size) {
	if (make) {
		directory_make(store->path, 0700);
	}
	reason[0] = '\0';
	int fd = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && (make || errno != ENOENT)) {
		snprintf(reason, size, "state store %s: %s", store->path, strerror(errno));
	}
	if (fd >= 0 && !marker_ensure(fd, store->path, reason, size)) {
		fd_close(&fd);
	}
	return fd;
}

int store_enter_instance(struct store *store, const char *name, bool make, char *reason, size_t size) {
	int root_fd = store_enter(store, make, reason, size);
	if (root_fd < 0) {
		return -1;
	}
	errno = EINVAL;
	int made_fd = make && name_is_valid(name) ? beneath_open_directory(root_fd, name) : -1;
	int fd = name_is_valid(name) && (!make || made_fd >= 0) ? beneath_open(root_fd, name, O_RDONLY | O_DIRECTORY, 0) : -1;
	if (fd < 0 && (make || errno != ENOENT)) {
		snprintf(reason, size, "state store %s/%s %s", store->path, name, store_describe(errno));
	}
	fd_close(&made_fd);
	fd_close(&root_fd);
	return fd;
}

int store_lock(int instance_fd) {
	int fd = beneath_open(instance_fd, LAYOUT_LOCK, O_RDWR | O_CREAT | O_NONBLOCK | O_NOFOLLOW, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		fd_close(&fd);
		return -1;
	}
	if (fd >= 0) {
		erase_tree(instance_fd, LAYOUT_PARTIAL);
	}
	return fd;
}

int store_lock_instance(struct store *store, const char *name, char *reason, size_t size) {
	int instance_fd = store_enter_instance(store, name, true, reason, size);
	int fd = instance_fd >= 0 ? store_lock(instance_fd) : -1;
	if (instance_fd >= 0 && fd < 0) {
		snprintf(reason, size, "state store %s/%s %s", store->path, name,
			errno == EWOULDBLOCK ? "is in use by another session or a coffer state command: end that first"
								 : store_describe(errno));
	}
	fd_close(&instance_fd);
	return fd;
}

/* ---- persistent paths ---- */

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

const char *store_describe(int error) {
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
	int fd = -1, home_fd = -1;
	int instance_fd = store_enter_instance(store, name, true, reason, size);
	if (instance_fd < 0) {
		return -1;
	}
	home_fd = beneath_open_directory(instance_fd, LAYOUT_HOME);
	if (home_fd < 0) {
		snprintf(reason, size, "state store %s/%s/" LAYOUT_HOME " %s", store->path, name, store_describe(errno));
		goto out;
	}
	fd = persist->is_file ? open_file(home_fd, persist->path) : beneath_open_directory(home_fd, persist->path);
	const char *fault = fd < 0 ? store_describe(errno) : find_fault(fd, persist->is_file);
	if (fault != NULL) {
		snprintf(reason, size, "persist %s: %s/%s/" LAYOUT_HOME "/%s %s: put it right or move it away", persist->path,
			store->path, name, persist->path, fault);
		fd_close(&fd);
	}

out:
	fd_close(&home_fd);
	fd_close(&instance_fd);
	return fd;
}
