/* What supervisor and compositor say to each other: what is accepted means one thing, and says it again as it was. */

#include "base/log.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/packet.h"
#include "wire/session.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
	log_init("fuzz", LOG_ERROR);
	fuzz_channel(0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	int lowest = fuzz_lowest_fd();
	struct fuzz_packet packet;
	struct session_message decoded;
	if (!fuzz_packet_read(&packet, data, size)) {
		return 0;
	}
	if (session_decode(&packet.message, packet.sender, &decoded)) {
		/* The descriptors are taken over and closed. */
		FUZZ_CHECK(session_send(fuzz_channel(0), packet.sender, &decoded));
		fuzz_check_received(&packet.message);
	}
	message_finish(&packet.message);
	FUZZ_CHECK(fuzz_lowest_fd() == lowest);
	return 0;
}
