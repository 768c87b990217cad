#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "store/copy.h"
#include "store/walk.h"

#define BUFFER_SIZE (256 * 1024)

#define ATTRIBUTES_MAX 65536 /* the kernel's own bound, of their names together and of each value */
#define NAMES_MAX 1048576 /* files with several names that are remembered: those past it become files of their own */

/* The first name of a file that has several. */
struct named {
	dev_t device;
	ino_t inode;
	char *path; /* from the top of the tree; NULL: this place is free */
};

struct copying {
	int top_fd; /* where entries' paths go on from, in the copy */
	int draft_fd; /* likewise, or -1 */
	bool is_told_all; /* by the times of files; else drafts are compared */
	struct named *named; /* a hash table, its size a power of two */
	size_t named_len, named_size;
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

static bool is_same_stretch(int from_fd, int to_fd, off_t at, off_t end) {
	static char from[BUFFER_SIZE], to[BUFFER_SIZE];
	while (at < end) {
		size_t want = end - at < BUFFER_SIZE ? (size_t)(end - at) : BUFFER_SIZE;
		ssize_t n = pread(from_fd, from, want, at);
		if (n <= 0 || pread(to_fd, to, (size_t)n, at) != n || memcmp(from, to, (size_t)n) != 0) {
			return false;
		}
		at += n;
	}
	return true;
}

/* Calls visit for all that is no hole, up to size. Returns whether each call returned true. */
static bool visit_stretches(int from_fd, int to_fd, off_t size, bool (*visit)(int from_fd, int to_fd, off_t at, off_t end)) {
	for (off_t at = 0; at < size;) {
		off_t data = lseek(from_fd, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO) {
			break; /* nothing but a hole to the end */
		}
		data = data < 0 ? at : data;
		off_t hole = lseek(from_fd, data, SEEK_HOLE);
		hole = hole < 0 || hole > size ? size : hole;
		if (data < hole && !visit(from_fd, to_fd, data, hole)) {
			return false;
		}
		at = hole > at ? hole : size;
	}
	return true;
}

/* No more than the file had when it was opened: it may grow while it is read. */
static bool copy_content(int from_fd, int to_fd, off_t size) {
	return ioctl(to_fd, FICLONE, from_fd) == 0 ||
		(visit_stretches(from_fd, to_fd, size, copy_stretch) && ftruncate(to_fd, size) == 0);
}

/* What a program may set on its own files: no right and no label is among it. */
static bool copy_attributes(int from_fd, int to_fd) {
	static char names[ATTRIBUTES_MAX], value[ATTRIBUTES_MAX];
	bool whole = true;
	ssize_t length = flistxattr(from_fd, names, sizeof(names));
	for (char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
		if (strncmp(name, "user.", 5) == 0) {
			ssize_t size = fgetxattr(from_fd, name, value, sizeof(value));
			whole = size >= 0 && fsetxattr(to_fd, name, value, (size_t)size, 0) == 0 && whole;
		}
	}
	return whole;
}

static void count_file(struct copy_report *report, const struct stat *status) {
	report->files++;
	report->bytes += (uint64_t)status->st_size;
	if (report->progress != NULL) {
		report->progress(report->data, report);
	}
}

static bool copy_file(int from_fd, const char *name, int to_fd, const char *to_name, struct copy_report *report) {
	struct stat status;
	int in = walk_open_file(from_fd, name, &status);
	int out = in >= 0 ? beneath_open(to_fd, to_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600) : -1;
	bool copied = out >= 0 && copy_content(in, out, status.st_size);
	if (copied) {
		const struct timespec times[] = { status.st_atim, status.st_mtim };
		report->stripped += !copy_attributes(in, out);
		copied = fchmod(out, (status.st_mode & 0777) | 0600) == 0 && futimens(out, times) == 0;
		count_file(report, &status);
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

static bool copy_directory(int from_fd, const char *name, mode_t mode, int to_fd, const char *to_name, struct copy_report *report) {
	if (mkdirat(to_fd, to_name, 0700) != 0 || fchmodat(to_fd, to_name, (mode & 0777) | 0700, 0) != 0) {
		return false;
	}
	int in = beneath_open(from_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	int out = beneath_open(to_fd, to_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (in >= 0 && out >= 0) {
		report->stripped += !copy_attributes(in, out);
	}
	fd_close(&out);
	fd_close(&in);
	return true;
}

static void copy_times(int to_fd, const char *to_name, const struct stat *status) {
	const struct timespec times[] = { status->st_atim, status->st_mtim };
	utimensat(to_fd, to_name, times, AT_SYMLINK_NOFOLLOW);
}

/* ---- names of one file ---- */

static struct named *find_named(struct copying *copying, const struct stat *status) {
	size_t at = ((size_t)status->st_ino * 0x9e3779b97f4a7c15u) >> 20;
	for (;; at++) {
		struct named *named = &copying->named[at & (copying->named_size - 1)];
		if (named->path == NULL || (named->inode == status->st_ino && named->device == status->st_dev)) {
			return named;
		}
	}
}

static void grow(struct copying *copying) {
	struct named *old = copying->named;
	size_t old_size = copying->named_size;
	copying->named_size = old_size > 0 ? old_size * 2 : 64;
	copying->named = xcalloc(copying->named_size, sizeof(*copying->named));
	for (size_t i = 0; i < old_size; i++) {
		if (old[i].path != NULL) {
			*find_named(copying, &(struct stat){ .st_dev = old[i].device, .st_ino = old[i].inode }) = old[i];
		}
	}
	free(old);
}

/* Gives a file that was copied by another name this one too. False: it was not, and is remembered by this one. */
static bool link_again(struct copying *copying, const char *path, const struct stat *status, int to_fd, const char *to_name) {
	if (copying->named_len * 2 >= copying->named_size) {
		grow(copying);
	}
	struct named *named = find_named(copying, status);
	if (named->path != NULL) {
		return linkat(copying->top_fd, named->path, to_fd, to_name, 0) == 0;
	}
	if (copying->named_len < NAMES_MAX) {
		*named = (struct named){ status->st_dev, status->st_ino, xstrdup(path) };
		copying->named_len++;
	}
	return false;
}

static void named_finish(struct copying *copying) {
	for (size_t i = 0; i < copying->named_size; i++) {
		free(copying->named[i].path);
	}
	free(copying->named);
}

/* Where the entry's directory is in the copy, or in the draft. */
static int open_parent(int top_fd, const struct walk_entry *entry) {
	const char *path = entry->untrusted_path;
	size_t parent_len = strlen(path) - strlen(entry->untrusted_name);
	char *parent = parent_len > 0 ? xstrndup(path, parent_len - 1) : xstrdup(".");
	int fd = beneath_open(top_fd, parent, O_PATH | O_DIRECTORY, 0);
	int saved_errno = errno;
	free(parent);
	errno = saved_errno;
	return fd;
}

/* ---- drafts ---- */

void copy_draft_begin(struct copy_draft *draft, int directory_fd, int from_fd) {
	clock_gettime(CLOCK_REALTIME, &draft->since);
	draft->since.tv_sec--; /* files' times are those of the last tick */
	draft->directory_fd = directory_fd;
	/* Pages that are mapped and dirty can be written to without a trace; those that are on their way to the disk cannot. */
	syncfs(from_fd);
}

static bool is_before(const struct timespec *a, const struct timespec *b) {
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/*
 * On these the first write through a mapping, after the page was on its way to the disk, shows in the file's time. tmpfs never
 * has such a page, and of others it is not known.
 */
static bool tells_all(int fd) {
	struct statfs file_system;
	if (fstatfs(fd, &file_system) != 0) {
		return false;
	}
	switch ((unsigned long)file_system.f_type) {
	case EXT4_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

/* What is written otherwise than through a mapping shows everywhere, holes that are made among it. */
static bool is_same_content(int from_fd, const char *name, int draft_fd, const char *draft_name, off_t size) {
	struct stat status;
	int from = walk_open_file(from_fd, name, &status), draft = walk_open_file(draft_fd, draft_name, &status);
	bool same = from >= 0 && draft >= 0 && visit_stretches(from, draft, size, is_same_stretch);
	fd_close(&from);
	fd_close(&draft);
	return same;
}

/* Moves the file over from the draft where that has it as it is. */
static bool take_draft(struct copying *copying, const struct walk_entry *entry, int to_fd) {
	const struct stat *status = &entry->status;
	struct stat drafted;
	if (copying->draft_fd < 0 || !is_before(&status->st_ctim, &copying->report->draft->since)) {
		return false;
	}
	const char *name = entry->untrusted_name;
	int fd = open_parent(copying->draft_fd, entry);
	bool taken = fd >= 0 && fstatat(fd, name, &drafted, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(drafted.st_mode) &&
		drafted.st_size == status->st_size && drafted.st_mtim.tv_sec == status->st_mtim.tv_sec &&
		drafted.st_mtim.tv_nsec == status->st_mtim.tv_nsec && drafted.st_nlink == 1 &&
		(copying->is_told_all || is_same_content(entry->parent_fd, name, fd, name, status->st_size)) &&
		renameat2(fd, name, to_fd, name, RENAME_NOREPLACE) == 0;
	fd_close(&fd);
	if (taken) {
		count_file(copying->report, status);
	}
	return taken;
}

/* ---- trees ---- */

/* One entry, without what is in it. */
static bool copy_entry(int from_fd, const char *name, const struct stat *status, int to_fd, const char *to_name,
	struct copy_report *report) {
	switch (status->st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_directory(from_fd, name, status->st_mode, to_fd, to_name, report);
	case S_IFREG:
		return copy_file(from_fd, name, to_fd, to_name, report);
	case S_IFLNK:
		if (!copy_link(from_fd, name, to_fd, to_name)) {
			return false;
		}
		copy_times(to_fd, to_name, status);
		return true;
	default:
		report->left_out++;
		return true;
	}
}

static enum walk_step visit(void *data, const struct walk_entry *entry) {
	struct copying *copying = data;
	const char *path = entry->untrusted_path, *name = entry->untrusted_name;
	if (copying->report->is_cancelled != NULL && copying->report->is_cancelled()) {
		fail(copying->report, path, ECANCELED);
		return WALK_STOP;
	}
	errno = ENAMETOOLONG;
	int parent_fd = strlen(path) <= COPY_PATH_MAX ? open_parent(copying->top_fd, entry) : -1;
	bool copied = parent_fd >= 0;
	if (copied && S_ISREG(entry->status.st_mode) &&
		(entry->status.st_nlink > 1 ? link_again(copying, path, &entry->status, parent_fd, name)
									: take_draft(copying, entry, parent_fd))) {
		goto out;
	}
	copied = copied && copy_entry(entry->parent_fd, name, &entry->status, parent_fd, name, copying->report);
	if (!copied) {
		fail(copying->report, path, errno);
	}
out:
	fd_close(&parent_fd);
	return copying->report->full ? WALK_STOP : copied ? WALK_ON : WALK_SKIP;
}

/* What was made in a directory has changed its times. */
static void leave(void *data, const struct walk_entry *entry) {
	const struct copying *copying = data;
	int parent_fd = open_parent(copying->top_fd, entry);
	if (parent_fd >= 0) {
		copy_times(parent_fd, entry->untrusted_name, &entry->status);
	}
	fd_close(&parent_fd);
}

static void copy_inside(int from_fd, const char *name, int to_fd, const char *to_name, struct copy_report *report) {
	struct copying copying = { .report = report, .draft_fd = -1 };
	int fd = beneath_open(from_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	copying.top_fd = fd >= 0 ? beneath_open(to_fd, to_name, O_RDONLY | O_DIRECTORY, 0) : -1;
	if (copying.top_fd < 0) {
		fail(report, name, errno);
		goto out;
	}
	if (report->draft != NULL) {
		copying.draft_fd = beneath_open(report->draft->directory_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
		copying.is_told_all = tells_all(fd);
	}
	struct walk_result result = walk_tree_through(fd, &walk_whole, visit, leave, &copying);
	if (result.unreadable > 0) {
		fail(report, "a directory", EACCES);
		report->failed += result.unreadable - 1;
	}
	if (result.cut) {
		fail(report, "a directory in too many others, or one with too many files", E2BIG);
	}
out:
	named_finish(&copying);
	fd_close(&copying.draft_fd);
	fd_close(&copying.top_fd);
	fd_close(&fd);
}

bool copy_tree(int from_fd, const char *name, int to_fd, const char *to_name, struct copy_report *report) {
	struct stat status;
	int path_fd = beneath_open(from_fd, name, O_PATH | O_NOFOLLOW, 0);
	if (path_fd < 0 || fstat(path_fd, &status) != 0 ||
		!copy_entry(from_fd, name, &status, to_fd, to_name, report)) {
		fail(report, name, errno);
	} else {
		if (S_ISDIR(status.st_mode)) {
			copy_inside(from_fd, name, to_fd, to_name, report);
			copy_times(to_fd, to_name, &status);
		}
		int sync_fd = report->unsynced ? -1 : beneath_open(to_fd, ".", O_RDONLY | O_DIRECTORY, 0);
		if (!report->unsynced && (sync_fd < 0 || syncfs(sync_fd) != 0)) {
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
