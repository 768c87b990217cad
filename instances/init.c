/*
 * coffer-init: pid 1 of an instance, the same in a sandbox, a container or a guest. It starts programs when the
 * supervisor tells it to, reaps everything, reports how programs ended, and goes when told or when the supervisor
 * is gone. Static, without libraries; the kernel ends every process of the instance with it.
 *
 * Usage: coffer-init FD, where FD is one end of the SOCK_SEQPACKET pair of wire/init.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "instances/standstill.h"
#include "wire/init.h"

#define PROGRAMS_MAX 256 /* that the supervisor waits for; what they start themselves is theirs */
#define PROCESSES_MAX 65536 /* threads of the whole instance, at most: a fork bomb ends at what is told */
#define CONTROL_FD 3

struct program {
	pid_t pid; /* 0 where the entry is free */
	uint32_t id;
	int exec_pipe; /* says errno where exec failed, and closes where it worked; -1 once that is known */
};

struct init {
	int signal_fd;
	bool terminating;
	struct standstill *standstill;
	unsigned freezes_asked; /* INIT_FREEZE that are not answered yet */
	struct program programs[PROGRAMS_MAX];
	struct init_message message;
	char *words[INIT_WORDS_MAX + 2];
};

/* With the supervisor gone there is nobody to answer to, and this instance must not outlive its session. */
static void give_up(const char *why) {
	fprintf(stderr, "coffer-init: %s: ending\n", why);
	_exit(EXIT_FAILURE);
}

static void tell(enum init_type type, uint32_t id, int32_t value) {
	struct init_message message;
	init_message_set(&message, type, id, value);
	if (!init_send(CONTROL_FD, &message, NULL, 0)) {
		give_up("the supervisor does not listen");
	}
}

/* ---- programs ---- */

static struct program *find_program(struct init *init, pid_t pid) {
	for (size_t i = 0; i < PROGRAMS_MAX; i++) {
		if (init->programs[i].pid == pid) {
			return &init->programs[i];
		}
	}
	return NULL;
}

/* In the child: never returns. */
static void become_program(char **argv, char **environment, const int *fds, int exec_pipe) {
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();

	environ = environment;
	const char *home = getenv("HOME");
	if (home == NULL || chdir(home) != 0) {
		(void)!chdir("/");
	}
	if (dup2(fds[0], STDOUT_FILENO) >= 0 && dup2(fds[1], STDERR_FILENO) >= 0) {
		execvp(argv[0], argv);
	}
	int error = errno;
	(void)!write(exec_pipe, &error, sizeof(error));
	_exit(127);
}

/* Returns 0, or errno. */
static int start_program(struct init *init, uint32_t id, char **argv, char **environment, const int *fds) {
	struct program *program = find_program(init, 0);
	int pipe_fds[2];
	if (init->terminating) {
		return ESHUTDOWN;
	}
	if (program == NULL) {
		return EAGAIN;
	}
	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) != 0) {
		return errno;
	}
	pid_t pid = fork();
	if (pid == 0) {
		become_program(argv, environment, fds, pipe_fds[1]);
	}
	int error = errno;
	close(pipe_fds[1]);
	if (pid < 0) {
		close(pipe_fds[0]);
		return error;
	}
	*program = (struct program){ .pid = pid, .id = id, .exec_pipe = pipe_fds[0] };
	return 0;
}

static void handle_start(struct init *init, int *fds) {
	size_t cursor = 0;
	struct init_header *header = &init->message.header;
	char **environment = init->words + header->argv_len + 1;
	init_message_words(&init->message, &cursor, header->argv_len, init->words);
	init_message_words(&init->message, &cursor, header->environment_len, environment);
	int error = start_program(init, header->id, init->words, environment, fds);
	if (error != 0) {
		tell(INIT_FAILED, header->id, error);
	}
}

/* The exec pipe of a program can be read: it runs, or it could not be executed. */
static void settle_program(struct program *program) {
	int error = 0;
	ssize_t n = read(program->exec_pipe, &error, sizeof(error));
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		return;
	}
	close(program->exec_pipe);
	program->exec_pipe = -1;
	if (n == (ssize_t)sizeof(error)) {
		tell(INIT_FAILED, program->id, error);
		/* Still a child to reap, but nobody's program. */
		program->pid = 0;
	} else {
		tell(INIT_STARTED, program->id, (int32_t)program->pid);
	}
}

/* ---- the end of processes ---- */

static void reap(struct init *init) {
	struct signalfd_siginfo info;
	(void)!read(init->signal_fd, &info, sizeof(info));
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid < 0 && errno == ECHILD && init->terminating) {
			_exit(EXIT_SUCCESS);
		}
		if (pid <= 0) {
			return;
		}
		struct program *program = find_program(init, pid);
		if (program == NULL) {
			continue;
		}
		if (program->exec_pipe >= 0) {
			settle_program(program);
		}
		if (program->pid == pid) {
			tell(INIT_EXITED, program->id, status);
			program->pid = 0;
		}
	}
}

static void terminate(struct init *init) {
	init->terminating = true;
	standstill_end(init->standstill);
	kill(-1, SIGTERM);
	kill(-1, SIGCONT); /* a stopped process takes no signal before it goes on */
	reap(init);
}

/* ---- standing still ---- */

/* kill(2) with -1 holds the task list: what is being forked at this moment is stopped with the rest. */
static void stop_all(void *data) {
	kill(-1, SIGSTOP);
}

static void answer_freezes(struct init *init, enum init_type type, int32_t unstopped) {
	for (; init->freezes_asked > 0; init->freezes_asked--) {
		tell(type, 0, unstopped);
	}
}

static void stand_still(struct init *init) {
	int32_t unstopped;
	if (standstill_step(init->standstill, clock_now(), &unstopped)) {
		answer_freezes(init, INIT_FROZEN, unstopped);
	}
}

static void freeze(struct init *init) {
	init->freezes_asked++;
	standstill_begin(init->standstill, clock_now());
	stand_still(init);
}

static void thaw(struct init *init) {
	standstill_end(init->standstill);
	kill(-1, SIGCONT);
	answer_freezes(init, INIT_THAWED, 0);
	tell(INIT_THAWED, 0, 0);
}

/* ---- the loop ---- */

static void handle_control(struct init *init) {
	int fds[INIT_FDS_MAX];
	if (init_receive(CONTROL_FD, INIT_SUPERVISOR, &init->message, fds) != INIT_MESSAGE) {
		give_up("the supervisor is gone");
	}
	switch ((enum init_type)init->message.header.type) {
	case INIT_START:
		handle_start(init, fds);
		break;
	case INIT_TERMINATE:
		terminate(init);
		break;
	case INIT_FREEZE:
		freeze(init);
		break;
	case INIT_THAW:
		thaw(init);
		break;
	default:
		give_up("the supervisor makes no sense");
	}
	for (size_t i = 0; i < INIT_FDS_MAX; i++) {
		if (fds[i] >= 0) {
			close(fds[i]);
		}
	}
}

static void run(struct init *init) {
	for (;;) {
		struct pollfd polls[2 + PROGRAMS_MAX];
		struct program *polled[2 + PROGRAMS_MAX];
		nfds_t len = 2;
		polls[0] = (struct pollfd){ .fd = CONTROL_FD, .events = POLLIN };
		polls[1] = (struct pollfd){ .fd = init->signal_fd, .events = POLLIN };
		for (size_t i = 0; i < PROGRAMS_MAX; i++) {
			struct program *program = &init->programs[i];
			if (program->pid != 0 && program->exec_pipe >= 0) {
				polled[len] = program;
				polls[len++] = (struct pollfd){ .fd = program->exec_pipe, .events = POLLIN };
			}
		}
		if (poll(polls, len, standstill_timeout(init->standstill, clock_now())) < 0) {
			continue;
		}
		stand_still(init);
		for (nfds_t i = 2; i < len; i++) {
			if (polls[i].revents != 0) {
				settle_program(polled[i]);
			}
		}
		if (polls[1].revents != 0) {
			reap(init);
		}
		if (polls[0].revents != 0) {
			handle_control(init);
		}
	}
}

/* ---- start ---- */

static void write_file(const char *path, const char *text) {
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!write(fd, text, strlen(text));
		close(fd);
	}
}

/* Bounds that the instance's programs inherit and cannot raise again. */
static void set_limits(long processes_max) {
	const struct rlimit processes = { (rlim_t)processes_max, (rlim_t)processes_max };
	const struct rlimit core = { 0, 0 }; /* the host's handler of core files would keep the instance's memory */
	setrlimit(RLIMIT_NPROC, &processes);
	setrlimit(RLIMIT_CORE, &core);
	/* Where memory runs out, instances go before the compositor and the supervisor. */
	write_file("/proc/self/oom_score_adj", "300");
}

/* Leaves standard input (nothing), output and error, and the control socket as CONTROL_FD; nothing else. */
static void arrange_descriptors(int control_fd) {
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	/* analyzer: what is duplicated to a number of our choice stays there, and is meant to */
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0) {
		give_up("no /dev/null");
	}
	/* analyzer: as above */
	if (control_fd != CONTROL_FD && dup2(control_fd, CONTROL_FD) < 0) {
		give_up("no control socket");
	}
	if (close_range(CONTROL_FD + 1, ~0U, 0) != 0 || fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC) != 0) {
		give_up("no control socket");
	}
	/* Blocking: a supervisor that is busy is waited for, since an answer may not get lost. */
	fcntl(CONTROL_FD, F_SETFL, fcntl(CONTROL_FD, F_GETFL) & ~O_NONBLOCK);
}

/* -1 where it is none. */
static long read_number(const char *text) {
	char *end;
	long value = strtol(text, &end, 10);
	return end != text && *end == '\0' && value >= 0 ? value : -1;
}

int main(int argc, char *argv[]) {
	static struct init init;
	long control_fd = -1, processes = -1;
	if (argc == 3) {
		control_fd = read_number(argv[1]);
		processes = read_number(argv[2]);
	}
	if (control_fd < CONTROL_FD || control_fd > 1024 || processes < 1 || processes > PROCESSES_MAX) {
		fprintf(stderr, "coffer-init: started by cofferdam inside an instance, not by hand\n");
		return 2;
	}
	arrange_descriptors((int)control_fd);
	set_limits(processes);
	/* No program of the instance, though of the same user, looks into this process or traces it. */
	prctl(PR_SET_DUMPABLE, 0);
	umask(022);

	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	init.signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (init.signal_fd < 0) {
		give_up("no signalfd");
	}
	init.standstill = standstill_create(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), getpid(), stop_all, NULL);
	if (init.standstill == NULL) {
		give_up("no memory");
	}
	tell(INIT_HELLO, 0, INIT_VERSION);
	run(&init);
}
