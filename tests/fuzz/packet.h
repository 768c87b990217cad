#ifndef TESTS_FUZZ_PACKET_H
#define TESTS_FUZZ_PACKET_H

/*
 * A packet between our own processes as an input: a byte (bit 0: which end it comes from; bits 1 to 3: how many
 * descriptors go with it), then the packet as it travels, its type and its body. seeds.c writes such files.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/message.h"

struct fuzz_packet {
	int sender;
	struct message message;
};

/* Makes the packet, with descriptors to /dev/null. False where the input is too short, or too long, to be one. */
bool fuzz_packet_read(struct fuzz_packet *packet, const uint8_t *data, size_t size);

/* The lowest descriptor that is free: the same before and after, where nothing was left open. */
int fuzz_lowest_fd(void);

/* Two ends of one connection, for the life of the process. */
struct channel *fuzz_channel(int end);

/* What was decoded and sent again has to come out of the other end as it was. */
void fuzz_check_received(const struct message *first);

#endif
