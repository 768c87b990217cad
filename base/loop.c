#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"

#define EVENTS_MAX 32

enum source_kind { SOURCE_FD, SOURCE_TIMER, SOURCE_SIGNAL, SOURCE_CHILD };

struct loop_source {
	struct loop *loop;
	enum source_kind kind;
	bool removed; /* freed once no event of this turn can point to it */
	struct loop_source *next; // loop.sources; stays as it was after removal, for a walk under way
	struct loop_source *next_removed; // loop.removed
	struct loop_source *next_timer; // loop.timers
	void *data;

	int fd;   /* SOURCE_FD: borrowed; SOURCE_CHILD: a pidfd, owned */
	int64_t deadline;  /* SOURCE_TIMER: by clock_now() */
	bool armed;        /* SOURCE_TIMER: in loop.timers */
	int signal_number; /* SOURCE_SIGNAL */
	pid_t pid;         /* SOURCE_CHILD */
	union {
		loop_fd_handler fd_handler;
		loop_timer_handler timer_handler;
		loop_signal_handler signal_handler;
		loop_child_handler child_handler;
	};
};

struct loop {
	int epoll_fd;
	bool stopped;
	bool dispatching;
	struct loop_source *sources;
	struct loop_source *removed;
	struct loop_source *timers; /* armed ones, the earliest first */

	int signal_fd; /* -1 until there is a signal source; in epoll its event has a null pointer */
	sigset_t signals; /* those with a source */
	sigset_t blocked; /* those of them that we blocked, to be unblocked */
};

struct loop *loop_create(void) {
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0) {
		log_error("loop: epoll: %s", strerror(errno));
		return NULL;
	}

	/* SIG_IGN survives exec, and under it the kernel throws away how a child ended. */
	struct sigaction child_action;
	if (sigaction(SIGCHLD, NULL, &child_action) == 0 &&
		(child_action.sa_handler == SIG_IGN || (child_action.sa_flags & SA_NOCLDWAIT))) {
		child_action = (struct sigaction){ .sa_handler = SIG_DFL };
		sigaction(SIGCHLD, &child_action, NULL);
	}

	struct loop *loop = xcalloc(1, sizeof(*loop));
	loop->epoll_fd = epoll_fd;
	loop->signal_fd = -1;
	sigemptyset(&loop->signals);
	sigemptyset(&loop->blocked);
	return loop;
}

static void free_removed(struct loop *loop) {
	while (loop->removed != NULL) {
		struct loop_source *source = loop->removed;
		loop->removed = source->next_removed;
		free(source);
	}
}

void loop_destroy(struct loop *loop) {
	if (loop == NULL) {
		return;
	}
	while (loop->sources != NULL) {
		loop_remove(loop->sources);
	}
	free_removed(loop);
	fd_close(&loop->signal_fd);
	fd_close(&loop->epoll_fd);
	free(loop);
}

static struct loop_source *create_source(struct loop *loop, enum source_kind kind, void *data) {
	struct loop_source *source = xcalloc(1, sizeof(*source));
	source->loop = loop;
	source->kind = kind;
	source->data = data;
	source->fd = -1;
	source->next = loop->sources;
	loop->sources = source;
	return source;
}

/* ---- descriptors ---- */

static bool watch(struct loop *loop, int operation, int fd, uint32_t events, struct loop_source *source) {
	struct epoll_event event = { .events = events, .data.ptr = source };
	if (epoll_ctl(loop->epoll_fd, operation, fd, &event) != 0) {
		log_error("loop: cannot watch descriptor %d: %s", fd, strerror(errno));
		return false;
	}
	return true;
}

static void unwatch(struct loop *loop, int fd) {
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL) != 0) {
		/* A bug of the caller: while a duplicate lives, epoll goes on reporting what nobody can stop. */
		log_error("loop: descriptor %d was closed before its source was removed: %s", fd, strerror(errno));
	}
}

struct loop_source *loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_handler handler, void *data) {
	struct loop_source *source = create_source(loop, SOURCE_FD, data);
	source->fd_handler = handler;
	if (!watch(loop, EPOLL_CTL_ADD, fd, events, source)) {
		loop_remove(source);
		return NULL;
	}
	source->fd = fd;
	return source;
}

void loop_update_fd(struct loop_source *source, uint32_t events) {
	if (!source->removed) {
		watch(source->loop, EPOLL_CTL_MOD, source->fd, events, source);
	}
}

/* ---- timers ---- */

static void disarm(struct loop_source *source) {
	if (!source->armed) {
		return;
	}
	struct loop_source **link = &source->loop->timers;
	while (*link != source) {
		link = &(*link)->next_timer;
	}
	*link = source->next_timer;
	source->next_timer = NULL;
	source->armed = false;
}

struct loop_source *loop_add_timer(struct loop *loop, loop_timer_handler handler, void *data) {
	struct loop_source *source = create_source(loop, SOURCE_TIMER, data);
	source->timer_handler = handler;
	return source;
}

void loop_arm_timer(struct loop_source *source, int64_t milliseconds) {
	disarm(source);
	if (milliseconds == 0 || source->removed) {
		return;
	}
	/* At least one: a timer that arms itself again must not fire twice in a turn and starve the descriptors. */
	int64_t now = clock_now();
	milliseconds = milliseconds < 1 ? 1 : milliseconds;
	source->deadline = milliseconds > INT64_MAX - now ? INT64_MAX : now + milliseconds;

	struct loop_source **link = &source->loop->timers;
	while (*link != NULL && (*link)->deadline <= source->deadline) {
		link = &(*link)->next_timer;
	}
	source->next_timer = *link;
	*link = source;
	source->armed = true;
}

static int next_timeout(const struct loop *loop) {
	if (loop->timers == NULL) {
		return -1;
	}
	int64_t left = loop->timers->deadline - clock_now();
	if (left < 0) {
		return 0;
	}
	return left > INT_MAX ? INT_MAX : (int)left;
}

static void dispatch_timers(struct loop *loop) {
	int64_t now = clock_now();
	while (!loop->stopped && loop->timers != NULL && loop->timers->deadline <= now) {
		struct loop_source *source = loop->timers;
		disarm(source);
		source->timer_handler(source->data);
	}
}

/* ---- signals ---- */

/* Makes the signalfd report what is in loop->signals. */
static bool update_signal_fd(struct loop *loop) {
	int fd = signalfd(loop->signal_fd, &loop->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0) {
		log_error("loop: signalfd: %s", strerror(errno));
		return false;
	}
	if (loop->signal_fd < 0 && !watch(loop, EPOLL_CTL_ADD, fd, EPOLLIN, NULL)) {
		fd_close(&fd);
		return false;
	}
	loop->signal_fd = fd;
	return true;
}

static bool signal_has_source(const struct loop *loop, int signal_number) {
	for (const struct loop_source *source = loop->sources; source != NULL; source = source->next) {
		if (source->kind == SOURCE_SIGNAL && source->signal_number == signal_number) {
			return true;
		}
	}
	return false;
}

static void forget_signal(struct loop *loop, int signal_number) {
	if (signal_has_source(loop, signal_number) || sigismember(&loop->signals, signal_number) != 1) {
		return;
	}
	sigdelset(&loop->signals, signal_number);
	if (loop->signal_fd >= 0) {
		update_signal_fd(loop);
	}
	if (sigismember(&loop->blocked, signal_number) != 1) {
		return;
	}
	sigdelset(&loop->blocked, signal_number);

	/* One that came while we were in charge of it is spent: it must not act anew on being unblocked. */
	sigset_t one;
	sigemptyset(&one);
	sigaddset(&one, signal_number);
	const struct timespec none = { 0 };
	while (sigtimedwait(&one, NULL, &none) > 0) {
		/* the next, where it is a queued one */
	}
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

struct loop_source *loop_add_signal(struct loop *loop, int signal_number, loop_signal_handler handler, void *data) {
	sigset_t one, before;
	sigemptyset(&one);
	if (sigaddset(&one, signal_number) != 0) {
		log_error("loop: signal %d: %s", signal_number, strerror(errno));
		return NULL;
	}

	struct loop_source *source = create_source(loop, SOURCE_SIGNAL, data);
	source->signal_number = signal_number;
	source->signal_handler = handler;
	if (sigismember(&loop->signals, signal_number) == 1) {
		return source;
	}

	sigaddset(&loop->signals, signal_number);
	pthread_sigmask(SIG_BLOCK, &one, &before);
	if (sigismember(&before, signal_number) == 0) {
		sigaddset(&loop->blocked, signal_number);
	}
	if (!update_signal_fd(loop)) {
		loop_remove(source);
		return NULL;
	}
	return source;
}

/* One signal a turn: what is not read stays in the kernel. */
static void dispatch_signal(struct loop *loop) {
	struct signalfd_siginfo info;
	if (read(loop->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
		return;
	}
	/* A handler may remove any source: removed ones live until the turn ends, and still lead to those behind them. */
	for (struct loop_source *source = loop->sources, *next; source != NULL; source = next) {
		next = source->next;
		if (!source->removed && source->kind == SOURCE_SIGNAL && source->signal_number == (int)info.ssi_signo) {
			source->signal_handler(source->data, source->signal_number);
		}
	}
}

/* ---- children ---- */

struct loop_source *loop_add_child(struct loop *loop, pid_t pid, loop_child_handler handler, void *data) {
	/* Works for one that has ended already too: until it is reaped, its number is its own. */
	int fd = pidfd_open(pid, 0);
	if (fd < 0) {
		log_error("loop: pidfd_open for child %d: %s", (int)pid, strerror(errno));
		return NULL;
	}
	struct loop_source *source = create_source(loop, SOURCE_CHILD, data);
	source->fd = fd;
	source->pid = pid;
	source->child_handler = handler;
	if (!watch(loop, EPOLL_CTL_ADD, fd, EPOLLIN, source)) {
		fd_close(&source->fd);
		loop_remove(source);
		return NULL;
	}
	return source;
}

static void dispatch_child(struct loop_source *source) {
	int status = 0;
	pid_t pid;
	do {
		pid = waitpid(source->pid, &status, WNOHANG);
	} while (pid < 0 && errno == EINTR);
	if (pid == 0) {
		return;
	}
	if (pid < 0) {
		/* Somebody else reaped it. It has ended all the same; claim no success. */
		log_error("loop: child %d ended unseen: %s", (int)source->pid, strerror(errno));
		status = 255 << 8; /* as after exit(255) */
	}
	loop_child_handler handler = source->child_handler;
	void *data = source->data;
	pid = source->pid;
	loop_remove(source);
	handler(data, pid, status);
}

/* ---- the loop ---- */

void loop_remove(struct loop_source *source) {
	if (source == NULL || source->removed) {
		return;
	}
	struct loop *loop = source->loop;
	struct loop_source **link = &loop->sources;
	while (*link != source) {
		link = &(*link)->next;
	}
	*link = source->next;
	source->removed = true;
	source->next_removed = loop->removed;
	loop->removed = source;

	disarm(source);
	if (source->fd >= 0) {
		unwatch(loop, source->fd);
	}
	if (source->kind == SOURCE_CHILD) {
		fd_close(&source->fd);
	}
	if (source->kind == SOURCE_SIGNAL) {
		forget_signal(loop, source->signal_number);
	}
	if (!loop->dispatching) {
		free_removed(loop);
	}
}

static void dispatch_event(struct loop *loop, const struct epoll_event *event) {
	struct loop_source *source = event->data.ptr;
	if (source == NULL) {
		dispatch_signal(loop);
	} else if (source->removed) {
		return; /* by a callback before it in this turn */
	} else if (source->kind == SOURCE_CHILD) {
		dispatch_child(source);
	} else {
		source->fd_handler(source->data, source->fd, event->events);
	}
}

int loop_run(struct loop *loop) {
	int result = 0;
	while (!loop->stopped) {
		struct epoll_event events[EVENTS_MAX];
		int len = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, next_timeout(loop));
		if (len < 0 && errno != EINTR) {
			log_error("loop: epoll_wait: %s", strerror(errno));
			result = -1;
			break;
		}
		loop->dispatching = true;
		for (int i = 0; i < len && !loop->stopped; i++) {
			dispatch_event(loop, &events[i]);
		}
		dispatch_timers(loop);
		loop->dispatching = false;
		free_removed(loop);
	}
	loop->stopped = false;
	return result;
}

void loop_stop(struct loop *loop) {
	loop->stopped = true;
}
