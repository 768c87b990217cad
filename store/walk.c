#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "store/walk.h"

const struct walk_limits walk_whole = { .entries = 20000000, .depth = WALK_DEPTH_MAX };
const struct walk_limits walk_glance = { .entries = 1000000, .depth = WALK_DEPTH_MAX, .milliseconds = 20000 };

#define OPEN_MAX_LEVELS 32 /* further up, directories are closed, and found again by the way back up */

/* A directory on the way to where the walk is. */
struct level {
	int fd; /* -1: closed for now, or lost */
	dev_t device;
	ino_t inode;
};

struct walk {
	struct walk_limits limits;
	int64_t deadline; /* ms */
	struct level *levels; /* limits.depth of them; the first is the caller's */
	walk_visitor visit;
	walk_leaver leave; /* or NULL */
	void *data;
	char *path;
	size_t path_len, path_room;
	struct walk_result result;
	bool stopped, too_deep;
};

static int64_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool is_over(struct walk *walk) {
	if (walk->result.entries >= walk->limits.entries || (walk->deadline != 0 && now() >= walk->deadline)) {
		walk->result.cut = true;
	}
	return walk->stopped || walk->result.cut;
}

/* ---- one directory's names ---- */

struct names {
	char **list;
	size_t len, room;
};

static int by_bytes(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Takes over fd. No more than the walk may still visit. */
static void read_names(struct walk *walk, int fd, struct names *names) {
	DIR *directory = fdopendir(fd);
	if (directory == NULL) {
		fd_close(&fd);
		walk->result.unreadable++;
		return;
	}
	uint64_t left = walk->limits.entries - walk->result.entries;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
			continue;
		}
		if (names->len >= left || (names->len % 1024 == 0 && is_over(walk))) {
			walk->result.cut = true;
			break;
		}
		if (names->len == names->room) {
			names->room = names->room == 0 ? 64 : names->room * 2;
			names->list = xrealloc_array(names->list, names->room, sizeof(*names->list));
		}
		names->list[names->len++] = xstrdup(entry->d_name);
	}
	closedir(directory);
	if (names->len > 0) {
		qsort(names->list, names->len, sizeof(*names->list), by_bytes);
	}
}

static void names_finish(struct names *names) {
	for (size_t i = 0; i < names->len; i++) {
		free(names->list[i]);
	}
	free(names->list);
}

/* ---- the walk ---- */

/* Appends a component to the path; returns the length before, to go back to. */
static size_t push(struct walk *walk, const char *name) {
	size_t before = walk->path_len, length = strlen(name);
	if (before + length + 2 > walk->path_room) {
		walk->path_room = (before + length + 2) * 2;
		walk->path = xrealloc_array(walk->path, walk->path_room, 1);
	}
	if (before > 0) {
		walk->path[walk->path_len++] = '/';
	}
	memcpy(walk->path + walk->path_len, name, length + 1);
	walk->path_len += length;
	return before;
}

static void pop(struct walk *walk, size_t before) {
	walk->path_len = before;
	walk->path[before] = '\0';
}

/* Is what is at name mounted there? By the mount's id: a directory bound from the same file system has its device. */
static bool is_mount(int parent_fd, const char *name) {
	struct statx status;
	return statx(parent_fd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status) == 0 &&
		(status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

static void walk_directory(struct walk *walk, int depth);

/*
 * Opens what path_fd is, a file or a directory. Its modes are the instance's, and what nobody may read is the person's to
 * save and to count all the same: *lent says that a mode was lent, which give_back() takes again.
 */
static int open_again(int path_fd, const struct stat *status, int flags, bool *lent) {
	const mode_t needed = S_ISDIR(status->st_mode) ? 0500 : 0400;
	char link[64];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	*lent = (status->st_mode & needed) != needed && status->st_uid == geteuid() &&
		chmod(link, (status->st_mode & 07777) | needed) == 0;
	return open(link, flags | O_RDONLY | O_CLOEXEC);
}

static void give_back(int fd, const struct stat *status, bool lent) {
	char link[64];
	if (lent) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		chmod(link, status->st_mode & 07777);
	}
}

/* Takes over fd, which is at depth. */
static void descend(struct walk *walk, int fd, const struct stat *status, int depth) {
	walk->levels[depth] = (struct level){ .fd = fd, .device = status->st_dev, .inode = status->st_ino };
	if (depth > OPEN_MAX_LEVELS) {
		fd_close(&walk->levels[depth - OPEN_MAX_LEVELS].fd);
	}
}

/*
 * Closes the directory at depth, and sees to it that the one above is open. Where somebody has moved the directory
 * meanwhile, ".." is another one, and what is left of those above is not found again.
 */
static void ascend(struct walk *walk, int depth) {
	struct level *inner = &walk->levels[depth], *outer = inner - 1;
	struct stat status;
	if (outer->fd < 0 && inner->fd >= 0) {
		outer->fd = openat(inner->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (outer->fd >= 0 &&
			(fstat(outer->fd, &status) != 0 || status.st_dev != outer->device || status.st_ino != outer->inode)) {
			fd_close(&outer->fd);
		}
	}
	fd_close(&inner->fd);
}

static void walk_into(struct walk *walk, int parent_fd, const char *name, int depth) {
	if (depth >= walk->limits.depth) {
		walk->too_deep = true;
		return;
	}
	struct stat status;
	int path_fd = beneath_open(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	bool lent = false;
	int fd = path_fd >= 0 && fstat(path_fd, &status) == 0 ? open_again(path_fd, &status, O_DIRECTORY, &lent) : -1;
	if (fd >= 0) {
		fd_close(&path_fd);
		descend(walk, fd, &status, depth);
		walk_directory(walk, depth);
		give_back(walk->levels[depth].fd, &status, lent);
		ascend(walk, depth);
	} else {
		walk->result.unreadable++;
		give_back(path_fd, &status, lent);
		fd_close(&path_fd);
	}
}

static void visit_name(struct walk *walk, const char *name, int depth) {
	int fd = walk->levels[depth].fd;
	struct walk_entry entry = { .untrusted_name = name, .parent_fd = fd };
	if (fstatat(fd, name, &entry.status, AT_SYMLINK_NOFOLLOW) != 0) {
		return; /* it has gone meanwhile */
	}
	size_t before = push(walk, name);
	entry.untrusted_path = walk->path;
	entry.is_mount = is_mount(fd, name);
	walk->result.entries++;
	enum walk_step step = walk->visit(walk->data, &entry);
	walk->stopped = walk->stopped || step == WALK_STOP;
	if (step == WALK_ON && S_ISDIR(entry.status.st_mode) && !entry.is_mount) {
		walk_into(walk, fd, name, depth + 1);
		entry.parent_fd = walk->levels[depth].fd;
		entry.untrusted_path = walk->path; /* which may have moved as it grew */
		if (walk->leave != NULL && entry.parent_fd >= 0) {
			walk->leave(walk->data, &entry);
		}
	}
	pop(walk, before);
}

static void walk_directory(struct walk *walk, int depth) {
	struct names names = { 0 };
	int list_fd = beneath_open(walk->levels[depth].fd, ".", O_RDONLY | O_DIRECTORY, 0);
	if (list_fd < 0) {
		walk->result.unreadable++;
		return;
	}
	read_names(walk, list_fd, &names);
	for (size_t i = 0; i < names.len && !is_over(walk); i++) {
		visit_name(walk, names.list[i], depth);
		if (walk->levels[depth].fd < 0) {
			walk->result.unreadable++;
			break;
		}
	}
	names_finish(&names);
}

struct walk_result walk_tree_through(
	int directory_fd, const struct walk_limits *limits, walk_visitor visit, walk_leaver leave, void *data) {
	struct walk walk = { .limits = *limits, .visit = visit, .leave = leave, .data = data };
	walk.deadline = limits->milliseconds > 0 ? now() + limits->milliseconds : 0;
	walk.levels = xcalloc((size_t)limits->depth + 1, sizeof(*walk.levels));
	walk.levels[0].fd = directory_fd;
	walk.path = xstrdup("");
	walk.path_room = 1;
	walk_directory(&walk, 0);
	walk.result.cut = walk.result.cut || walk.too_deep;
	free(walk.path);
	free(walk.levels);
	return walk.result;
}

struct walk_result walk_tree(int directory_fd, const struct walk_limits *limits, walk_visitor visit, void *data) {
	return walk_tree_through(directory_fd, limits, visit, NULL, data);
}

/* ---- sums ---- */

void walk_size_add(struct walk_size *size, const struct stat *status) {
	if (S_ISDIR(status->st_mode)) {
		return;
	}
	size->files++;
	if (!S_ISREG(status->st_mode)) {
		return;
	}
	/* A file may claim any length and have nothing behind it. */
	uint64_t length = (uint64_t)status->st_size, taken = (uint64_t)status->st_blocks * 512;
	size->bytes += length < taken ? length : taken;
	if (status->st_mtime > size->newest) {
		size->newest = status->st_mtime;
	}
}

static enum walk_step add_entry(void *data, const struct walk_entry *entry) {
	walk_size_add(data, &entry->status);
	return WALK_ON;
}

bool walk_measure(int parent_fd, const char *name, const struct walk_limits *limits, struct walk_size *size) {
	struct stat status;
	*size = (struct walk_size){ .whole = true };
	int fd = beneath_open(parent_fd, name, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0 || fstat(fd, &status) != 0) {
		fd_close(&fd);
		return false;
	}
	walk_size_add(size, &status);
	if (S_ISDIR(status.st_mode)) {
		bool lent;
		int list_fd = open_again(fd, &status, O_DIRECTORY, &lent);
		size->whole = list_fd >= 0;
		if (list_fd >= 0) {
			struct walk_result result = walk_tree(list_fd, limits, add_entry, size);
			size->whole = !result.cut && result.unreadable == 0;
		}
		give_back(fd, &status, lent);
		fd_close(&list_fd);
	}
	fd_close(&fd);
	return true;
}

/* ---- files ---- */

int walk_open_file(int directory_fd, const char *name, struct stat *status) {
	/* Opening a device or a pipe may do something already; a path descriptor opens nothing. */
	int path_fd = beneath_open(directory_fd, name, O_PATH | O_NOFOLLOW, 0);
	if (path_fd < 0) {
		return -1;
	}
	int fd = -1;
	if (fstat(path_fd, status) == 0 && S_ISREG(status->st_mode)) {
		bool lent;
		fd = open_again(path_fd, status, O_NOCTTY | O_NONBLOCK, &lent);
		give_back(path_fd, status, lent);
	} else {
		errno = EINVAL;
	}
	fd_close(&path_fd);
	return fd;
}
