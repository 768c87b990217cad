/*
 * What is in the kernel when a stop signal comes, or does what it can not to stand: hanging WHAT [FILE MEBIBYTES]. Static,
 * for a root in which there is nothing else. Says "ready" when it has begun.
 *
 *   write FILE N  one write(2), which no stop signal ends
 *   vfork         waits in the kernel for its child of vfork(2), which only pauses
 *   hidden        the same, and nobody may see what it waits for
 *   thread        its first thread is over, and another is asleep
 *   fork          processes that start others all the time
 *   wake          two that wake each other all the time
 */

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define PIECES 64

static void say_ready(void) {
	(void)!write(STDOUT_FILENO, "ready\n", 6);
}

static int write_long(const char *path, size_t mebibytes) {
	size_t piece = mebibytes * 1024 * 1024 / PIECES;
	char *bytes = malloc(piece);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct iovec parts[PIECES];
	if (fd < 0 || bytes == NULL) {
		perror(path);
		return EXIT_FAILURE;
	}
	memset(bytes, 'x', piece);
	for (size_t i = 0; i < PIECES; i++) {
		parts[i] = (struct iovec){ bytes, piece };
	}
	say_ready();
	if (writev(fd, parts, PIECES) != (ssize_t)(piece * PIECES)) {
		perror(path);
		return EXIT_FAILURE;
	}
	pause();
	return EXIT_SUCCESS;
}

static int wait_in_vfork(void) {
	say_ready();
	pid_t pid = vfork();
	while (pid == 0) {
		pause();
	}
	return EXIT_FAILURE;
}

static void *sleep_on(void *data) {
	say_ready();
	while (pause() != 0) {
	}
	return NULL;
}

_Noreturn static void leave_thread(void) {
	pthread_t thread;
	pthread_create(&thread, NULL, sleep_on, NULL);
	pthread_exit(NULL);
}

/* Each starts one and ends, so that there are never many. */
_Noreturn static void fork_on(void) {
	signal(SIGCHLD, SIG_IGN);
	say_ready();
	for (;;) {
		if (fork() > 0) {
			_exit(EXIT_SUCCESS);
		}
	}
}

_Noreturn static void wake_each_other(void) {
	say_ready();
	pid_t parent = getpid(), child = fork();
	pid_t other = child == 0 ? parent : child;
	for (;;) {
		kill(other, SIGCONT);
	}
}

int main(int argc, char *argv[]) {
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "write") == 0 && argc == 4) {
		return write_long(argv[2], (size_t)atoi(argv[3]));
	}
	if (strcmp(what, "hidden") == 0) {
		prctl(PR_SET_DUMPABLE, 0);
	}
	if (strcmp(what, "vfork") == 0 || strcmp(what, "hidden") == 0) {
		return wait_in_vfork();
	}
	if (strcmp(what, "thread") == 0) {
		leave_thread();
	} else if (strcmp(what, "fork") == 0) {
		fork_on();
	} else if (strcmp(what, "wake") == 0) {
		wake_each_other();
	}
	return 2;
}
