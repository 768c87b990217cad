#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/fd.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/packet.h"

bool fuzz_packet_read(struct fuzz_packet *packet, const uint8_t *data, size_t size) {
	uint32_t type;
	if (size < 1 + sizeof(type) || size - 1 - sizeof(type) > MESSAGE_BODY_MAX) {
		return false;
	}
	memcpy(&type, data + 1, sizeof(type));
	packet->sender = data[0] & 1;
	message_init(&packet->message, type);
	packet->message.length = size - 1 - sizeof(type);
	memcpy(packet->message.body, data + 1 + sizeof(type), packet->message.length);
	for (int fds = (data[0] >> 1) & 7; fds > 0 && packet->message.fds_len < MESSAGE_FDS_MAX; fds--) {
		message_put_fd(&packet->message, open("/dev/null", O_RDWR | O_CLOEXEC));
	}
	return true;
}

int fuzz_lowest_fd(void) {
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC), lowest = fd;
	FUZZ_CHECK(fd >= 0);
	fd_close(&fd);
	return lowest;
}

struct channel *fuzz_channel(int end) {
	static struct channel *channels[2];
	if (channels[0] == NULL) {
		int fds[2];
		FUZZ_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
		channels[0] = channel_create(fds[0]);
		channels[1] = channel_create(fds[1]);
	}
	return channels[end];
}

void fuzz_check_received(const struct message *first) {
	struct message second;
	FUZZ_CHECK(channel_receive(fuzz_channel(1), &second) == CHANNEL_MESSAGE);
	FUZZ_CHECK(second.type == first->type);
	FUZZ_CHECK(second.length == first->length);
	FUZZ_CHECK(memcmp(second.body, first->body, first->length) == 0);
	message_finish(&second);
}
