#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "ctl/program.h"
#include "ctl/text.h"

static void become(const struct program *program, int error_fd, pid_t parent) {
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) {
		_exit(1);
	}
	if ((program->directory_fd < 0 || fchdir(program->directory_fd) == 0) &&
		/* analyzer: what is duplicated to a number of our choice stays there, and is meant to */
		(program->in_fd < 0 || dup2(program->in_fd, STDIN_FILENO) >= 0) &&
		(program->out_fd < 0 || dup2(program->out_fd, STDOUT_FILENO) >= 0)) {
		execvp(program->argv[0], (char *const *)program->argv);
	}
	int error = errno;
	(void)!write(error_fd, &error, sizeof(error));
	_exit(127);
}

pid_t program_start(const struct program *program) {
	int fds[2], error = 0;
	pid_t parent = getpid();
	if (pipe2(fds, O_CLOEXEC) != 0) {
		text_complain("cannot start %s: %s", program->argv[0], strerror(errno));
		return -1;
	}
	pid_t pid = fork();
	if (pid == 0) {
		become(program, fds[1], parent);
	}
	fd_close(&fds[1]);
	if (pid < 0) {
		error = errno;
	} else if (read(fds[0], &error, sizeof(error)) == (ssize_t)sizeof(error)) {
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	fd_close(&fds[0]);
	if (pid < 0) {
		text_complain("cannot start %s: %s", program->argv[0], error == ENOENT ? "it is not installed" : strerror(error));
	}
	return pid;
}

int program_wait(pid_t pid) {
	int status;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) {
			return -1;
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int program_run(const struct program *program) {
	pid_t pid = program_start(program);
	return pid > 0 ? program_wait(pid) : -1;
}
