#ifndef TESTS_FUZZ_OUTGOING_H
#define TESTS_FUZZ_OUTGOING_H

/* Requests on their way out: put into bytes as the wire protocol says, and some of them changed then. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-util.h>
#include "tests/fuzz/random.h"

struct outgoing;

/* rng is borrowed. rarely: one message in so many is changed; 0: none. */
struct outgoing *outgoing_create(struct rng *rng, size_t rarely);
void outgoing_destroy(struct outgoing *out);

/* Queues a request. Object arguments are ids, in .u; descriptors are taken over. One that does not fit is dropped. */
void outgoing_put(
	struct outgoing *out, uint32_t id, uint32_t opcode, const char *signature, const union wl_argument *arguments);

/* Sends as much as the socket takes. False where the connection is gone. */
bool outgoing_send(struct outgoing *out, int fd);

#endif
