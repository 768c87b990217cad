#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "store/copy.h"
#include "store/walk.h"

#define BUFFER_SIZE (256 * 1024)

struct copying {
	int top_fd; /* where entries' paths go on from, in the copy */
	struct copy_report *report;
};

static void fail(struct copy_report *report, const char *untrusted_path, int error) {
	report->full = report->full || error == ENOSPC || error == EDQUOT;
	if (report->failed++ == 0) {
		report->untrusted_first = xstrdup(untrusted_path);
		report->error = error;
	}
}

/* ---- files ---- */

static bool write_all(int fd, const char *data, size_t size, off_t at) {
	while (size > 0) {
		ssize_t n = pwrite(fd, data, size, at);
		if (n < 0 && errno != EINTR) {
			return false;
		}
		if (n > 0) {
			data += n, at += n, size -= (size_t)n;
		}
	}
	return true;
}

/* One stretch of data between two holes. */
static bool copy_stretch(int from_fd, int to_fd, off_t at, off_t end) {
	static char buffer[BUFFER_SIZE];
	while (at < end) {
		size_t want = end - at < BUFFER_SIZE ? (size_t)(end - at) : BUFFER_SIZE;
		ssize_t n = pread(from_fd, buffer, want, at);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n == 0; /* it has become shorter */
		}
		if (!write_all(to_fd, buffer, (size_t)n, at)) {
			return false;
		}
		at += n;
	}
	return true;
}

/* No more than the file had when it was opened: it may grow while it is read. */
static bool copy_content(int from_fd, int to_fd, off_t size) {
	if (ioctl(to_fd, FICLONE, from_fd) == 0) {
		return true;
	}
	for (off_t at = 0; at < size;) {
		off_t data = lseek(from_fd, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO) {
			break; /* nothing but a hole to the end */
		}
		data = data < 0 ? at : data;
		off_t hole = lseek(from_fd, data, SEEK_HOLE);
		hole = hole < 0 || hole > size ? size : hole;
		if (data < hole && !copy_stretch(from_fd, to_fd, data, hole)) {
			return false;
		}
		at = hole > at ? hole : size;
	}
	return ftruncate(to_fd, size) == 0;
}

static bool copy_file(int from_fd, const char *name, int to_fd, const char *to_name, struct copy_report *report) {
	struct stat status;
	int in = walk_open_file(from_fd, name, &status);
	int out = in >= 0 ? beneath_open(to_fd, to_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600) : -1;
	bool copied = out >= 0 && copy_content(in, out, status.st_size);
	if (copied) {
		const struct timespec times[] = { status.st_atim, status.st_mtim };
		copied = fchmod(out, (status.st_mode & 0777) | 0600) == 0 && futimens(out, times) == 0;
		report->files++;
		report->bytes += (uint64_t)status.st_size;
		if (report->progress != NULL) {
			report->progress(report->data, report);
		}
	}
	int saved_errno = errno;
	fd_close(&out);
	fd_close(&in);
	errno = saved_errno;
	return copied;
}

static bool copy_link(int from_fd, const char *name, int to_fd, const char *to_name) {
	char target[PATH_MAX];
	ssize_t length = readlinkat(from_fd, name, target, sizeof(target) - 1);
	if (length < 0) {
		return false;
	}
	/* analyzer: one byte less than there is room for was asked for */
	target[length] = '\0';
	return symlinkat(target, to_fd, to_name) == 0;
}

/* ---- trees ---- */

/* One entry, without what is in it. */
static bool copy_entry(int from_fd, const char *name, mode_t mode, int to_fd, const char *to_name,
	struct copy_report *report) {
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return mkdirat(to_fd, to_name, 0700) == 0 && fchmodat(to_fd, to_name, (mode & 0777) | 0700, 0) == 0;
	case S_IFREG:
		return copy_file(from_fd, name, to_fd, to_name, report);
	case S_IFLNK:
		return copy_link(from_fd, name, to_fd, to_name);
	default:
		report->left_out++;
		return true;
	}
}

static enum walk_step visit(void *data, const struct walk_entry *entry) {
	struct copying *copying = data;
	const char *path = entry->untrusted_path;
	size_t parent_len = strlen(path) - strlen(entry->untrusted_name);
	char *parent = parent_len > 0 ? xstrndup(path, parent_len - 1) : xstrdup(".");
	int parent_fd = beneath_open(copying->top_fd, parent, O_PATH | O_DIRECTORY, 0);
	bool copied = parent_fd >= 0 &&
		copy_entry(entry->parent_fd, entry->untrusted_name, entry->status.st_mode, parent_fd, entry->untrusted_name,
			copying->report);
	if (!copied) {
		fail(copying->report, path, errno);
	}
	fd_close(&parent_fd);
	free(parent);
	return copying->report->full ? WALK_STOP : copied ? WALK_ON : WALK_SKIP;
}

static void copy_inside(int from_fd, const char *name, int to_fd, const char *to_name, struct copy_report *report) {
	struct copying copying = { .report = report };
	int fd = beneath_open(from_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	copying.top_fd = fd >= 0 ? beneath_open(to_fd, to_name, O_RDONLY | O_DIRECTORY, 0) : -1;
	if (copying.top_fd < 0) {
		fail(report, name, errno);
	} else {
		struct walk_result result = walk_tree(fd, &walk_whole, visit, &copying);
		if (result.unreadable > 0) {
			fail(report, "a directory", EACCES);
			report->failed += result.unreadable - 1;
		}
		if (result.cut) {
			fail(report, "a directory in too many others, or one with too many files", E2BIG);
		}
		if (syncfs(copying.top_fd) != 0) {
			fail(report, to_name, errno);
		}
	}
	fd_close(&copying.top_fd);
	fd_close(&fd);
}

bool copy_tree(int from_fd, const char *name, int to_fd, const char *to_name, struct copy_report *report) {
	struct stat status;
	int path_fd = beneath_open(from_fd, name, O_PATH | O_NOFOLLOW, 0);
	if (path_fd < 0 || fstat(path_fd, &status) != 0 ||
		!copy_entry(from_fd, name, status.st_mode, to_fd, to_name, report)) {
		fail(report, name, errno);
	} else if (S_ISDIR(status.st_mode)) {
		copy_inside(from_fd, name, to_fd, to_name, report);
	} else {
		int sync_fd = beneath_open(to_fd, ".", O_RDONLY | O_DIRECTORY, 0);
		if (sync_fd < 0 || syncfs(sync_fd) != 0) {
			fail(report, to_name, errno);
		}
		fd_close(&sync_fd);
	}
	fd_close(&path_fd);
	return report->failed == 0;
}

void copy_report_finish(struct copy_report *report) {
	free(report->untrusted_first);
	*report = (struct copy_report){ 0 };
}

char *copy_report_describe(const struct copy_report *report) {
	return report->failed == 1
		? xasprintf("%s: %s", report->untrusted_first, strerror(report->error))
		: xasprintf("%s: %s, and %llu more", report->untrusted_first, strerror(report->error),
			(unsigned long long)report->failed - 1);
}
