#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/compositor.h"
#include "instances/launcher.h"
#include "instances/words.h"

#define LINK_FD 3 /* its end of the line, in its process */
#define TURN_MAX 64
#define VERBOSITY_MAX 3
#define READY_TIMEOUT_MS 30000
#define PAUSE_MS 20

/* Messages of any kind: more than an honest one ever says at a time. */
static const struct compositor_ration MESSAGES = { 4096, 1 };
/* What makes us do something, as often as a person can press keys. */
static const struct compositor_ration ASKS = { 30, 100 };
/* Messages that are none: the same build speaks at both ends, so the first is one too many; the rest are for the log. */
static const struct compositor_ration NONSENSE = { 8, 60000 };
static const struct compositor_ration COMPLAINTS = { 10, 1000 };

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
	struct loop_source *pause; /* the timer after which it is read again */
	struct loop_source *readiness; /* the timer by which it has to be ready */
	struct compositor_account messages, asks, nonsense, complaints;
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

bool compositor_take(struct compositor_account *account, const struct compositor_ration *ration, int64_t now) {
	int64_t back = (now - account->since) / ration->every_ms;
	if (back >= account->taken) {
		account->taken = 0;
		account->since = now;
	} else {
		account->taken -= (uint32_t)back;
		account->since += back * ration->every_ms;
	}
	if (account->taken >= ration->most) {
		return false;
	}
	account->taken++;
	return true;
}

void compositor_complain(struct compositor *compositor, const char *what) {
	if (compositor_take(&compositor->complaints, &COMPLAINTS, clock_now())) {
		log_warn("%s", what);
	}
}

/* ---- the line ---- */

static void close_link(struct compositor *compositor) {
	loop_remove(compositor->pause);
	loop_remove(compositor->readiness);
	compositor->pause = compositor->readiness = NULL;
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
		loop_update_fd(compositor->source, (compositor->pause == NULL ? EPOLLIN : 0) |
			(channel_is_waiting(compositor->channel) ? EPOLLOUT : 0));
	}
}

static void handle_pause_end(void *data) {
	struct compositor *compositor = data;
	loop_remove(compositor->pause);
	compositor->pause = NULL;
	watch_link(compositor);
}

/* It says more than it may: what it says next waits at its end, and so does it. */
static void pause_reading(struct compositor *compositor) {
	compositor_complain(compositor, "the compositor floods its line: it is read slowly");
	compositor->pause = loop_add_timer(compositor->loop, handle_pause_end, compositor);
	if (compositor->pause == NULL) {
		give_link_up(compositor, "it floods it");
		return;
	}
	loop_arm_timer(compositor->pause, PAUSE_MS);
}

static void handle_not_ready(void *data) {
	give_link_up(data, "it was not ready in time");
}

static bool is_ask(enum session_type type) {
	return type == SESSION_BIND || type == SESSION_ORDER || type == SESSION_MEASURE;
}

static void dispatch(struct compositor *compositor) {
	struct session_message message;
	if (!session_decode(&compositor->message, SESSION_COMPOSITOR, &message)) {
		log_warn("a malformed message from the compositor is refused");
		if (!compositor_take(&compositor->nonsense, &NONSENSE, clock_now())) {
			give_link_up(compositor, "it talks nonsense");
		}
		return;
	}
	if (is_ask(message.type) && !compositor_take(&compositor->asks, &ASKS, clock_now())) {
		compositor_complain(compositor, "the compositor asks for more than a person can: it is ignored");
		return;
	}
	if (message.type == SESSION_READY) {
		compositor->was_ready = compositor->was_ready || message.ready.accepted;
		loop_remove(compositor->readiness);
		compositor->readiness = NULL;
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
	for (int i = 0; i < TURN_MAX && compositor->channel == channel && compositor->pause == NULL; i++) {
		if (!compositor_take(&compositor->messages, &MESSAGES, clock_now())) {
			pause_reading(compositor);
			break;
		}
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
	if (compositor_count_death(&compositor->deaths, clock_now())) {
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
	compositor->readiness = loop_add_timer(compositor->loop, handle_not_ready, compositor);
	if (compositor->child == NULL || compositor->source == NULL || compositor->readiness == NULL) {
		snprintf(reason, size, "the compositor cannot be watched");
		return false;
	}
	loop_arm_timer(compositor->readiness, READY_TIMEOUT_MS);
	compositor->messages = compositor->asks = compositor->nonsense = (struct compositor_account){ 0 };
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
