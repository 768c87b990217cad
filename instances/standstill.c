#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "instances/standstill.h"

#define LOOK_FIRST_MS 1 /* after the first look; twice that after the second, and so on */
#define LOOK_MOST_MS 16

struct standstill {
	int proc_fd;
	pid_t self;
	void (*stop)(void *data);
	void *data;
	enum { MOVES, STOPPING, STANDS } state;
	int64_t deadline, next;
	int interval; /* between the last look and the next */
};

/* ---- one look ---- */

/* Zero-terminates what it reads. 0, or errno. */
static int read_text(int directory_fd, const char *name, char *out, size_t size) {
	out[0] = '\0';
	int fd = openat(directory_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		return errno;
	}
	ssize_t n = read(fd, out, size - 1);
	int error = n < 0 ? errno : 0;
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return error;
}

static bool is_gone(int error) {
	return error == ENOENT || error == ESRCH;
}

static DIR *open_list(int directory_fd, const char *name, int *error) {
	int fd = openat(directory_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
	*error = list == NULL ? errno : 0;
	if (list == NULL && fd >= 0) {
		close(fd);
	}
	return list;
}

/*
 * In the kernel until its child of vfork(2), which has been stopped, goes on: it does nothing there, and stops itself
 * before it does anything else. Where the kernel does not say what it waits for (proc_pid_syscall(5)), it moves.
 */
static bool waits_for_child(int tasks_fd, const char *task) {
	char path[300], untrusted_text[256];
	char *end;
	snprintf(path, sizeof(path), "%s/syscall", task);
	if (read_text(tasks_fd, path, untrusted_text, sizeof(untrusted_text)) != 0) {
		return false;
	}
	long number = strtol(untrusted_text, &end, 10);
	return end != untrusted_text && (number == SYS_clone || number == SYS_clone3
#ifdef SYS_vfork
		|| number == SYS_vfork
#endif
	);
}

static bool task_moves(int tasks_fd, const char *task) {
	char path[300], untrusted_stat[512];
	snprintf(path, sizeof(path), "%s/stat", task);
	int error = read_text(tasks_fd, path, untrusted_stat, sizeof(untrusted_stat));
	if (error != 0) {
		return !is_gone(error);
	}
	/* The name before it is the program's, and may have any bytes, ')' too: proc_pid_stat(5). */
	const char *end = strrchr(untrusted_stat, ')');
	char state = end != NULL && end[1] == ' ' ? end[2] : '?';
	return state == 'D' ? !waits_for_child(tasks_fd, task) : state == '\0' || strchr("TtZXx", state) == NULL;
}

static bool is_number(const char *name) {
	return name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

static int32_t count_in_process(int proc_fd, const char *pid, int32_t most) {
	char path[300];
	int error;
	snprintf(path, sizeof(path), "%s/task", pid);
	DIR *tasks = open_list(proc_fd, path, &error);
	if (tasks == NULL) {
		return is_gone(error) ? 0 : 1;
	}
	int32_t count = 0;
	for (struct dirent *entry; count < most && (entry = readdir(tasks)) != NULL;) {
		count += is_number(entry->d_name) && task_moves(dirfd(tasks), entry->d_name);
	}
	closedir(tasks);
	return count;
}

/* Threads that are not seen to stand, as far as most. */
static int32_t count_moving(const struct standstill *standstill, int32_t most) {
	int error;
	DIR *processes = open_list(standstill->proc_fd, ".", &error);
	if (processes == NULL) {
		return 1;
	}
	int32_t count = 0;
	for (struct dirent *entry; count < most && (entry = readdir(processes)) != NULL;) {
		if (is_number(entry->d_name) && atol(entry->d_name) != standstill->self) {
			count += count_in_process(dirfd(processes), entry->d_name, most - count);
		}
	}
	closedir(processes);
	return count;
}

/* ---- from look to look ---- */

struct standstill *standstill_create(int proc_fd, pid_t self, void (*stop)(void *data), void *data) {
	struct standstill *standstill = calloc(1, sizeof(*standstill));
	if (standstill != NULL) {
		*standstill = (struct standstill){ .proc_fd = proc_fd, .self = self, .stop = stop, .data = data };
	}
	return standstill;
}

void standstill_destroy(struct standstill *standstill) {
	free(standstill);
}

void standstill_begin(struct standstill *standstill, int64_t now) {
	standstill->state = STOPPING;
	standstill->deadline = now + STANDSTILL_PATIENCE_MS;
	standstill->next = now;
	standstill->interval = LOOK_FIRST_MS;
}

void standstill_end(struct standstill *standstill) {
	standstill->state = MOVES;
}

int standstill_timeout(const struct standstill *standstill, int64_t now) {
	if (standstill->state == MOVES) {
		return -1;
	}
	return standstill->next > now ? (int)(standstill->next - now) : 0;
}

/* One that has been passed may have been woken by one that stood when its turn came: hence twice. */
static bool everything_stands(const struct standstill *standstill) {
	for (int i = 0; i < 2; i++) {
		standstill->stop(standstill->data);
		if (count_moving(standstill, 1) > 0) {
			return false;
		}
	}
	return true;
}

bool standstill_step(struct standstill *standstill, int64_t now, int32_t *unstopped) {
	if (standstill->state == MOVES || now < standstill->next) {
		return false;
	}
	if (standstill->state == STANDS) {
		standstill->stop(standstill->data);
		standstill->next = now + STANDSTILL_AGAIN_MS;
		return false;
	}
	bool is_over = now >= standstill->deadline;
	*unstopped = 0;
	if (everything_stands(standstill) || is_over) {
		/* Those that the last look missed may stand by now; what is said is what is. */
		*unstopped = is_over ? count_moving(standstill, INT32_MAX) : 0;
		standstill->state = STANDS;
		standstill->next = now + STANDSTILL_AGAIN_MS;
		return true;
	}
	standstill->next = now + standstill->interval < standstill->deadline ? now + standstill->interval : standstill->deadline;
	standstill->interval = standstill->interval * 2 < LOOK_MOST_MS ? standstill->interval * 2 : LOOK_MOST_MS;
	return false;
}
