#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/message.h"

/* A channel and the bare socket of a peer that says what it likes. */
struct ends {
	struct channel *channel;
	int peer;
	size_t open_before; /* descriptors of this process */
};

static size_t count_open(void) {
	size_t count = 0;
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count;
}

static int setup(void **state) {
	struct ends *ends = calloc(1, sizeof(*ends));
	ends->open_before = count_open();
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) != 0) {
		return -1;
	}
	ends->channel = channel_create(fds[0]);
	ends->peer = fds[1];
	*state = ends;
	return 0;
}

/* Whatever the test did, no descriptor is left. */
static int teardown(void **state) {
	struct ends *ends = *state;
	channel_destroy(ends->channel);
	if (ends->peer >= 0) {
		close(ends->peer);
	}
	size_t left = count_open();
	bool leaked = left != ends->open_before;
	if (leaked) {
		print_error("%zu descriptors before, %zu after\n", ends->open_before, left);
	}
	free(ends);
	return leaked ? -1 : 0;
}

/* Sends any bytes with len copies of a descriptor. */
static void send_raw(int socket, const void *data, size_t size, size_t len) {
	int fds[16];
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(fds))];
	} control = { 0 };
	struct iovec part = { .iov_base = (void *)data, .iov_len = size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	assert_true(len <= 16);
	for (size_t i = 0; i < len; i++) {
		fds[i] = STDERR_FILENO;
	}
	if (len > 0) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(len * sizeof(int));
		struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(len * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, len * sizeof(int));
	}
	assert_int_equal(sendmsg(socket, &header, MSG_NOSIGNAL), size);
}

static void test_attributes(void **state) {
	struct ends *ends = *state;
	int fd = channel_get_fd(ends->channel);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);

	struct message message;
	assert_int_equal(channel_receive(ends->channel, &message), CHANNEL_AGAIN);
	assert_false(channel_is_broken(ends->channel));
	assert_false(channel_is_waiting(ends->channel));
	assert_true(channel_flush(ends->channel));
}

static void test_no_descriptor(void **state) {
	struct channel *channel = channel_create(-1);
	struct message message;
	assert_true(channel_is_broken(channel));
	assert_int_equal(channel_receive(channel, &message), CHANNEL_CLOSED);
	message_init(&message, 1);
	assert_false(channel_send(channel, &message));
	channel_destroy(channel);
	channel_destroy(NULL);
}

static void test_round_trip_with_fds(void **state) {
	struct ends *ends = *state;
	struct channel *other = channel_create(ends->peer);
	ends->peer = -1;
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	struct stat sent[2], received[2];
	fstat(pipes[0], &sent[0]);
	fstat(pipes[1], &sent[1]);

	struct message message;
	message_init(&message, 77);
	message_put_string(&message, "hello");
	message_put_fd(&message, pipes[0]);
	message_put_fd(&message, pipes[1]);
	assert_true(channel_send(ends->channel, &message));
	assert_int_equal(fcntl(pipes[0], F_GETFD), -1); /* finished: ours are closed */
	assert_int_equal(fcntl(pipes[1], F_GETFD), -1);

	char text[8];
	assert_int_equal(channel_receive(other, &message), CHANNEL_MESSAGE);
	assert_int_equal(message.type, 77);
	message_get_string(&message, text, sizeof(text));
	assert_string_equal(text, "hello");
	assert_int_equal(message.fds_len, 2);
	for (size_t i = 0; i < 2; i++) {
		int fd = message_take_fd(&message);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		fstat(fd, &received[i]);
		assert_true(received[i].st_ino == sent[i].st_ino && received[i].st_dev == sent[i].st_dev);
		assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, i == 0 ? O_RDONLY : O_WRONLY);
		close(fd);
	}
	assert_true(message_is_done(&message));
	channel_destroy(other);
}

static void test_largest_message(void **state) {
	static const char data[MESSAGE_BODY_MAX - 4];
	struct ends *ends = *state;
	struct channel *other = channel_create(ends->peer);
	ends->peer = -1;
	struct message message;
	message_init(&message, 1);
	message_put_bytes(&message, data, sizeof(data));
	assert_true(channel_send(ends->channel, &message));
	assert_int_equal(channel_receive(other, &message), CHANNEL_MESSAGE);
	assert_int_equal(message.length, MESSAGE_BODY_MAX);
	channel_destroy(other);
}

static char packet[4 + MESSAGE_BODY_MAX + 100];

static const struct {
	size_t size;
	size_t fds;
	bool accepted;
} packets[] = {
	{ 4, 0, true },
	{ 4, 1, true },
	{ 4, MESSAGE_FDS_MAX, true },
	{ 4 + MESSAGE_BODY_MAX, MESSAGE_FDS_MAX, true },
	{ 1, 0, false },
	{ 3, 0, false },
	{ 3, 2, false },
	{ 0, 0, false },
	{ 4 + MESSAGE_BODY_MAX + 1, 0, false },
	{ sizeof(packet), MESSAGE_FDS_MAX, false },
	{ 4, MESSAGE_FDS_MAX + 1, false },
	{ 4, 16, false },
	{ 2, 16, false },
};

static void test_hostile_packets(void **state) {
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		void *inner;
		assert_int_equal(setup(&inner), 0);
		struct ends *ends = inner;
		size_t open = count_open();
		struct message message;

		send_raw(ends->peer, packet, packets[i].size, packets[i].fds);
		send_raw(ends->peer, packet, 4, 0);
		enum channel_result result = channel_receive(ends->channel, &message);
		if ((result == CHANNEL_MESSAGE) != packets[i].accepted) {
			fail_msg("row %zu should be %s", i, packets[i].accepted ? "accepted" : "refused");
		}
		if (packets[i].accepted) {
			assert_int_equal(message.fds_len, packets[i].fds);
			assert_int_equal(message.length, packets[i].size - 4);
			message_finish(&message);
		} else {
			/* That was the last word, though a good packet lies behind it. */
			assert_int_equal(result, CHANNEL_CLOSED);
			assert_int_equal(message.fds_len, 0);
			assert_int_equal(channel_receive(ends->channel, &message), CHANNEL_CLOSED);
			assert_true(channel_is_broken(ends->channel));
		}
		assert_int_equal(count_open(), open);
		assert_int_equal(teardown(&inner), 0);
	}
}

static void test_peer_gone(void **state) {
	struct ends *ends = *state;
	send_raw(ends->peer, "\x07\0\0\0", 4, 0);
	close(ends->peer);
	ends->peer = -1;

	/* SIGPIPE would end the test here. */
	struct message message;
	message_init(&message, 1);
	message_put_fd(&message, dup(STDERR_FILENO));
	assert_false(channel_send(ends->channel, &message));
	assert_true(channel_is_broken(ends->channel));
	assert_false(channel_flush(ends->channel));

	/* Its last words are still to be had. */
	assert_int_equal(channel_receive(ends->channel, &message), CHANNEL_MESSAGE);
	assert_int_equal(message.type, 7);
	assert_int_equal(channel_receive(ends->channel, &message), CHANNEL_CLOSED);
}

static void test_broken_message_is_not_sent(void **state) {
	struct ends *ends = *state;
	struct message message;
	message_init(&message, 1);
	message_put_fd(&message, dup(STDERR_FILENO));
	message_put_fd(&message, -1);
	assert_false(channel_send(ends->channel, &message));
	assert_false(channel_is_broken(ends->channel));
	char byte;
	assert_int_equal(recv(ends->peer, &byte, 1, MSG_DONTWAIT), -1);
}

static bool send_numbered(struct channel *channel, uint32_t number) {
	static const char padding[8000];
	struct message message;
	message_init(&message, number);
	message_put_bytes(&message, padding, sizeof(padding));
	message_put_fd(&message, dup(STDERR_FILENO));
	return channel_send(channel, &message);
}

/* The socket fills, the rest waits, and all arrive once and in order, while more is sent and after. */
static void test_queue_keeps_order(void **state) {
	struct ends *ends = *state;
	struct channel *other = channel_create(ends->peer);
	ends->peer = -1;
	uint32_t sent = 0, received = 0;
	/* Three times full to empty: a queue that has been used up must be as good as new. */
	for (uint32_t end = 200; end <= 600; end += 200) {
		bool waited = false;
		while (received < end) {
			while (sent < end && sent - received < 100) {
				assert_true(send_numbered(ends->channel, sent++));
			}
			waited |= channel_is_waiting(ends->channel);
			struct message message;
			assert_int_equal(channel_receive(other, &message), CHANNEL_MESSAGE);
			assert_int_equal(message.type, received);
			assert_int_equal(message.length, 8004);
			assert_int_equal(message.fds_len, 1);
			message_finish(&message);
			received++;
			assert_true(channel_flush(ends->channel));
		}
		assert_true(waited);
		assert_false(channel_is_waiting(ends->channel));
	}
	channel_destroy(other);
}

static void test_queue_is_bounded(void **state) {
	struct ends *ends = *state;
	uint32_t in_kernel = 0, queued = 0;
	while (!channel_is_waiting(ends->channel)) {
		assert_true(in_kernel < 10000);
		assert_true(send_numbered(ends->channel, in_kernel++));
	}
	queued = 1;
	while (send_numbered(ends->channel, 0)) {
		queued++;
		assert_true(queued <= CHANNEL_QUEUE_MAX);
	}
	assert_int_equal(queued, CHANNEL_QUEUE_MAX);

	/* Broken for good: nothing waits, nothing more is taken. */
	assert_true(channel_is_broken(ends->channel));
	assert_false(channel_is_waiting(ends->channel));
	assert_false(channel_flush(ends->channel));
	assert_false(send_numbered(ends->channel, 0));
}

/* A channel that goes while messages wait closes their descriptors: teardown counts. */
static void test_destroyed_while_waiting(void **state) {
	struct ends *ends = *state;
	for (uint32_t i = 0; i < 10 || !channel_is_waiting(ends->channel); i++) {
		assert_true(send_numbered(ends->channel, i));
	}
}

static void test_peer_gone_while_waiting(void **state) {
	struct ends *ends = *state;
	for (uint32_t i = 0; i < 10 || !channel_is_waiting(ends->channel); i++) {
		assert_true(send_numbered(ends->channel, i));
	}
	close(ends->peer);
	ends->peer = -1;
	assert_false(channel_flush(ends->channel));
	assert_false(channel_is_waiting(ends->channel));
}

#define with_ends(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		with_ends(test_attributes),
		cmocka_unit_test(test_no_descriptor),
		with_ends(test_round_trip_with_fds),
		with_ends(test_largest_message),
		cmocka_unit_test(test_hostile_packets),
		with_ends(test_peer_gone),
		with_ends(test_broken_message_is_not_sent),
		with_ends(test_queue_keeps_order),
		with_ends(test_queue_is_bounded),
		with_ends(test_destroyed_while_waiting),
		with_ends(test_peer_gone_while_waiting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
