#include "compositor/receive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <wayland-server-core.h>

#include "base/fd.h"
#include "base/memory.h"

#define PARTS_MAX 8 /* libwayland reads into two */
#define DISCARD_MAX 64 /* pieces; more than a socket holds */

struct receiver {
	int fd;
	size_t (*allow)(void *data);
	void *data;
	bool ended; /* what it was allowed it has had, and libwayland is about to read on */
	bool had_some; /* the last call has brought something, which libwayland is still to handle */
	uint64_t bytes, descriptors;
};

/*
 * The one place that cannot be handed its context: recvmsg() is called with a descriptor and no more. Threads of drivers
 * and libraries read sockets too, which are none of ours: each thread sees only what it has named itself.
 */
static _Thread_local struct {
	struct receiver **by_fd;
	size_t len, used;
} receivers;

static struct receiver *find(int fd) {
	return fd >= 0 && (size_t)fd < receivers.len ? receivers.by_fd[fd] : NULL;
}

/* ---- reading ---- */

static ssize_t receive(int fd, struct msghdr *message, int flags) {
	return syscall(SYS_recvmsg, fd, message, flags);
}

static uint64_t count_descriptors(struct msghdr *message) {
	uint64_t count = 0;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
			count += (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		}
	}
	return count;
}

/* Cuts them to so many bytes. Returns how many parts are left. */
static size_t shorten(struct iovec *parts, size_t len, size_t bytes) {
	for (size_t i = 0; i < len; i++) {
		if (parts[i].iov_len >= bytes) {
			parts[i].iov_len = bytes;
			return i + 1;
		}
		bytes -= parts[i].iov_len;
	}
	return len;
}

static size_t count_bytes(const struct msghdr *message) {
	size_t bytes = 0;
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		bytes += message->msg_iov[i].iov_len;
	}
	return bytes;
}

static ssize_t receive_part(int fd, struct msghdr *message, int flags, size_t bytes) {
	struct iovec parts[PARTS_MAX], *whole = message->msg_iov;
	size_t whole_len = message->msg_iovlen, len = whole_len < PARTS_MAX ? whole_len : PARTS_MAX;
	memcpy(parts, whole, len * sizeof(parts[0]));
	message->msg_iov = parts;
	message->msg_iovlen = shorten(parts, len, bytes);
	ssize_t received = receive(fd, message, flags);
	message->msg_iov = whole;
	message->msg_iovlen = whole_len;
	return received;
}

/*
 * What libwayland is told where nothing follows any more, because the other end has closed its half. By itself it takes that
 * for the end only if it has no part of a message left, and else would ask again without pause, for ever.
 */
static ssize_t tell_end(bool had_some) {
	errno = had_some ? EAGAIN : ECONNRESET;
	return -1;
}

/* libwayland reads until its buffer is full or there is no more, and only then handles what it has. */
static ssize_t receive_allowed(struct receiver *receiver, struct msghdr *message, int flags) {
	bool had_some = receiver->had_some;
	size_t bytes = receiver->ended ? 0 : receiver->allow(receiver->data);
	receiver->ended = receiver->had_some = false;
	if (bytes == 0) {
		errno = EAGAIN;
		return -1;
	}
	ssize_t received;
	if (bytes < count_bytes(message)) {
		received = receive_part(receiver->fd, message, flags, bytes);
		receiver->ended = received > 0;
	} else {
		received = receive(receiver->fd, message, flags);
	}
	if (received == 0) {
		return tell_end(had_some);
	}
	if (received > 0) {
		receiver->had_some = true;
		receiver->bytes += (uint64_t)received;
		receiver->descriptors += count_descriptors(message);
	}
	return received;
}

/* libc's, in the whole program. */
__attribute__((visibility("default"))) ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
	struct receiver *receiver = find(fd);
	return receiver != NULL ? receive_allowed(receiver, message, flags) : receive(fd, message, flags);
}

/* ---- whose reads are bounded ---- */

struct receiver *receiver_create(int fd, size_t (*allow)(void *data), void *data) {
	struct receiver *receiver = xcalloc(1, sizeof(*receiver));
	receiver->fd = fd;
	receiver->allow = allow;
	receiver->data = data;
	if ((size_t)fd >= receivers.len) {
		size_t len = ((size_t)fd + 1) * 2;
		receivers.by_fd = xrealloc_array(receivers.by_fd, len, sizeof(receivers.by_fd[0]));
		memset(receivers.by_fd + receivers.len, 0, (len - receivers.len) * sizeof(receivers.by_fd[0]));
		receivers.len = len;
	}
	receivers.by_fd[fd] = receiver;
	receivers.used++;
	return receiver;
}

void receiver_destroy(struct receiver *receiver) {
	if (receiver == NULL) {
		return;
	}
	receivers.by_fd[receiver->fd] = NULL;
	free(receiver);
	if (--receivers.used == 0) {
		free(receivers.by_fd);
		receivers.by_fd = NULL;
		receivers.len = 0;
	}
}

uint64_t receiver_count_bytes(const struct receiver *receiver) {
	return receiver->bytes;
}

uint64_t receiver_count_descriptors(const struct receiver *receiver) {
	return receiver->descriptors;
}

uint64_t receive_count_descriptors(int fd) {
	const struct receiver *receiver = find(fd);
	return receiver != NULL ? receiver->descriptors : 0;
}

void receiver_discard(struct receiver *receiver) {
	char untrusted_bytes[16384];
	shutdown(receiver->fd, SHUT_RD);
	for (int i = 0; i < DISCARD_MAX && recv(receiver->fd, untrusted_bytes, sizeof(untrusted_bytes), MSG_DONTWAIT) > 0; i++) {
		/* descriptors that come with it are closed by the kernel: there is nowhere to put them */
	}
}

/* ---- the trial ---- */

static size_t allow_none(void *data) {
	bool *asked = data;
	*asked = true;
	return 0;
}

bool receive_is_in_force(void) {
	bool asked = false;
	int fds[2] = {-1, -1};
	struct wl_display *display = wl_display_create();
	if (display == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
		goto out;
	}
	struct wl_client *client = wl_client_create(display, fds[0]);
	if (client == NULL) {
		goto out;
	}
	struct receiver *receiver = receiver_create(fds[0], allow_none, &asked);
	if (write(fds[1], "", 1) == 1) {
		wl_event_loop_dispatch(wl_display_get_event_loop(display), 0);
	}
	receiver_destroy(receiver);
	wl_client_destroy(client); /* with its descriptor */
	fds[0] = -1;
out:
	fd_close(&fds[0]);
	fd_close(&fds[1]);
	if (display != NULL) {
		wl_display_destroy(display);
	}
	return asked;
}
