#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "wire/init.h"

/* Room for more than is allowed, so that a sender of too many is seen, and none of them stays open unseen. */
#define CONTROL_FDS_MAX 8

void init_message_set(struct init_message *message, enum init_type type, uint32_t id, int32_t value) {
	message->header = (struct init_header){ .type = type, .id = id, .value = value };
	message->words_length = 0;
}

static bool add_word(struct init_message *message, const char *word) {
	size_t size = strlen(word) + 1;
	size_t count = (size_t)message->header.argv_len + message->header.environment_len;
	if (size > sizeof(message->words) - message->words_length || count >= INIT_WORDS_MAX) {
		return false;
	}
	memcpy(message->words + message->words_length, word, size);
	message->words_length += size;
	return true;
}

bool init_message_add_argument(struct init_message *message, const char *word) {
	if (message->header.environment_len > 0 || !add_word(message, word)) {
		return false;
	}
	message->header.argv_len++;
	return true;
}

bool init_message_add_environment(struct init_message *message, const char *word) {
	if (!add_word(message, word)) {
		return false;
	}
	message->header.environment_len++;
	return true;
}

/* ---- out ---- */

bool init_send(int fd, const struct init_message *message, const int *fds, size_t fds_len) {
	if (fds_len > INIT_FDS_MAX) {
		errno = EINVAL;
		return false;
	}
	struct iovec parts[] = {
		{ .iov_base = (void *)&message->header, .iov_len = sizeof(message->header) },
		{ .iov_base = (void *)message->words, .iov_len = message->words_length },
	};
	union {
		struct cmsghdr align;
		char buffer[CMSG_SPACE(sizeof(int) * INIT_FDS_MAX)];
	} control;
	struct msghdr packet = { .msg_iov = parts, .msg_iovlen = 2 };
	if (fds_len > 0) {
		memset(&control, 0, sizeof(control));
		packet.msg_control = control.buffer;
		packet.msg_controllen = CMSG_SPACE(sizeof(int) * fds_len);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&packet);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int) * fds_len);
		memcpy(CMSG_DATA(rights), fds, sizeof(int) * fds_len);
	}
	ssize_t n;
	do {
		n = sendmsg(fd, &packet, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n >= 0;
}

/* ---- in ---- */

static size_t take_descriptors(struct msghdr *packet, int *taken) {
	size_t len = 0;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(packet); part != NULL; part = CMSG_NXTHDR(packet, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
			continue;
		}
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count && len < CONTROL_FDS_MAX; i++) {
			memcpy(&taken[len++], CMSG_DATA(part) + i * sizeof(int), sizeof(int));
		}
	}
	return len;
}

/* Exactly as many words as the header says, each with its end, and nothing behind them. */
static bool words_are_valid(const struct init_message *untrusted_message) {
	const struct init_header *untrusted = &untrusted_message->header;
	if (untrusted->argv_len > INIT_WORDS_MAX || untrusted->environment_len > INIT_WORDS_MAX) {
		return false;
	}
	size_t count = 0;
	for (size_t i = 0; i < untrusted_message->words_length; i++) {
		count += untrusted_message->words[i] == '\0';
	}
	if (untrusted_message->words_length > 0 && untrusted_message->words[untrusted_message->words_length - 1] != '\0') {
		return false;
	}
	return count == (size_t)untrusted->argv_len + untrusted->environment_len && count <= INIT_WORDS_MAX;
}

bool init_message_is_valid(const struct init_message *untrusted_message, enum init_end sender, size_t fds_len) {
	const struct init_header *untrusted = &untrusted_message->header;
	switch (untrusted->type) {
	case INIT_START:
		return sender == INIT_SUPERVISOR && fds_len == INIT_FDS_MAX && untrusted->argv_len > 0 &&
			words_are_valid(untrusted_message);
	case INIT_TERMINATE:
	case INIT_FREEZE:
	case INIT_THAW:
		if (sender != INIT_SUPERVISOR) {
			return false;
		}
		break;
	case INIT_HELLO:
	case INIT_STARTED:
	case INIT_FAILED:
	case INIT_EXITED:
	case INIT_FROZEN:
	case INIT_THAWED:
		if (sender != INIT_GUEST) {
			return false;
		}
		break;
	default:
		return false;
	}
	return fds_len == 0 && untrusted_message->words_length == 0 && untrusted->argv_len == 0 &&
		untrusted->environment_len == 0;
}

enum init_result init_receive(int fd, enum init_end sender, struct init_message *message, int fds[INIT_FDS_MAX]) {
	struct iovec parts[] = {
		{ .iov_base = &message->header, .iov_len = sizeof(message->header) },
		{ .iov_base = message->words, .iov_len = sizeof(message->words) },
	};
	union {
		struct cmsghdr align;
		char buffer[CMSG_SPACE(sizeof(int) * CONTROL_FDS_MAX)];
	} control;
	struct msghdr packet = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = control.buffer,
		.msg_controllen = sizeof(control.buffer),
	};
	for (size_t i = 0; i < INIT_FDS_MAX; i++) {
		fds[i] = -1;
	}

	ssize_t n;
	do {
		n = recvmsg(fd, &packet, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		return INIT_AGAIN;
	}
	if (n < 0) {
		return INIT_CLOSED;
	}

	/* Also of a packet without a byte, which reads as the end and may bring descriptors all the same. */
	int taken[CONTROL_FDS_MAX];
	size_t taken_len = take_descriptors(&packet, taken);
	bool valid = (size_t)n >= sizeof(message->header) && !(packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
	if (valid) {
		message->words_length = (size_t)n - sizeof(message->header);
		valid = init_message_is_valid(message, sender, taken_len);
	}
	for (size_t i = 0; i < taken_len; i++) {
		if (valid) {
			fds[i] = taken[i];
		} else {
			close(taken[i]);
		}
	}
	return valid ? INIT_MESSAGE : INIT_CLOSED;
}

void init_message_words(struct init_message *message, size_t *cursor, uint32_t count, char **list) {
	for (uint32_t i = 0; i < count; i++) {
		list[i] = message->words + *cursor;
		*cursor += strlen(list[i]) + 1;
	}
	list[count] = NULL;
}
