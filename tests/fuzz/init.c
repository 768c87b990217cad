/*
 * What supervisor and coffer-init say to each other, through a real socket. The input is as in packet.h, but for
 * the header, which is struct init_header.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "base/fd.h"
#include "base/memory.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/packet.h"
#include "wire/init.h"

#define FDS_SENT_MAX 7

/* Two ends of one connection, for the life of the process. */
static const int *ends(void) {
	static int fds[2];
	if (fds[1] == 0) {
		FUZZ_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	}
	return fds;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
	ends();
	return 0;
}

static void send_raw(const void *data, size_t size, size_t fds_len) {
	struct iovec part = { .iov_base = (void *)data, .iov_len = size };
	union {
		struct cmsghdr align;
		char buffer[CMSG_SPACE(sizeof(int) * FDS_SENT_MAX)];
	} control;
	struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
	int fds[FDS_SENT_MAX];
	for (size_t i = 0; i < fds_len; i++) {
		fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
	}
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
	FUZZ_CHECK(sendmsg(ends()[0], &packet, MSG_NOSIGNAL) == (ssize_t)size);
	for (size_t i = 0; i < fds_len; i++) {
		fd_close(&fds[i]);
	}
}

/* The words as the receiver reads them, put into a message again, are the message. */
static void check_words(struct init_message *message) {
	char *argv[INIT_WORDS_MAX + 1], *environment[INIT_WORDS_MAX + 1];
	size_t cursor = 0;
	init_message_words(message, &cursor, message->header.argv_len, argv);
	init_message_words(message, &cursor, message->header.environment_len, environment);
	FUZZ_CHECK(cursor == message->words_length);
	struct init_message *again = xcalloc(1, sizeof(*again));
	init_message_set(again, message->header.type, message->header.id, message->header.value);
	for (char **word = argv; *word != NULL; word++) {
		FUZZ_CHECK(init_message_add_argument(again, *word));
	}
	for (char **word = environment; *word != NULL; word++) {
		FUZZ_CHECK(init_message_add_environment(again, *word));
	}
	FUZZ_CHECK(memcmp(&again->header, &message->header, sizeof(again->header)) == 0);
	FUZZ_CHECK(again->words_length == message->words_length);
	FUZZ_CHECK(memcmp(again->words, message->words, again->words_length) == 0);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size < 1 || size > 2 * INIT_WORDS_SIZE) {
		return 0;
	}
	int lowest = fuzz_lowest_fd();
	enum init_end sender = (data[0] & 1) != 0 ? INIT_GUEST : INIT_SUPERVISOR;
	size_t fds_len = (data[0] >> 1) & 7;
	send_raw(data + 1, size - 1, fds_len);

	struct init_message *message = xcalloc(1, sizeof(*message));
	int fds[INIT_FDS_MAX];
	enum init_result result = init_receive(ends()[1], sender, message, fds);
	FUZZ_CHECK(result != INIT_AGAIN);
	bool starts = result == INIT_MESSAGE && message->header.type == INIT_START;
	for (size_t i = 0; i < INIT_FDS_MAX; i++) {
		FUZZ_CHECK((fds[i] >= 0) == starts);
		fd_close(&fds[i]);
	}
	if (result == INIT_MESSAGE) {
		check_words(message);
	}
	free(message);
	FUZZ_CHECK(fuzz_lowest_fd() == lowest);
	return 0;
}
