#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/loop.h"
#include "ctl/client.h"
#include "ctl/text.h"

#define NO_SESSION "no session here: start cofferdam first, or set XDG_RUNTIME_DIR"

static void complain_of_none(const struct client_request *request) {
	if (!request->optional) {
		text_complain(NO_SESSION);
	}
}

static bool set_address(const struct client_request *request, struct sockaddr_un *address) {
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	if (runtime == NULL || runtime[0] != '/') {
		complain_of_none(request);
		return false;
	}
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	int length = snprintf(address->sun_path, sizeof(address->sun_path), "%s/cofferdam/control", runtime);
	if (length < 0 || (size_t)length >= sizeof(address->sun_path)) {
		text_complain("XDG_RUNTIME_DIR is too long for a socket below it: set it to a shorter path");
		return false;
	}
	return true;
}

static int explain_connect(int error, const struct client_request *request) {
	if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR) {
		complain_of_none(request);
		return EXIT_CODE_NO_SESSION;
	}
	if (error == EAGAIN || error == EINPROGRESS) {
		/* Its queue of connections is full and it takes none of them. */
		text_complain("%s", request->late);
		return EXIT_CODE_FAILED;
	}
	text_complain("cannot reach the session: %s: set XDG_RUNTIME_DIR to that of your own", strerror(error));
	return EXIT_CODE_NO_SESSION;
}

/* What we say and show is for and from the same person's session alone. */
static bool is_own(int fd) {
	struct ucred peer;
	socklen_t length = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

/* Sets *fd, or returns what to exit with. */
static int connect_session(const struct client_request *request, int *fd) {
	struct sockaddr_un address;
	if (!set_address(request, &address)) {
		return EXIT_CODE_NO_SESSION;
	}
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (*fd < 0) {
		text_complain("cannot make a socket: %s", strerror(errno));
		return EXIT_CODE_FAILED;
	}
	/* connect(2) waits for room in the queue of connections: this bounds it, unix(7). */
	struct timeval patience = {
		.tv_sec = request->timeout_ms / 1000,
		.tv_usec = request->timeout_ms % 1000 * 1000,
	};
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(*fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int code = explain_connect(errno, request);
		fd_close(fd);
		return code;
	}
	if (!is_own(*fd)) {
		text_complain("this session is another user's: set XDG_RUNTIME_DIR to that of your own");
		fd_close(fd);
		return EXIT_CODE_NO_SESSION;
	}
	return EXIT_CODE_OK;
}

/* False when the deadline has passed. */
static bool wait_for(int fd, short events, int64_t deadline) {
	struct pollfd source = { .fd = fd, .events = events };
	while (true) {
		int64_t left = deadline - clock_now();
		if (left <= 0) {
			return false;
		}
		int ready = poll(&source, 1, (int)left);
		if (ready > 0) {
			return true;
		}
		if (ready < 0 && errno != EINTR) {
			return false;
		}
	}
}

static int explain_malformed(void) {
	text_complain("the session's answer makes no sense: use the coffer that came with this cofferdam");
	return EXIT_CODE_FAILED;
}

/* Returns what to exit with, or -1 where more is to come. */
static int take_answer(const struct client_request *request, struct message *untrusted_message) {
	struct control_message answer;
	if (!control_decode(untrusted_message, CONTROL_SUPERVISOR, &answer)) {
		return explain_malformed();
	}
	switch (answer.type) {
	case CONTROL_END:
		return EXIT_CODE_OK;
	case CONTROL_ERROR:
		text_complain("%s", answer.error.text);
		return (int)answer.error.code;
	default:
		if ((answer.type == CONTROL_HELD && request->hold == NULL) || request->answer == NULL ||
			!request->answer(request->data, &answer)) {
			return explain_malformed();
		}
		return answer.type == CONTROL_HELD ? EXIT_CODE_OK : -1;
	}
}

/* Gone itself, and not a channel that is closed because of what came through it. */
static bool is_gone(int fd) {
	struct pollfd source = { .fd = fd };
	return poll(&source, 1, 0) == 1 && (source.revents & POLLHUP) != 0;
}

static int take_answers(const struct client_request *request, struct channel *channel, int64_t deadline) {
	struct message untrusted_message;
	while (true) {
		switch (channel_receive(channel, &untrusted_message)) {
		case CHANNEL_MESSAGE: {
			int code = take_answer(request, &untrusted_message);
			message_finish(&untrusted_message);
			if (code >= 0) {
				return code;
			}
			break;
		}
		case CHANNEL_AGAIN:
			if (!wait_for(channel_get_fd(channel), POLLIN, deadline)) {
				text_complain("%s", request->late);
				return EXIT_CODE_FAILED;
			}
			break;
		case CHANNEL_CLOSED:
			if (request->may_close && is_gone(channel_get_fd(channel))) {
				return EXIT_CODE_OK;
			}
			text_complain("the session went away without an answer: is cofferdam still running? Try again");
			return EXIT_CODE_FAILED;
		}
	}
}

static int ask(const struct client_request *request) {
	int64_t deadline = clock_now() + request->timeout_ms;
	int fd;
	int code = connect_session(request, &fd);
	if (code != EXIT_CODE_OK) {
		return code;
	}
	struct channel *channel = channel_create(fd);
	/* A supervisor that refuses may close before it has read: its reason is worth reading all the same. */
	if (control_send(channel, CONTROL_COFFER, request->message)) {
		while (channel_is_waiting(channel) && wait_for(fd, POLLOUT, deadline)) {
			channel_flush(channel);
		}
	}
	code = take_answers(request, channel, deadline);
	if (code == EXIT_CODE_OK && request->hold != NULL) {
		*request->hold = channel;
	} else {
		channel_destroy(channel);
	}
	return code;
}

int client_ask(const struct client_request *request) {
	struct client_request whole = *request;
	if (whole.timeout_ms == 0) {
		whole.timeout_ms = CLIENT_TIMEOUT_MS;
	}
	if (whole.late == NULL) {
		whole.late = "the session does not answer: try again, or end it by SIGTERM to cofferdam";
	}
	return ask(&whole);
}
