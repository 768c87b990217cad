/*
 * shm_open(3) and shm_unlink(3), in the place of the C library's: wlroots makes pictures and keymaps by them, with a
 * name that lives for a moment. Here they need no name, so that the compositor may be kept out of /dev/shm, where other
 * programs of the person have memory of theirs. What the linker makes of it is shown by tests/compositor/confine.c.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"

#define NAMES_MAX 4 /* at the same time; wlroots has one */
#define NAME_SIZE_MAX 64
#define OURS __attribute__((visibility("default")))

/* Two functions of this signature have nothing else to remember a name in. */
static struct {
	pthread_mutex_t mutex;
	struct {
		char name[NAME_SIZE_MAX]; /* "": free */
		int fd; /* the maker's, which has it open as long as the name is there */
	} list[NAMES_MAX];
} names = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* NAMES_MAX where there is no such name. */
static size_t find(const char *name) {
	size_t i = 0;
	while (i < NAMES_MAX && strcmp(names.list[i].name, name) != 0) {
		i++;
	}
	return i;
}

static int make(const char *name) {
	size_t free_one = find("");
	if (free_one == NAMES_MAX) {
		errno = EMFILE;
		return -1;
	}
	int fd = memfd_create("compositor", MFD_CLOEXEC);
	if (fd >= 0) {
		copy_string(names.list[free_one].name, NAME_SIZE_MAX, name);
		names.list[free_one].fd = fd;
	}
	return fd;
}

static int open_again(size_t index, int flags) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", names.list[index].fd);
	return open(path, (flags & O_ACCMODE) | O_CLOEXEC);
}

OURS int shm_open(const char *name, int flags, mode_t mode) {
	if (name[0] == '\0' || strlen(name) >= NAME_SIZE_MAX) {
		errno = EINVAL;
		return -1;
	}
	pthread_mutex_lock(&names.mutex);
	int fd = -1;
	size_t index = find(name);
	if (index == NAMES_MAX && (flags & O_CREAT)) {
		fd = make(name);
	} else if (index == NAMES_MAX || (flags & O_EXCL)) {
		errno = index == NAMES_MAX ? ENOENT : EEXIST;
	} else {
		fd = open_again(index, flags);
	}
	pthread_mutex_unlock(&names.mutex);
	return fd;
}

OURS int shm_unlink(const char *name) {
	pthread_mutex_lock(&names.mutex);
	size_t index = name[0] != '\0' ? find(name) : NAMES_MAX;
	if (index < NAMES_MAX) {
		names.list[index].name[0] = '\0';
	}
	pthread_mutex_unlock(&names.mutex);
	if (index == NAMES_MAX) {
		errno = ENOENT;
		return -1;
	}
	return 0;
}
