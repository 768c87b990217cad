#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/fd.h"
#include "instances/launcher.h"

#define FDS_MAX 256
#define FDS_TARGET_MAX 512 /* targets lie below; what is moved out of their way lies above */

/* ---- in the child: nothing here returns to the supervisor's code ---- */

static void reset_signals(void) {
	sigset_t none;
	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++) {
		signal(number, SIG_DFL);
	}
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Copies every descriptor out of the way first, so that none is overwritten before its turn. */
static bool arrange_descriptors(const struct launch *launch) {
	int copies[FDS_MAX];
	for (size_t i = 0; i < launch->fds_len; i++) {
		copies[i] = fcntl(launch->fds[i].fd, F_DUPFD_CLOEXEC, FDS_TARGET_MAX);
		if (copies[i] < 0) {
			return false;
		}
	}
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0) {
		return false;
	}
	for (size_t i = 0; i < launch->fds_len; i++) {
		if (dup2(copies[i], launch->fds[i].target) < 0) {
			return false;
		}
	}
	return true;
}

static bool is_target(const struct launch *launch, int fd) {
	for (size_t i = 0; i < launch->fds_len; i++) {
		if (launch->fds[i].target == fd) {
			return true;
		}
	}
	return false;
}

/* Everything of ours is close-on-exec; this is the second lock on that door. */
static void close_the_rest(const struct launch *launch) {
	for (int fd = STDERR_FILENO + 1; fd < FDS_TARGET_MAX; fd++) {
		if (!is_target(launch, fd)) {
			close(fd);
		}
	}
	close_range(FDS_TARGET_MAX, ~0U, CLOSE_RANGE_CLOEXEC);
}

static bool write_text(const char *path, const char *text) {
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	fd_close(&fd);
	return written;
}

/*
 * A user namespace in which we are ourselves: for the right to a network namespace without any network, and to say how
 * many more there may be.
 */
static bool enter_own_users(const struct launch *launch) {
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();
	/* Our own /proc files are ours to write only while we are dumpable; nothing secret is in this child yet. */
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER | (launch->own_network ? CLONE_NEWNET : 0)) != 0) {
		return false;
	}
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	if (!write_text("/proc/self/uid_map", map) || !write_text("/proc/self/setgroups", "deny")) {
		return false;
	}
	snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	if (!write_text("/proc/self/gid_map", map)) {
		return false;
	}
	/* The file is that of the user namespace of who opens it. */
	snprintf(map, sizeof(map), "%d", launch->user_namespaces);
	return launch->user_namespaces == 0 || write_text("/proc/sys/user/max_user_namespaces", map);
}

/* In the child, the descriptors that only the child itself uses, moved to where no target is. */
struct child_fds {
	int error; /* says errno where the command cannot be executed; -1 with own_network */
	int ready, gate;
};

static int move_up(int fd) {
	return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, FDS_TARGET_MAX) : -1;
}

static _Noreturn void fail(const struct child_fds *fds, const char *what) {
	int error = errno;
	if (fds->error >= 0) {
		(void)!write(fds->error, &error, sizeof(error));
	} else {
		dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(error));
	}
	_exit(127);
}

static void wait_at_gate(const struct child_fds *fds) {
	char byte = 1;
	if (write(fds->ready, &byte, 1) != 1 || read(fds->gate, &byte, 1) != 1) {
		_exit(127); /* the supervisor has thought better of it */
	}
}

static _Noreturn void become(const struct launch *launch, pid_t parent, const struct child_fds *outer_fds) {
	reset_signals();
	if (launch->new_session) {
		setsid();
	}
	if (launch->parent_death_signal != 0) {
		prctl(PR_SET_PDEATHSIG, launch->parent_death_signal);
		if (getppid() != parent) {
			_exit(127); /* it died before we could ask to be told */
		}
	}
	if (launch->no_core) {
		const struct rlimit core = { 0, 0 };
		setrlimit(RLIMIT_CORE, &core);
		syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	}
	if (launch->no_groups) {
		(void)!setgroups(0, NULL);
	}
	const struct child_fds fds = {
		.error = move_up(outer_fds->error),
		.ready = move_up(outer_fds->ready),
		.gate = move_up(outer_fds->gate),
	};
	if (launch->own_cgroup && write(launch->cgroup_fd, "0", 1) != 1) {
		fail(&fds, "a cgroup of its own");
	}
	if (!arrange_descriptors(launch)) {
		fail(&fds, "descriptors");
	}
	close_the_rest(launch);
	if ((launch->own_network || launch->user_namespaces > 0) && !enter_own_users(launch)) {
		fail(&fds, "a user namespace of its own");
	}
	if (launch->own_network) {
		wait_at_gate(&fds);
	}
	environ = (char **)launch->environment;
	execvp(launch->argv[0], launch->argv);
	fail(&fds, launch->argv[0]);
}

/* ---- in the supervisor ---- */

static bool read_error(int fd, int *error) {
	ssize_t n;
	do {
		n = read(fd, error, sizeof(*error));
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*error);
}

pid_t launch_program(const struct launch *launch, char *reason, size_t size) {
	struct child_fds fds = { .error = -1, .ready = launch->ready_fd, .gate = launch->gate_fd };
	int error_fd = -1, error;
	if (!launch->own_network) {
		int pipe_fds[2];
		if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
			snprintf(reason, size, "%s: %s", launch->argv[0], strerror(errno));
			return -1;
		}
		error_fd = pipe_fds[0];
		fds = (struct child_fds){ .error = pipe_fds[1], .ready = -1, .gate = -1 };
	}

	pid_t parent = getpid();
	pid_t pid = launch->fds_len <= FDS_MAX ? fork() : (errno = EMFILE, -1);
	if (pid == 0) {
		become(launch, parent, &fds);
	}
	if (pid < 0) {
		snprintf(reason, size, "%s: %s", launch->argv[0], strerror(errno));
	}
	fd_close(&fds.error);
	if (pid > 0 && error_fd >= 0 && read_error(error_fd, &error)) {
		snprintf(reason, size, "%s: %s", launch->argv[0], strerror(error));
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	fd_close(&error_fd);
	return pid;
}
