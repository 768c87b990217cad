#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/guest.h"
#include "wire/init.h"

/* Messages taken in one turn: a flood from one instance leaves the others theirs. */
#define TURN_MAX 16

struct guest {
	int fd;
	struct loop_source *source;
	const struct guest_handler *handler;
	void *data;
	bool greeted;
	pid_t pid; /* of who has sent the greeting: the kernel says so */
	bool lost;
	bool dispatching, destroyed; /* destroyed inside a handler: freed when that has returned */
	struct init_message message;
};

static void lose(struct guest *guest, const char *reason) {
	if (guest->lost) {
		return;
	}
	guest->lost = true;
	loop_remove(guest->source);
	guest->source = NULL;
	guest->handler->lost(guest->data, reason);
}

/* Whose the next message is; nobody else can have sent the first one. It stays where it is. */
static void look_at_sender(struct guest *guest) {
	union {
		struct cmsghdr align;
		char buffer[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char byte;
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr packet = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.buffer, .msg_controllen = sizeof(control.buffer)
	};
	if (recvmsg(guest->fd, &packet, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0) {
		return;
	}
	const int off = 0;
	setsockopt(guest->fd, SOL_SOCKET, SO_PASSCRED, &off, sizeof(off));
	for (struct cmsghdr *item = CMSG_FIRSTHDR(&packet); item != NULL; item = CMSG_NXTHDR(&packet, item)) {
		struct ucred sender;
		if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_CREDENTIALS &&
			item->cmsg_len == CMSG_LEN(sizeof(sender))) {
			memcpy(&sender, CMSG_DATA(item), sizeof(sender));
			guest->pid = sender.pid;
		}
	}
}

static void dispatch(struct guest *guest) {
	const struct init_header *untrusted = &guest->message.header;
	const struct guest_handler *handler = guest->handler;
	if (untrusted->type == INIT_HELLO) {
		if (guest->greeted || untrusted->value != INIT_VERSION) {
			lose(guest, "coffer-init is of another version: install one version of Cofferdam");
			return;
		}
		guest->greeted = true;
		handler->hello(guest->data, guest->pid);
		return;
	}
	if (!guest->greeted) {
		lose(guest, "coffer-init said something before its greeting");
		return;
	}
	/* The ids are looked up by the receiver: one that it does not know is none. */
	switch ((enum init_type)untrusted->type) {
	case INIT_STARTED:
		handler->started(guest->data, untrusted->id);
		break;
	case INIT_FAILED:
		handler->failed(
			guest->data, untrusted->id, untrusted->value > 0 && untrusted->value < 4096 ? untrusted->value : EINVAL);
		break;
	case INIT_EXITED:
		handler->exited(guest->data, untrusted->id, untrusted->value);
		break;
	case INIT_FROZEN:
	case INIT_THAWED:
		handler->frozen(guest->data, untrusted->type == INIT_FROZEN,
			untrusted->value >= 0 ? (uint32_t)untrusted->value : INT32_MAX);
		break;
	default:
		break; /* init_receive() lets nothing else through */
	}
}

static void handle_readable(void *data, int fd, uint32_t revents) {
	struct guest *guest = data;
	guest->dispatching = true;
	for (int i = 0; i < TURN_MAX && !guest->lost; i++) {
		int fds[INIT_FDS_MAX];
		if (!guest->greeted) {
			look_at_sender(guest);
		}
		enum init_result result = init_receive(fd, INIT_GUEST, &guest->message, fds);
		if (result == INIT_AGAIN) {
			break;
		}
		if (result == INIT_CLOSED) {
			lose(guest, "coffer-init is gone");
		} else {
			dispatch(guest);
		}
	}
	guest->dispatching = false;
	if (guest->destroyed) {
		free(guest);
	}
}

struct guest *guest_create(struct loop *loop, int fd, const struct guest_handler *handler, void *data) {
	struct guest *guest = xcalloc(1, sizeof(*guest));
	guest->fd = fd;
	guest->handler = handler;
	guest->data = data;
	fd_set_nonblock(fd);
	/* What is sent from now on bears its sender's pid. */
	const int on = 1;
	setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	guest->source = loop_add_fd(loop, fd, EPOLLIN, handle_readable, guest);
	if (guest->source == NULL) {
		guest_destroy(guest);
		return NULL;
	}
	return guest;
}

void guest_destroy(struct guest *guest) {
	if (guest == NULL) {
		return;
	}
	loop_remove(guest->source);
	guest->source = NULL;
	fd_close(&guest->fd);
	guest->lost = guest->destroyed = true;
	if (!guest->dispatching) {
		free(guest);
	}
}

bool guest_start(
	struct guest *guest, uint32_t id, char *const *argv, const struct words *environment, int output_fd, int error_fd) {
	struct init_message *message = xcalloc(1, sizeof(*message));
	const int fds[INIT_FDS_MAX] = { output_fd, error_fd };
	bool sent = true;
	init_message_set(message, INIT_START, id, 0);
	for (size_t i = 0; sent && argv[i] != NULL; i++) {
		sent = init_message_add_argument(message, argv[i]);
	}
	for (size_t i = 0; sent && i < environment->len; i++) {
		sent = init_message_add_environment(message, environment->list[i]);
	}
	sent = sent && !guest->lost && init_send(guest->fd, message, fds, INIT_FDS_MAX);
	free(message);
	return sent;
}

static bool send_order(struct guest *guest, enum init_type type) {
	struct init_message *message = xcalloc(1, sizeof(*message));
	init_message_set(message, type, 0, 0);
	bool sent = !guest->lost && init_send(guest->fd, message, NULL, 0);
	free(message);
	return sent;
}

bool guest_terminate(struct guest *guest) {
	return send_order(guest, INIT_TERMINATE);
}

bool guest_freeze(struct guest *guest, bool freeze) {
	return send_order(guest, freeze ? INIT_FREEZE : INIT_THAW);
}
