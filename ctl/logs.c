#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"
#include "ctl/lines.h"
#include "ctl/logs.h"
#include "ctl/text.h"

#define CHUNK_SIZE 65536
#define CARRY_MAX 3 /* the beginning of a UTF-8 sequence, kept until its end is read */

struct tail {
	const char *path;
	int fd; /* -1 while there is no file */
	dev_t device;
	ino_t inode;
	off_t offset;
	bool utf8;
	size_t carried;
	char untrusted_chunk[CARRY_MAX + CHUNK_SIZE];
};

/* Returns 0, or an errno; ENOENT where there is no log. */
static int tail_open(struct tail *tail) {
	struct stat status;
	/* Without O_NONBLOCK, opening a FIFO would wait for somebody to write. */
	tail->fd = open(tail->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
	if (tail->fd < 0) {
		return errno;
	}
	if (fstat(tail->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		fd_close(&tail->fd);
		return EINVAL;
	}
	tail->device = status.st_dev;
	tail->inode = status.st_ino;
	tail->offset = 0;
	tail->carried = 0;
	return 0;
}

static void show(struct tail *tail, size_t length) {
	char *clean = text_clean(tail->untrusted_chunk, length, TEXT_MANY_LINES, tail->utf8);
	fputs(clean, stdout);
	free(clean);
}

/* Shows what there is up to the end of the file. Returns 0, or an errno. */
static int tail_read(struct tail *tail) {
	while (true) {
		ssize_t got = pread(tail->fd, tail->untrusted_chunk + tail->carried, CHUNK_SIZE, tail->offset);
		if (got < 0 && errno != EINTR) {
			return errno;
		}
		if (got == 0) {
			return 0;
		}
		if (got > 0) {
			size_t length = tail->carried + (size_t)got;
			size_t unfinished = text_unfinished(tail->untrusted_chunk, length);
			show(tail, length - unfinished);
			memmove(tail->untrusted_chunk, tail->untrusted_chunk + length - unfinished, unfinished);
			tail->carried = unfinished;
			tail->offset += got;
		}
	}
}

/* What was begun and will not be finished. */
static void tail_end(struct tail *tail) {
	show(tail, tail->carried);
	tail->carried = 0;
	fd_close(&tail->fd);
}

/* Goes on from what was shown before. The file may be new, another one by now, or shorter than it was. */
static int tail_catch_up(struct tail *tail) {
	while (true) {
		if (tail->fd < 0) {
			int error = tail_open(tail);
			if (error != 0) {
				return error == ENOENT ? 0 : error;
			}
		}
		struct stat now;
		/* analyzer: open, since tail_open() has succeeded */
		if (fstat(tail->fd, &now) == 0 && now.st_size < tail->offset) {
			tail->offset = 0;
			tail->carried = 0;
		}
		int error = tail_read(tail);
		if (error != 0) {
			return error;
		}
		if (stat(tail->path, &now) == 0 && now.st_dev == tail->device && now.st_ino == tail->inode) {
			return 0;
		}
		/* Put aside, and never written to again: what came between the last look and that is still in it. */
		error = tail_read(tail);
		tail_end(tail);
		if (error != 0) {
			return error;
		}
	}
}

/*
 * A watch on the directory sees the file change, go and come. The directory's own end is not told while a file that was
 * in it is open: so a file that goes has to be seen, and let go, too. Returns -1 with errno set.
 */
static int watch_directory(const char *path) {
	char *directory = xstrndup(path, (size_t)(strrchr(path, '/') - path) + 1);
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	uint32_t events = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR;
	if (watch >= 0 && inotify_add_watch(watch, directory, events) < 0) {
		int error = errno;
		fd_close(&watch);
		errno = error;
	}
	free(directory);
	return watch;
}

enum change { CHANGE_LOG, CHANGE_DIRECTORY_GONE, CHANGE_READER_GONE };

static enum change wait_for_change(int watch) {
	struct pollfd sources[] = { { .fd = watch, .events = POLLIN }, { .fd = STDOUT_FILENO } };
	if (poll(sources, 2, -1) < 0) {
		return errno == EINTR ? CHANGE_LOG : CHANGE_READER_GONE;
	}
	if (sources[1].revents & (POLLERR | POLLHUP)) {
		return CHANGE_READER_GONE;
	}
	/* Which file it was does not matter: looking at ours is cheap. */
	_Alignas(struct inotify_event) char events[4096];
	bool directory_gone = false;
	ssize_t length;
	while ((length = read(watch, events, sizeof(events))) > 0) {
		const struct inotify_event *event;
		for (ssize_t at = 0; at < length; at += (ssize_t)(sizeof(*event) + event->len)) {
			event = (const struct inotify_event *)(events + at);
			directory_gone = directory_gone || (event->mask & (IN_DELETE_SELF | IN_IGNORED)) != 0;
		}
	}
	return directory_gone ? CHANGE_DIRECTORY_GONE : CHANGE_LOG;
}

static int follow(struct tail *tail) {
	int watch = watch_directory(tail->path);
	if (watch < 0) {
		return errno;
	}
	enum change change = CHANGE_LOG;
	int error = tail_catch_up(tail);
	while (error == 0 && change == CHANGE_LOG) {
		change = fflush(stdout) == 0 ? wait_for_change(watch) : CHANGE_READER_GONE;
		if (change != CHANGE_READER_GONE) {
			/* What was written last is still to be had through the open file. */
			error = tail_catch_up(tail);
		}
	}
	fd_close(&watch);
	return error;
}

static int show_once(struct tail *tail) {
	int error = tail_open(tail);
	return error != 0 ? error : tail_read(tail);
}

int logs_show(const struct arguments *arguments) {
	struct control_message message = { .type = CONTROL_LOGS };
	char path[CONTROL_TEXT_SIZE];
	if (!lines_set_name(&message, arguments->words[0])) {
		return EXIT_CODE_UNKNOWN;
	}
	int code = lines_ask_path(&message, path);
	if (code != EXIT_CODE_OK) {
		return code;
	}

	struct tail *tail = xcalloc(1, sizeof(*tail));
	tail->path = path;
	tail->fd = -1;
	tail->utf8 = text_locale_is_utf8();
	int error = arguments->follow ? follow(tail) : show_once(tail);
	tail_end(tail);
	free(tail);
	if (error == ENOENT) {
		text_complain(
			"%s has no log yet: coffer run %s starts something in it", arguments->words[0], arguments->words[0]);
	} else if (error != 0) {
		text_complain("cannot read the log %s: %s", path, strerror(error));
	}
	return error == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
