#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>
#include "instances/vm_host_process.h"

#define FDS_MAX 4096
#define PROCESSES_MAX 1024 /* threads: qemu's, virtiofsd's, and some of waypipe's for each of the guest's clients */
#define BACKLOG 64

bool vm_host_arrange_descriptors(int supervisor_fd) {
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	/* analyzer: what is duplicated to a number of our choice stays there, and is meant to */
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0) {
		return false;
	}
	if (null_fd != STDIN_FILENO) {
		close(null_fd);
	}
	int flags = fcntl(supervisor_fd, F_GETFL);
	return flags >= 0 && fcntl(supervisor_fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
		close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

void vm_host_set_limits(void) {
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FDS_MAX) {
		files.rlim_cur = files.rlim_max < FDS_MAX ? files.rlim_max : FDS_MAX;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	const struct rlimit core = { 0, 0 }; /* the host's handler of core files would keep the guest's memory */
	const struct rlimit processes = { PROCESSES_MAX, PROCESSES_MAX };
	setrlimit(RLIMIT_CORE, &core);
	setrlimit(RLIMIT_NPROC, &processes);
	/* Where memory runs out, instances go before the compositor and the supervisor. */
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!write(fd, "300", 3);
		close(fd);
	}
	prctl(PR_SET_DUMPABLE, 0);
	umask(077);
}

int vm_host_watch_children(void) {
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

void vm_host_watch_clock(int clock_fd) {
	const struct itimerspec never = { .it_value = { .tv_sec = (time_t)INT32_MAX * 8 } };
	timerfd_settime(clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

int vm_host_listen(const char *vsock, int port) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s_%d", vsock, port);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (length < 0 || (size_t)length >= sizeof(address.sun_path))) {
		close(fd);
		errno = ENAMETOOLONG;
		return -1;
	}
	if (fd >= 0 && (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, BACKLOG) != 0)) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}
