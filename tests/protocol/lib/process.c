#include "tests/protocol/lib/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"
#include "tests/protocol/lib/test.h"

#define DESCENDANTS_MAX 1024
#define OUTPUT_MAX (1024 * 1024)
#define COMM_MAX 15 /* what the kernel keeps of a process's name */

void process_adopt_orphans(void) {
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* ---- /proc ---- */

/* The parent and state of a process as /proc/PID/stat has them; the name in it may hold anything. */
static bool read_stat(pid_t pid, pid_t *parent, char *state) {
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	ssize_t len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0) {
		return false;
	}
	text[len] = '\0';
	const char *after_name = strrchr(text, ')');
	int found_parent;
	if (after_name == NULL || sscanf(after_name + 1, " %c %d", state, &found_parent) != 2) {
		return false;
	}
	*parent = found_parent;
	return true;
}

size_t process_descendants(pid_t ancestor, pid_t *pids, size_t max) {
	struct {
		pid_t pid, parent;
	} all[8192];
	size_t all_len = 0;
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	while (proc != NULL && (entry = readdir(proc)) != NULL && all_len < 8192) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10), parent;
		char state;
		if (pid > 0 && read_stat(pid, &parent, &state)) {
			all[all_len].pid = pid;
			all[all_len++].parent = parent;
		}
	}
	if (proc != NULL) {
		closedir(proc);
	}
	size_t len = 0;
	/* Breadth first: pids[] is its own queue. */
	for (size_t next = 0; next <= len; next++) {
		pid_t parent = next == 0 ? ancestor : pids[next - 1];
		for (size_t i = 0; i < all_len && len < max; i++) {
			if (all[i].parent == parent && all[i].pid != ancestor) {
				pids[len++] = all[i].pid;
			}
		}
	}
	return len;
}

pid_t process_find_descendant(pid_t ancestor, const char *name) {
	pid_t pids[DESCENDANTS_MAX];
	size_t len = process_descendants(ancestor, pids, DESCENDANTS_MAX);
	for (size_t i = 0; i < len; i++) {
		/* Not /proc/PID/exe: of a process that is not dumpable only root may read that. */
		char path[64], comm[64];
		snprintf(path, sizeof(path), "/proc/%d/comm", (int)pids[i]);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t comm_len = fd >= 0 ? read(fd, comm, sizeof(comm)) : -1;
		fd_close(&fd);
		if (comm_len > 0 && (size_t)comm_len - 1 == strnlen(name, COMM_MAX) && memcmp(comm, name, comm_len - 1) == 0) {
			return pids[i];
		}
	}
	return 0;
}

bool process_is_alive(pid_t pid) {
	pid_t parent;
	char state;
	return pid > 0 && read_stat(pid, &parent, &state) && state != 'Z' && state != 'X';
}

static void reap_zombies(void) {
	while (waitpid(-1, NULL, WNOHANG) > 0) {
	}
}

pid_t process_any_descendant(pid_t ancestor) {
	if (ancestor == getpid()) {
		reap_zombies();
	}
	pid_t pids[DESCENDANTS_MAX];
	return process_descendants(ancestor, pids, DESCENDANTS_MAX) > 0 ? pids[0] : 0;
}

void process_kill_descendants(void) {
	/* A process can fork between being seen and being killed, so until none is left; its orphans come to us. */
	for (int round = 0; round < 100; round++) {
		reap_zombies();
		pid_t pids[DESCENDANTS_MAX];
		size_t len = process_descendants(getpid(), pids, DESCENDANTS_MAX);
		if (len == 0) {
			return;
		}
		for (size_t i = 0; i < len; i++) {
			kill(pids[i], SIGKILL);
		}
		struct timespec pause = { .tv_nsec = 10000000 };
		nanosleep(&pause, NULL);
	}
}

long process_status(struct test *test, pid_t pid, const char *name) {
	char *path = xasprintf("/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "r");
	CHECK(file != NULL, "cannot read %s", path);
	char line[256];
	const size_t length = strlen(name);
	long value = -1;
	while (value < 0 && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, name, length) == 0 && line[length] == ':') {
			value = atol(line + length + 1);
		}
	}
	fclose(file);
	free(path);
	CHECK(value >= 0, "the kernel does not say %s of %d", name, (int)pid);
	return value;
}

long process_resident(struct test *test, pid_t pid) {
	return process_status(test, pid, "RssAnon");
}

size_t process_count_descriptors(struct test *test, pid_t pid) {
	char *path = xasprintf("/proc/%d/fd", (int)pid);
	DIR *directory = opendir(path);
	CHECK(directory != NULL, "cannot read %s: %s", path, strerror(errno));
	size_t count = 0;
	const struct dirent *entry;
	while ((entry = readdir(directory)) != NULL) {
		count += entry->d_name[0] != '.';
	}
	closedir(directory);
	free(path);
	return count;
}

void process_kill_tree(pid_t pid) {
	kill(pid, SIGSTOP);
	pid_t pids[DESCENDANTS_MAX];
	size_t len = process_descendants(pid, pids, DESCENDANTS_MAX);
	kill(pid, SIGKILL);
	for (size_t i = 0; i < len; i++) {
		kill(pids[i], SIGKILL);
	}
	waitpid(pid, NULL, 0);
}

/* ---- starting and waiting ---- */

static void change_environment(const char *const *changes) {
	for (; changes != NULL && *changes != NULL; changes++) {
		if (strchr(*changes, '=') != NULL) {
			putenv((char *)*changes);
		} else {
			unsetenv(*changes);
		}
	}
}

static _Noreturn void exec_child(const char *const *argv, const struct process_options *options, int out, int err) {
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int output = -1;
	if (options != NULL && options->output != NULL) {
		output = open(options->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	}
	dup2(null, STDIN_FILENO);
	dup2(out >= 0 ? out : output >= 0 ? output : STDERR_FILENO, STDOUT_FILENO);
	dup2(err >= 0 ? err : output >= 0 ? output : STDERR_FILENO, STDERR_FILENO);
	if (options != NULL) {
		change_environment(options->environment);
	}
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvp(argv[0], (char *const *)argv);
	dprintf(STDERR_FILENO, "cannot start %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static pid_t start(
	struct test *test, const char *const *argv, const struct process_options *options, int out, int err) {
	fflush(NULL);
	pid_t pid = fork();
	CHECK(pid >= 0, "cannot fork: %s", strerror(errno));
	if (pid == 0) {
		exec_child(argv, options, out, err);
	}
	return pid;
}

pid_t process_start(struct test *test, const char *const *argv, const struct process_options *options) {
	return start(test, argv, options, -1, -1);
}

bool process_wait(pid_t pid, int64_t milliseconds, int *status) {
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0) {
		struct pollfd poll_pid = { .fd = pidfd, .events = POLLIN };
		int64_t deadline = test_now() + milliseconds;
		int64_t left = milliseconds;
		while (left > 0 && poll(&poll_pid, 1, (int)left) < 0 && errno == EINTR) {
			left = deadline - test_now();
		}
		close(pidfd);
	}
	return waitpid(pid, status, WNOHANG) == pid;
}

/* Moves what is there from a pipe to a growing text; closes the pipe at its end. */
static void drain(int *fd, char **text, size_t *len) {
	char part[4096];
	ssize_t got = read(*fd, part, sizeof(part));
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		return;
	}
	if (got <= 0) {
		fd_close(fd);
		return;
	}
	size_t room = OUTPUT_MAX - *len;
	size_t kept = (size_t)got < room ? (size_t)got : room;
	*text = xrealloc_array(*text, *len + kept + 1, 1);
	memcpy(*text + *len, part, kept);
	*len += kept;
	(*text)[*len] = '\0';
}

struct process_output process_run(
	struct test *test, const char *const *argv, const struct process_options *options, int64_t milliseconds) {
	int out[2], err[2];
	CHECK(pipe2(out, O_CLOEXEC | O_NONBLOCK) == 0 && pipe2(err, O_CLOEXEC | O_NONBLOCK) == 0, "cannot make pipes: %s",
		strerror(errno));
	/* The program's own ends block as usual. */
	fcntl(out[1], F_SETFL, 0);
	fcntl(err[1], F_SETFL, 0);
	pid_t pid = start(test, argv, options, out[1], err[1]);
	fd_close(&out[1]);
	fd_close(&err[1]);

	struct process_output output = { .out = xcalloc(1, 1), .err = xcalloc(1, 1) };
	size_t out_len = 0, err_len = 0;
	int64_t deadline = test_deadline(test, milliseconds);
	bool in_time = true;
	while ((out[0] >= 0 || err[0] >= 0) && in_time) {
		struct pollfd polls[2] = { { .fd = out[0], .events = POLLIN }, { .fd = err[0], .events = POLLIN } };
		if (poll(polls, 2, 0) == 0) {
			in_time = test_step(test, deadline);
			continue;
		}
		if (polls[0].revents != 0) {
			drain(&out[0], &output.out, &out_len);
		}
		if (polls[1].revents != 0) {
			drain(&err[0], &output.err, &err_len);
		}
	}
	fd_close(&out[0]);
	fd_close(&err[0]);
	int status;
	if (!process_wait(pid, in_time ? deadline - test_now() : 0, &status)) {
		process_kill_tree(pid);
		output.status = -1;
	} else {
		output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return output;
}

void process_output_finish(struct process_output *output) {
	free(output->out);
	free(output->err);
	*output = (struct process_output){ 0 };
}
