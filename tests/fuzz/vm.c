/*
 * What coffer-vm and coffer-guest say to each other, through a real stream. The input is a byte (bit 0: which end it
 * comes from; the others: in pieces of how many bytes, or all at once), then the stream.
 */

#include <string.h>
#include <sys/socket.h>
#include "base/fd.h"
#include "base/memory.h"
#include "tests/fuzz/fuzz.h"
#include "wire/vm.h"

#define STREAM_MAX 100000 /* what the socket takes at once */

struct state {
	struct vm_reader reader;
	struct vm_writer writer;
	struct vm_frame frame;
};

/* The frame put into a queue again is what came. */
static void check_frame(struct state *state, const uint8_t *data, size_t *at, size_t size) {
	const struct vm_header *header = &state->frame.header;
	state->writer.start = state->writer.end = 0;
	FUZZ_CHECK(vm_send(&state->writer, (enum vm_type)header->type, header->value,
		header->type == VM_INIT ? &state->frame.message : NULL));
	FUZZ_CHECK(state->writer.end <= size - *at);
	FUZZ_CHECK(memcmp(state->writer.bytes, data + *at, state->writer.end) == 0);
	*at += state->writer.end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size == 0 || size > STREAM_MAX) {
		return 0;
	}
	int fds[2];
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	enum init_end sender = (data[0] & 1) != 0 ? INIT_GUEST : INIT_SUPERVISOR;
	size_t piece = data[0] >> 1;
	if (piece == 0) {
		piece = size;
	}
	data++;
	size--;

	struct state *state = xcalloc(1, sizeof(*state));
	enum vm_result result = VM_AGAIN;
	size_t sent = 0, taken = 0;
	while (sent < size && result != VM_CLOSED) {
		size_t length = piece < size - sent ? piece : size - sent;
		FUZZ_CHECK(send(fds[0], data + sent, length, MSG_NOSIGNAL) == (ssize_t)length);
		sent += length;
		while ((result = vm_receive(&state->reader, fds[1], sender, &state->frame)) == VM_FRAME) {
			check_frame(state, data, &taken, sent);
		}
		/* What is no frame yet is less than one. */
		FUZZ_CHECK(
			result == VM_CLOSED || (taken + state->reader.length == sent && state->reader.length < VM_FRAME_MAX));
	}
	fd_close(&fds[0]);
	if (result != VM_CLOSED) {
		FUZZ_CHECK(vm_receive(&state->reader, fds[1], sender, &state->frame) == VM_CLOSED);
	}
	fd_close(&fds[1]);
	free(state);
	return 0;
}
