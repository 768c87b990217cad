#include "compositor/valve.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"

#define FDINFO_MAX (1024 * 1024)

struct valve {
	int epoll_fd;
	int fd; /* as the entry names it: libwayland's duplicate */
	uint64_t data; /* what libwayland gave the entry */
};

/* proc_pid_fdinfo(5): one line for each entry, with the inode of its file. */
static bool find_entry(struct valve *valve, const char *text, const struct stat *status) {
	unsigned int device = major(status->st_dev) << 20 | minor(status->st_dev); /* as the kernel has it inside */
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		unsigned long inode;
		unsigned int events, entry_device;
		if (sscanf(line, "tfd: %d events: %x data: %" SCNx64 " pos:%*d ino:%lx sdev:%x", &valve->fd, &events,
				&valve->data, &inode, &entry_device) == 5 && inode == status->st_ino && entry_device == device) {
			return true;
		}
	}
	return false;
}

struct valve *valve_create(struct wl_event_loop *loop, int fd) {
	struct valve *valve = xcalloc(1, sizeof(*valve));
	valve->epoll_fd = wl_event_loop_get_fd(loop);
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", valve->epoll_fd);
	int info_fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size;
	char *text = info_fd >= 0 ? fd_read_all(info_fd, FDINFO_MAX, &size) : NULL;
	fd_close(&info_fd);
	struct stat status;
	bool found = text != NULL && fstat(fd, &status) == 0 && find_entry(valve, text, &status);
	free(text);
	if (!found) {
		log_error("a connection cannot be paused: the event loop's entry is not found in %s", path);
		free(valve);
		return NULL;
	}
	return valve;
}

void valve_destroy(struct valve *valve) {
	free(valve);
}

void valve_set(struct valve *valve, bool open) {
	if (valve == NULL) {
		return;
	}
	struct epoll_event event = {.events = open ? EPOLLIN : 0, .data = {.u64 = valve->data}};
	if (epoll_ctl(valve->epoll_fd, EPOLL_CTL_MOD, valve->fd, &event) != 0) {
		log_error("a connection cannot be paused or resumed");
	}
}
