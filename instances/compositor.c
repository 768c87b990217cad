#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/compositor.h"
#include "instances/launcher.h"
#include "instances/words.h"

#define LINK_FD 3 /* its end of the line, in its process */
#define TURN_MAX 64
#define VERBOSITY_MAX 3

struct compositor {
	struct loop *loop;
	struct children *children;
	char *program;
	int verbosity;
	const struct compositor_handler *handler;
	void *data;

	pid_t pid; /* 0 where there is none */
	struct child *child;
	struct channel *channel;
	struct loop_source *source;
	bool stopping;
	bool was_ready; /* one of them has been, once */
	struct compositor_deaths deaths;
	struct message message;
};

bool compositor_count_death(struct compositor_deaths *deaths, int64_t now) {
	deaths->times[deaths->count++ % DEATHS_MAX] = now;
	if (deaths->count < DEATHS_MAX) {
		return false;
	}
	int64_t oldest = deaths->times[deaths->count % DEATHS_MAX];
	return now - oldest <= DEATHS_WINDOW_MS;
}

/* ---- the line ---- */

static void close_link(struct compositor *compositor) {
	loop_remove(compositor->source);
	compositor->source = NULL;
	channel_destroy(compositor->channel);
	compositor->channel = NULL;
}

/* Its death is handled where it is reaped; here it is only made sure of. */
static void give_link_up(struct compositor *compositor, const char *why) {
	if (!compositor->stopping) {
		log_warn("the line to the compositor is closed: %s", why);
	}
	close_link(compositor);
	if (compositor->pid > 0 && !compositor->stopping) {
		kill(compositor->pid, SIGKILL);
	}
}

static void watch_link(struct compositor *compositor) {
	if (compositor->source != NULL) {
		loop_update_fd(compositor->source, EPOLLIN | (channel_is_waiting(compositor->channel) ? EPOLLOUT : 0));
	}
}

static void dispatch(struct compositor *compositor) {
	struct session_message message;
	if (!session_decode(&compositor->message, SESSION_COMPOSITOR, &message)) {
		log_warn("a malformed message from the compositor is refused");
		return;
	}
	if (message.type == SESSION_READY && message.ready.accepted) {
		compositor->was_ready = true;
	}
	compositor->handler->message(compositor->data, &message);
}

static void handle_link(void *data, int fd, uint32_t revents) {
	struct compositor *compositor = data;
	struct channel *channel = compositor->channel;
	if ((revents & EPOLLOUT) && !channel_flush(channel)) {
		give_link_up(compositor, "it cannot be written to");
		return;
	}
	/* A handler may close the line: the channel is looked at again before each turn. */
	for (int i = 0; i < TURN_MAX && compositor->channel == channel; i++) {
		enum channel_result result = channel_receive(channel, &compositor->message);
		if (result == CHANNEL_CLOSED) {
			give_link_up(compositor, "it was closed at the other end");
			return;
		}
		if (result == CHANNEL_AGAIN) {
			break;
		}
		dispatch(compositor);
		message_finish(&compositor->message);
	}
	watch_link(compositor);
}

void compositor_send(struct compositor *compositor, struct session_message *message) {
	if (compositor->channel == NULL) {
		for (size_t i = 0; i < sizeof(message->fds) / sizeof(message->fds[0]); i++) {
			fd_close(&message->fds[i]);
		}
		return;
	}
	session_send(compositor->channel, SESSION_SUPERVISOR, message);
	if (channel_is_broken(compositor->channel)) {
		give_link_up(compositor, "it does not read");
		return;
	}
	watch_link(compositor);
}

/* ---- the process ---- */

static bool spawn(struct compositor *compositor, char *reason, size_t size);

static void describe(int status, char *out, size_t size) {
	if (WIFSIGNALED(status)) {
		snprintf(out, size, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	} else {
		snprintf(out, size, "exit code %d", WEXITSTATUS(status));
	}
}

static void start_again(struct compositor *compositor, int status) {
	char how[128], reason[512];
	describe(status, how, sizeof(how));
	if (!compositor->was_ready && WIFEXITED(status)) {
		/* It has looked around and said why not: asking again would change nothing. */
		snprintf(reason, sizeof(reason), "the compositor could not start (%s); its messages above say why", how);
		compositor->handler->gave_up(compositor->data, reason);
		return;
	}
	if (compositor_count_death(&compositor->deaths, loop_now())) {
		snprintf(reason, sizeof(reason), "the compositor died %d times in %d seconds, the last time by %s", DEATHS_MAX,
			DEATHS_WINDOW_MS / 1000, how);
		compositor->handler->gave_up(compositor->data, reason);
		return;
	}
	log_error("the compositor died by %s and is started again", how);
	compositor->handler->died(compositor->data);
	if (!spawn(compositor, reason, sizeof(reason))) {
		compositor->handler->gave_up(compositor->data, reason);
		return;
	}
	compositor->handler->born(compositor->data);
}

static void handle_end(void *data, pid_t pid, int status) {
	struct compositor *compositor = data;
	compositor->child = NULL;
	compositor->pid = 0;
	close_link(compositor);
	if (!compositor->stopping) {
		start_again(compositor, status);
	}
}

static pid_t launch(struct compositor *compositor, int link_fd, char *reason, size_t size) {
	char link[16];
	snprintf(link, sizeof(link), "%d", LINK_FD);
	struct words arguments = { 0 }, environment = { 0 };
	words_add(&arguments, compositor->program, "--link", link, NULL);
	for (int i = 0; i < compositor->verbosity && i < VERBOSITY_MAX; i++) {
		words_add(&arguments, "--verbose", NULL);
	}
	for (char **word = environ; *word != NULL; word++) {
		words_add(&environment, *word, NULL);
	}
	words_unset(&environment, "NOTIFY_SOCKET");
	const struct launch_fd fds[] = { { link_fd, LINK_FD } };
	const struct launch launch = {
		.argv = arguments.list,
		.environment = environment.list,
		.fds = fds,
		.fds_len = 1,
		.no_core = true,
		.new_session = true,
		.parent_death_signal = SIGTERM,
	};
	pid_t pid = launch_program(&launch, reason, size);
	words_finish(&arguments);
	words_finish(&environment);
	return pid;
}

static bool spawn(struct compositor *compositor, char *reason, size_t size) {
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		snprintf(reason, size, "no line to the compositor: %s", strerror(errno));
		return false;
	}
	char cause[256];
	compositor->pid = launch(compositor, pair[1], cause, sizeof(cause));
	fd_close(&pair[1]);
	compositor->channel = channel_create(pair[0]);
	if (compositor->pid < 0) {
		compositor->pid = 0;
		close_link(compositor);
		snprintf(reason, size, "the compositor cannot be started: %s", cause);
		return false;
	}
	compositor->child = children_watch(compositor->children, compositor->pid, handle_end, compositor);
	compositor->source = loop_add_fd(compositor->loop, pair[0], EPOLLIN, handle_link, compositor);
	if (compositor->child == NULL || compositor->source == NULL) {
		snprintf(reason, size, "the compositor cannot be watched");
		return false;
	}
	log_debug("the compositor is process %d", (int)compositor->pid);
	return true;
}

struct compositor *compositor_create(struct loop *loop, struct children *children, const char *program, int verbosity,
	const struct compositor_handler *handler, void *data) {
	struct compositor *compositor = xcalloc(1, sizeof(*compositor));
	compositor->loop = loop;
	compositor->children = children;
	compositor->program = xstrdup(program);
	compositor->verbosity = verbosity;
	compositor->handler = handler;
	compositor->data = data;
	return compositor;
}

void compositor_destroy(struct compositor *compositor) {
	if (compositor == NULL) {
		return;
	}
	if (compositor->pid > 0) {
		kill(compositor->pid, SIGKILL);
	}
	children_forget(compositor->child);
	close_link(compositor);
	free(compositor->program);
	free(compositor);
}

void compositor_start(struct compositor *compositor) {
	char reason[512];
	if (spawn(compositor, reason, sizeof(reason))) {
		compositor->handler->born(compositor->data);
	} else {
		compositor->handler->gave_up(compositor->data, reason);
	}
}

void compositor_stop(struct compositor *compositor) {
	compositor->stopping = true;
	if (compositor->pid == 0) {
		return;
	}
	/* Its line gone is its sign to end; the signal is for one that does not look at it. */
	close_link(compositor);
	kill(compositor->pid, SIGTERM);
}

void compositor_kill(struct compositor *compositor) {
	compositor->stopping = true;
	if (compositor->pid > 0) {
		kill(compositor->pid, SIGKILL);
	}
}

bool compositor_is_running(const struct compositor *compositor) {
	return compositor->pid > 0;
}
