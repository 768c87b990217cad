#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/message.h"
#include "base/utf8.h"

/* ---- messages ---- */

void message_init(struct message *message, uint32_t type) {
	/* The body is left as it is: only the first length bytes of it ever mean anything. */
	message->type = type;
	message->length = 0;
	message->cursor = 0;
	message->broken = false;
	message->fds_len = 0;
	for (size_t i = 0; i < MESSAGE_FDS_MAX; i++) {
		message->fds[i] = -1;
	}
}

static void close_fds(int *fds, size_t len) {
	for (size_t i = 0; i < len; i++) {
		fd_close(&fds[i]);
	}
}

void message_finish(struct message *message) {
	close_fds(message->fds, message->fds_len);
	message->fds_len = 0;
}

static void put(struct message *message, const void *data, size_t size) {
	if (message->broken || size > sizeof(message->body) - message->length) {
		message->broken = true;
		return;
	}
	if (size > 0) {
		memcpy(message->body + message->length, data, size);
	}
	message->length += size;
}

void message_put_u32(struct message *message, uint32_t value) {
	put(message, &value, sizeof(value));
}

void message_put_u64(struct message *message, uint64_t value) {
	put(message, &value, sizeof(value));
}

void message_put_bytes(struct message *message, const void *data, size_t length) {
	if (length > MESSAGE_BODY_MAX) {
		message->broken = true;
		return;
	}
	message_put_u32(message, (uint32_t)length);
	put(message, data, length);
}

void message_put_string(struct message *message, const char *text) {
	message_put_bytes(message, text, strlen(text));
}

void message_put_fd(struct message *message, int fd) {
	if (fd < 0 || message->fds_len == MESSAGE_FDS_MAX) {
		message->broken = true;
		fd_close(&fd);
		return;
	}
	message->fds[message->fds_len++] = fd;
}

/* The next size bytes, or NULL where there are not so many. */
static const unsigned char *get(struct message *message, size_t size) {
	if (message->broken || size > message->length - message->cursor) {
		message->broken = true;
		return NULL;
	}
	const unsigned char *data = message->body + message->cursor;
	message->cursor += size;
	return data;
}

uint32_t message_get_u32(struct message *message) {
	uint32_t value = 0;
	const unsigned char *data = get(message, sizeof(value));
	if (data != NULL) {
		memcpy(&value, data, sizeof(value));
	}
	return value;
}

uint64_t message_get_u64(struct message *message) {
	uint64_t value = 0;
	const unsigned char *data = get(message, sizeof(value));
	if (data != NULL) {
		memcpy(&value, data, sizeof(value));
	}
	return value;
}

const unsigned char *message_get_bytes(struct message *message, size_t *length) {
	*length = 0;
	uint32_t untrusted_length = message_get_u32(message);
	const unsigned char *data = get(message, untrusted_length);
	if (data != NULL) {
		*length = untrusted_length;
	}
	return data;
}

void message_get_string(struct message *message, char *out, size_t size) {
	size_t length;
	const unsigned char *untrusted_data = message_get_bytes(message, &length);
	out[0] = '\0';
	if (untrusted_data == NULL) {
		return;
	}
	if (length >= size || memchr(untrusted_data, '\0', length) != NULL ||
		!utf8_is_valid((const char *)untrusted_data, length)) {
		message->broken = true;
		return;
	}
	memcpy(out, untrusted_data, length);
	out[length] = '\0';
}

int message_take_fd(struct message *message) {
	if (message->broken || message->fds_len == 0) {
		message->broken = true;
		return -1;
	}
	int fd = message->fds[0];
	message->fds_len--;
	memmove(message->fds, message->fds + 1, message->fds_len * sizeof(message->fds[0]));
	message->fds[message->fds_len] = -1;
	return fd;
}

bool message_is_done(const struct message *message) {
	return !message->broken && message->cursor == message->length && message->fds_len == 0;
}

/* ---- channels ---- */

/* What the kernel did not take yet: as struct message, but of its own length. */
struct packet {
	struct packet *next;
	uint32_t type;
	size_t length;
	int fds[MESSAGE_FDS_MAX];
	size_t fds_len;
	unsigned char body[];
};

struct channel {
	int fd;
	bool send_broken;    /* the peer takes no more, or the queue ran over */
	bool receive_broken; /* the peer ended, or sent what cannot be a message */
	struct packet *queue, **queue_end;
	size_t queue_len;
};

/* Room for the descriptors of one packet, aligned as the kernel wants it. */
union fds_control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(MESSAGE_FDS_MAX * sizeof(int))];
};

struct channel *channel_create(int fd) {
	if (!fd_set_nonblock(fd) || !fd_set_cloexec(fd, true)) {
		log_error("channel: descriptor %d: %s", fd, strerror(errno));
		fd_close(&fd);
	}
	struct channel *channel = xcalloc(1, sizeof(*channel));
	channel->fd = fd;
	channel->send_broken = channel->receive_broken = fd < 0;
	channel->queue_end = &channel->queue;
	return channel;
}

static void queue_pop(struct channel *channel) {
	struct packet *packet = channel->queue;
	channel->queue = packet->next;
	if (channel->queue == NULL) {
		channel->queue_end = &channel->queue;
	}
	channel->queue_len--;
	close_fds(packet->fds, packet->fds_len);
	free(packet);
}

/* Nothing more will be sent: what waits is dropped and its descriptors closed. */
static void break_sending(struct channel *channel) {
	channel->send_broken = true;
	while (channel->queue != NULL) {
		queue_pop(channel);
	}
}

void channel_destroy(struct channel *channel) {
	if (channel == NULL) {
		return;
	}
	break_sending(channel);
	fd_close(&channel->fd);
	free(channel);
}

int channel_get_fd(const struct channel *channel) {
	return channel->fd;
}

bool channel_is_waiting(const struct channel *channel) {
	return channel->queue != NULL;
}

bool channel_is_broken(const struct channel *channel) {
	return channel->send_broken || channel->receive_broken;
}

/* Returns 1 when sent, 0 when the kernel has no room now, -1 with errno set when it never will. */
static int send_packet(int fd, uint32_t type, const void *body, size_t length, const int *fds, size_t fds_len) {
	struct iovec parts[] = {
		{ .iov_base = &type, .iov_len = sizeof(type) },
		{ .iov_base = (void *)body, .iov_len = length },
	};
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 };

	union fds_control control;
	if (fds_len > 0) {
		memset(&control, 0, sizeof(control));
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(fds_len * sizeof(int));
		struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);
		/* analyzer: not NULL, since a descriptor's space has room for a header */
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(fds_len * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, fds_len * sizeof(int));
	}

	ssize_t sent;
	do {
		sent = sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);

	if (sent >= 0) {
		return 1; /* a packet goes whole or not at all */
	}
	return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
}

static bool queue_push(struct channel *channel, struct message *message) {
	if (channel->queue_len == CHANNEL_QUEUE_MAX) {
		log_error("channel: the other end does not read: %d messages are waiting", CHANNEL_QUEUE_MAX);
		return false;
	}
	struct packet *packet = xcalloc(1, sizeof(*packet) + message->length);
	packet->type = message->type;
	packet->length = message->length;
	memcpy(packet->body, message->body, message->length);
	memcpy(packet->fds, message->fds, message->fds_len * sizeof(message->fds[0]));
	packet->fds_len = message->fds_len;
	message->fds_len = 0; /* the packet's now */

	*channel->queue_end = packet;
	channel->queue_end = &packet->next;
	channel->queue_len++;
	return true;
}

bool channel_send(struct channel *channel, struct message *message) {
	bool accepted = false;

	if (message->broken) {
		log_error("channel: message %u does not fit its form", message->type);
		goto out;
	}
	/* Never past what already waits, or messages would change places. */
	if (!channel_flush(channel)) {
		goto out;
	}
	int sent = 0;
	if (channel->queue == NULL) {
		sent = send_packet(channel->fd, message->type, message->body, message->length, message->fds, message->fds_len);
	}
	accepted = sent > 0 || (sent == 0 && queue_push(channel, message));
	if (!accepted) {
		break_sending(channel);
	}

out:
	message_finish(message);
	return accepted;
}

bool channel_flush(struct channel *channel) {
	while (!channel->send_broken && channel->queue != NULL) {
		struct packet *packet = channel->queue;
		int sent = send_packet(channel->fd, packet->type, packet->body, packet->length, packet->fds, packet->fds_len);
		if (sent == 0) {
			break;
		}
		if (sent < 0) {
			break_sending(channel);
		} else {
			queue_pop(channel);
		}
	}
	return !channel->send_broken;
}

/*
 * Moves received descriptors into message; all of them, so that none stays open in secret. False where there
 * were more than a message holds.
 */
static bool take_received_fds(struct msghdr *header, struct message *message) {
	bool fits = true;
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(header); cmsg != NULL; cmsg = CMSG_NXTHDR(header, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS) {
			continue;
		}
		size_t len = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < len; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
			if (message->fds_len < MESSAGE_FDS_MAX) {
				message->fds[message->fds_len++] = fd;
			} else {
				fd_close(&fd);
				fits = false;
			}
		}
	}
	return fits;
}

enum channel_result channel_receive(struct channel *channel, struct message *message) {
	message_init(message, 0);
	if (channel->receive_broken) {
		return CHANNEL_CLOSED;
	}

	uint32_t untrusted_type = 0;
	struct iovec parts[] = {
		{ .iov_base = &untrusted_type, .iov_len = sizeof(untrusted_type) },
		{ .iov_base = message->body, .iov_len = sizeof(message->body) },
	};
	union fds_control control;
	struct msghdr header = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t received;
	do {
		received = recvmsg(channel->fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (received < 0 && errno == EINTR);

	if (received < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return CHANNEL_AGAIN;
		}
		channel->receive_broken = true;
		return CHANNEL_CLOSED;
	}

	/* Zero bytes are the end, or a packet without even a type: no message either way. */
	bool whole = take_received_fds(&header, message) && !(header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
		(size_t)received >= sizeof(untrusted_type);
	if (!whole) {
		if (received > 0) {
			log_warn("channel: refused a packet that is too short, too long, or has too many descriptors");
		}
		message_finish(message);
		channel->receive_broken = true;
		return CHANNEL_CLOSED;
	}
	message->type = untrusted_type;
	message->length = (size_t)received - sizeof(untrusted_type);
	return CHANNEL_MESSAGE;
}
