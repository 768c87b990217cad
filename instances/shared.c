#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/beneath.h"
#include "instances/plan.h"
#include "instances/shared.h"

/* The sandbox's own places: nothing may be bound over them, over what holds them, and (below) inside them. */
static const struct {
	const char *path;
	bool below;
} own_places[] = {
	{ "/proc", true },
	{ "/dev", true },
	{ "/sys", true },
	{ "/run", false },
	{ "/run/user", false },
	{ INSIDE_RUNTIME, true },
	{ INSIDE_INIT, true },
	{ "/usr", true },
	{ "/etc", true },
	{ "/bin", true },
	{ "/sbin", true },
	{ "/lib", true },
	{ "/lib64", true },
	{ "/tmp", false },
	{ "/var", false },
	{ INSIDE_HOME, false },
};

bool shared_is_within(const char *path, const char *directory) {
	return strcmp(directory, "/") == 0 ? path[0] == '/' : path_is_within(path, directory);
}

const char *shared_find_hidden(const char *destination) {
	for (size_t i = 0; i < sizeof(own_places) / sizeof(own_places[0]); i++) {
		if (shared_is_within(own_places[i].path, destination) ||
			(own_places[i].below && shared_is_within(destination, own_places[i].path))) {
			return own_places[i].path;
		}
	}
	return NULL;
}

/* Absolute, and each name in it stands for itself: only then do its words say where it is. */
static bool is_normal(const char *path) {
	if (path[0] != '/') {
		return false;
	}
	for (const char *slash = path; slash != NULL; slash = strchr(slash + 1, '/')) {
		size_t length = strcspn(slash + 1, "/");
		if ((length == 0 && path[1] != '\0') || (length == 1 && slash[1] == '.') ||
			(length == 2 && slash[1] == '.' && slash[2] == '.')) {
			return false;
		}
	}
	return true;
}

/* Opens path, the part below home (or below the root) without following a link. -1 with errno set. */
static int open_path(const char *path, const char *home) {
	bool at_home = shared_is_within(path, home);
	const char *base = at_home ? home : "/";
	const char *rest = path + (at_home ? strlen(home) : 0);
	while (*rest == '/') {
		rest++;
	}
	int base_fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (base_fd < 0 || *rest == '\0') {
		return base_fd;
	}
	int fd = beneath_open(base_fd, rest, O_PATH, 0);
	fd_close(&base_fd);
	return fd;
}

static const char *describe(int error) {
	switch (error) {
	case ENOENT:
		return "does not exist: make it, or take the line out of the config";
	case ELOOP:
		return "is or passes through a symbolic link: name the place it leads to";
	default:
		return strerror(error);
	}
}

/* Where the descriptor really leads, in the kernel's own words. Returns false where it cannot be said. */
static bool real_path(int fd, char out[PATH_MAX]) {
	char link[64];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, out, PATH_MAX - 1);
	/* analyzer: one byte less than there is room for was asked for */
	out[length > 0 ? length : 0] = '\0';
	return out[0] == '/';
}

/* Where a path leads, or would if it existed: what there is of it is resolved. The caller frees it. */
static char *resolve_guard(const char *path) {
	char *base = xstrdup(path), *real = NULL;
	while ((real = realpath(base, NULL)) == NULL && strrchr(base, '/') > base) {
		*strrchr(base, '/') = '\0';
	}
	char *whole = real != NULL ? xasprintf("%s%s", real, path + strlen(base)) : xstrdup(path);
	free(real);
	free(base);
	return whole;
}

static const struct shared_guard *find_guard(const char *real, const struct shared_guard *guards, size_t len) {
	for (size_t i = 0; i < len; i++) {
		char *path = resolve_guard(guards[i].path);
		bool touched = shared_is_within(real, path) || shared_is_within(path, real);
		free(path);
		if (touched) {
			return &guards[i];
		}
	}
	return NULL;
}

int shared_open(const struct config_file *file, const char *home, const struct shared_guard *guards, size_t guards_len,
	char **destination, char *reason, size_t size) {
	char real[PATH_MAX];
	struct stat status;
	if (!is_normal(file->path)) {
		snprintf(reason, size, "files %s: write it absolute, without . or .. or a slash at the end", file->path);
		return -1;
	}
	char *inside = shared_is_within(file->path, home) ? xasprintf("%s%s", INSIDE_HOME, file->path + strlen(home))
													  : xstrdup(file->path);
	int fd = open_path(file->path, home);
	if (fd < 0) {
		snprintf(reason, size, "files %s: %s", file->path, describe(errno));
		goto refuse;
	}
	if (fstat(fd, &status) != 0 || !(S_ISDIR(status.st_mode) || S_ISREG(status.st_mode))) {
		snprintf(reason, size, "files %s: is neither a directory nor a plain file", file->path);
		goto refuse;
	}
	if (!real_path(fd, real)) {
		snprintf(reason, size, "files %s: it cannot be said where it really is", file->path);
		goto refuse;
	}
	const struct shared_guard *guard = find_guard(real, guards, guards_len);
	if (guard != NULL) {
		snprintf(
			reason, size, "files %s: would open %s to the instance: share something smaller", file->path, guard->what);
		goto refuse;
	}
	const char *hidden = shared_find_hidden(inside);
	if (hidden != NULL) {
		snprintf(
			reason, size, "files %s: would cover the sandbox's own %s: share something smaller", file->path, hidden);
		goto refuse;
	}
	*destination = inside;
	return fd;

refuse:
	fd_close(&fd);
	free(inside);
	return -1;
}
