#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/beneath.h"
#include "instances/runtime.h"

#define DIRECTORY "cofferdam"
#define BACKLOG 128
#define DEPTH_MAX 4
#define TRIES 8

struct runtime {
	char *path;
	int base_fd, fd;
};

struct runtime_directory {
	struct runtime *runtime;
	char *name, *path;
	int fd;
};

/* What stands there was left by a session that could not clean up. */
static void clear(struct runtime *runtime) {
	static const char *const entries[] = { "control", "shell", "instances" };
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		if (!beneath_remove(runtime->fd, entries[i], DEPTH_MAX)) {
			log_warn("%s/%s: cannot be removed: %s", runtime->path, entries[i], strerror(errno));
		}
	}
}

static bool check_owner(int fd, const char *path, char *reason, size_t size) {
	struct stat status;
	if (fstat(fd, &status) != 0 || status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH))) {
		snprintf(reason, size, "%s: is not yours alone: it must be a directory that only you can write to", path);
		return false;
	}
	return true;
}

/*
 * The lock is on the directory itself. *gone: it is ours, but was removed before, by the session that had it; the
 * name is free again.
 */
static bool take_lock(struct runtime *runtime, bool *gone, char *reason, size_t size) {
	struct stat status;
	if (flock(runtime->fd, LOCK_EX | LOCK_NB) != 0) {
		snprintf(reason, size,
			errno == EWOULDBLOCK ? "%s: another cofferdam is running there: end it with `coffer quit`"
								 : "%s: cannot be locked",
			runtime->path);
		return false;
	}
	*gone = fstat(runtime->fd, &status) != 0 || status.st_nlink == 0;
	return true;
}

static bool open_directory(struct runtime *runtime, char *reason, size_t size) {
	if (mkdirat(runtime->base_fd, DIRECTORY, 0700) != 0 && errno != EEXIST) {
		snprintf(reason, size, "%s: %s", runtime->path, strerror(errno));
		return false;
	}
	runtime->fd = beneath_open(runtime->base_fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (runtime->fd < 0) {
		bool in_the_way = errno == ENOTDIR || errno == ELOOP;
		snprintf(reason, size, in_the_way ? "%s: is in the way of a directory of that name: remove it" : "%s: %s",
			runtime->path, strerror(errno));
		return false;
	}
	return true;
}

static bool take_directory(struct runtime *runtime, const char *base, char *reason, size_t size) {
	runtime->base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (runtime->base_fd < 0) {
		snprintf(reason, size, "%s: %s: XDG_RUNTIME_DIR must name a directory of yours", base, strerror(errno));
		return false;
	}
	if (!check_owner(runtime->base_fd, base, reason, size)) {
		return false;
	}
	bool gone = true;
	for (int i = 0; gone && i < TRIES; i++) {
		fd_close(&runtime->fd);
		if (!open_directory(runtime, reason, size) || !take_lock(runtime, &gone, reason, size)) {
			return false;
		}
	}
	if (gone || fchmod(runtime->fd, 0700) != 0) {
		snprintf(reason, size, "%s: cannot be made", runtime->path);
		return false;
	}
	return check_owner(runtime->fd, runtime->path, reason, size);
}

struct runtime *runtime_create(const char *base, char *reason, size_t size) {
	if (base == NULL || base[0] != '/') {
		snprintf(reason, size,
			"XDG_RUNTIME_DIR is not set: log in by way of pam_systemd or elogind, or set it to a "
			"directory that is yours alone");
		return NULL;
	}
	struct runtime *runtime = xcalloc(1, sizeof(*runtime));
	runtime->path = xasprintf("%s/" DIRECTORY, base);
	runtime->base_fd = runtime->fd = -1;
	if (!take_directory(runtime, base, reason, size)) {
		/* What is there is not ours to remove. */
		fd_close(&runtime->fd);
		runtime_destroy(runtime);
		return NULL;
	}
	clear(runtime);
	return runtime;
}

void runtime_destroy(struct runtime *runtime) {
	if (runtime == NULL) {
		return;
	}
	if (runtime->fd >= 0) {
		clear(runtime);
		unlinkat(runtime->base_fd, DIRECTORY, AT_REMOVEDIR); /* the lock goes with the descriptor */
	}
	fd_close(&runtime->fd);
	fd_close(&runtime->base_fd);
	free(runtime->path);
	free(runtime);
}

const char *runtime_get_path(const struct runtime *runtime) {
	return runtime->path;
}

/* ---- directories ---- */

struct runtime_directory *runtime_open(struct runtime *runtime, const char *path) {
	int path_fd = beneath_open_directory(runtime->fd, path);
	int fd = path_fd >= 0 ? openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	fd_close(&path_fd);
	if (fd < 0) {
		log_error("%s/%s: %s", runtime->path, path, strerror(errno));
		return NULL;
	}
	struct runtime_directory *directory = xcalloc(1, sizeof(*directory));
	directory->runtime = runtime;
	directory->name = xstrdup(path);
	directory->path = xasprintf("%s/%s", runtime->path, path);
	directory->fd = fd;
	return directory;
}

void runtime_remove(struct runtime_directory *directory) {
	if (directory == NULL) {
		return;
	}
	fd_close(&directory->fd);
	if (!beneath_remove(directory->runtime->fd, directory->name, DEPTH_MAX)) {
		log_warn("%s: cannot be removed: %s", directory->path, strerror(errno));
	}
	free(directory->name);
	free(directory->path);
	free(directory);
}

int runtime_directory_get_fd(const struct runtime_directory *directory) {
	return directory->fd;
}

const char *runtime_directory_get_path(const struct runtime_directory *directory) {
	return directory->path;
}

/* ---- sockets ---- */

int runtime_listen(struct runtime *runtime, struct runtime_directory *directory, const char *name, int type) {
	int directory_fd = directory != NULL ? directory->fd : runtime->fd;
	const char *path = directory != NULL ? directory->path : runtime->path;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	/* By way of the descriptor, so that a long runtime directory does not overrun the address. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory_fd, name);
	if (strlen(path) + strlen(name) + 1 >= sizeof(address.sun_path)) {
		log_warn("%s/%s: too long a path for most clients to connect to", path, name);
	}
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		goto fail;
	}
	if (unlinkat(directory_fd, name, 0) != 0 && errno != ENOENT) {
		goto fail;
	}
	if (fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(fd, BACKLOG) != 0) {
		goto fail;
	}
	return fd;

fail:
	log_error("%s/%s: %s", path, name, strerror(errno));
	fd_close(&fd);
	return -1;
}
