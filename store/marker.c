#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/name.h"
#include "store/layout.h"
#include "store/marker.h"
#include "store/walk.h"

#define MARKER_MAX 32

static bool complain(char *reason, size_t size, const char *path, const char *what) {
	snprintf(reason, size, "state store %s: %s: %s", path, what, strerror(errno));
	return false;
}

long marker_read(int root_fd) {
	struct stat status;
	int fd = walk_open_file(root_fd, LAYOUT_MARKER, &status);
	if (fd < 0) {
		return errno == ENOENT ? MARKER_NONE : MARKER_WRONG;
	}
	size_t length = 0;
	char *end, *text = fd_read_all(fd, MARKER_MAX, &length);
	fd_close(&fd);
	long version = MARKER_WRONG;
	if (text != NULL && text[0] >= '0' && text[0] <= '9' && (text[0] != '0' || text[1] == '\n')) {
		errno = 0;
		version = strtol(text, &end, 10);
		version = errno == 0 && strcmp(end, "\n") == 0 && end + 1 == text + length ? version : MARKER_WRONG;
	}
	free(text);
	return version;
}

/* The new one stands whole beside the old before it takes its place. */
static bool write_version(int root_fd) {
	static const char new_name[] = LAYOUT_MARKER ".new";
	char text[MARKER_MAX];
	int length = snprintf(text, sizeof(text), "%d\n", LAYOUT_VERSION);
	unlinkat(root_fd, new_name, 0);
	int fd = beneath_open(root_fd, new_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	bool written = fd >= 0 && write(fd, text, (size_t)length) == length && fsync(fd) == 0;
	fd_close(&fd);
	return written && renameat(root_fd, new_name, root_fd, LAYOUT_MARKER) == 0 && fsync(root_fd) == 0;
}

/* ---- from layout 0 ---- */

typedef bool (*mover)(int root_fd, int moving_fd, const char *name);

/* NAME → .moving/NAME/home */
static bool move_out(int root_fd, int moving_fd, const char *name) {
	int instance_fd = beneath_open_directory(moving_fd, name);
	bool moved = instance_fd >= 0 && renameat(root_fd, name, instance_fd, LAYOUT_HOME) == 0 && beneath_sync(instance_fd);
	int saved_errno = errno;
	fd_close(&instance_fd);
	errno = saved_errno;
	return moved;
}

/* .moving/NAME → NAME */
static bool move_back(int root_fd, int moving_fd, const char *name) {
	return renameat(moving_fd, name, root_fd, name) == 0;
}

/* Calls move for every directory in from_fd that has an instance's name; a link or a file is left where it is. */
static bool move_all(int root_fd, int moving_fd, int from_fd, mover move) {
	int fd = beneath_open(from_fd, ".", O_RDONLY | O_DIRECTORY, 0);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	if (directory == NULL) {
		fd_close(&fd);
		return false;
	}
	bool moved = true;
	for (struct dirent *entry; moved && (entry = readdir(directory)) != NULL;) {
		struct stat status;
		if (name_is_valid(entry->d_name) &&
			fstatat(from_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode)) {
			moved = move(root_fd, moving_fd, entry->d_name);
		}
	}
	int saved_errno = errno;
	closedir(directory);
	errno = saved_errno;
	return moved;
}

static bool has_instances(int root_fd) {
	int fd = beneath_open(root_fd, ".", O_RDONLY | O_DIRECTORY, 0);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	bool found = false;
	for (struct dirent *entry; directory != NULL && !found && (entry = readdir(directory)) != NULL;) {
		found = name_is_valid(entry->d_name) || strcmp(entry->d_name, LAYOUT_MOVING) == 0;
	}
	if (directory != NULL) {
		closedir(directory);
	} else {
		fd_close(&fd);
	}
	return found;
}

/*
 * Everything goes out of the way first, then the marker is written, then everything comes back. So without a marker
 * what lies at the top is of layout 0, and with one, what is still out of the way is of layout 1: wherever it is
 * interrupted, the next one knows what to do.
 */
static bool migrate_out(int root_fd) {
	int moving_fd = beneath_open_directory(root_fd, LAYOUT_MOVING);
	bool moved = moving_fd >= 0 && move_all(root_fd, moving_fd, root_fd, move_out) && fsync(root_fd) == 0;
	int saved_errno = errno;
	fd_close(&moving_fd);
	errno = saved_errno;
	return moved;
}

static bool migrate_back(int root_fd) {
	int moving_fd = beneath_open(root_fd, LAYOUT_MOVING, O_RDONLY | O_DIRECTORY, 0);
	if (moving_fd < 0) {
		return errno == ENOENT;
	}
	bool moved = move_all(root_fd, moving_fd, moving_fd, move_back) && fsync(root_fd) == 0 &&
		unlinkat(root_fd, LAYOUT_MOVING, AT_REMOVEDIR) == 0;
	int saved_errno = errno;
	fd_close(&moving_fd);
	errno = saved_errno;
	return moved;
}

static bool bring_up(int root_fd, long version) {
	if (version == MARKER_NONE && has_instances(root_fd)) {
		log_info("the state store is brought over to layout %d", LAYOUT_VERSION);
		if (!migrate_out(root_fd)) {
			return false;
		}
	}
	return (version == LAYOUT_VERSION || write_version(root_fd)) && migrate_back(root_fd);
}

bool marker_ensure(int root_fd, const char *path, char *reason, size_t size) {
	/* One at a time: a session and `coffer` may both be the first to look. */
	if (flock(root_fd, LOCK_EX) != 0) {
		return complain(reason, size, path, "cannot be locked");
	}
	bool ready = false;
	long version = marker_read(root_fd);
	if (version == MARKER_WRONG) {
		snprintf(reason, size, "state store %s: its file " LAYOUT_MARKER " makes no sense: put it right by hand", path);
	} else if (version > LAYOUT_VERSION) {
		snprintf(reason, size, "state store %s is of layout %ld, and this cofferdam knows %d: use a newer one", path,
			version, LAYOUT_VERSION);
	} else if (version == 0) {
		snprintf(reason, size, "state store %s: its file " LAYOUT_MARKER " says 0, which none ever did: remove it", path);
	} else {
		ready = bring_up(root_fd, version) || complain(reason, size, path, "cannot be brought over");
	}
	flock(root_fd, LOCK_UN);
	return ready;
}
