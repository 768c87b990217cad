#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

/*
 * Framing for the SOCK_SEQPACKET pairs between our own processes: one packet is one message, a type and a body
 * of fields in a fixed order, with descriptors by SCM_RIGHTS. Both ends are the same machine and build, so
 * integers are in host order. A reader trusts nothing: every get checks bounds and latches message->broken.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_BODY_MAX 32768
#define MESSAGE_FDS_MAX 4

struct message {
	uint32_t type;
	size_t length; /* bytes used in body */
	size_t cursor; /* next byte to get */
	bool broken;   /* a put did not fit, or a get ran past the end or found a bad value */
	int fds[MESSAGE_FDS_MAX];
	size_t fds_len;
	unsigned char body[MESSAGE_BODY_MAX];
};

void message_init(struct message *message, uint32_t type);
/* Closes the descriptors that nobody has taken. */
void message_finish(struct message *message);

void message_put_u32(struct message *message, uint32_t value);
void message_put_u64(struct message *message, uint64_t value);
/* length bytes with their length (u32) before them; with a zero byte inside, message_get_string() refuses them. */
void message_put_bytes(struct message *message, const void *data, size_t length);
void message_put_string(struct message *message, const char *text);
/*
 * Duplicates nothing: the descriptor is closed by message_finish() or given away by channel_send(). One that does
 * not fit, or -1, breaks the message, and is closed.
 */
void message_put_fd(struct message *message, int fd);

uint32_t message_get_u32(struct message *message);
uint64_t message_get_u64(struct message *message);
/*
 * Copies a string into out (size bytes, size > 0); longer ones, and ones with a zero byte or invalid UTF-8, break
 * it and leave out empty.
 */
void message_get_string(struct message *message, char *out, size_t size);
/* A view into body, valid while message lives; NULL and *length = 0 where broken. */
const unsigned char *message_get_bytes(struct message *message, size_t *length);
/* Hands over the next descriptor; -1 and broken where there is none. */
int message_take_fd(struct message *message);
/* True where nothing broke, every byte was read and every descriptor taken. */
bool message_is_done(const struct message *message);

/* One end of a SOCK_SEQPACKET connection: non-blocking, with a bounded queue for what the kernel did not take. */
struct channel;

enum channel_result {
	CHANNEL_CLOSED = -1, /* the peer is gone, or sent what cannot be a message */
	CHANNEL_AGAIN = 0,
	CHANNEL_MESSAGE = 1,
};

/* Takes over fd, sets it non-blocking and close-on-exec. Where fd is none, the channel is broken from the start. */
struct channel *channel_create(int fd);
/* Closes the descriptor and drops what still waits. NULL is allowed. */
void channel_destroy(struct channel *channel);
int channel_get_fd(const struct channel *channel);

/*
 * Sends a message and finishes it, whatever happens. Returns false where the peer is gone or the queue is full
 * (CHANNEL_QUEUE_MAX messages): the channel is then broken and its owner closes it. A message that is itself
 * broken is not sent either (false, logged), which leaves the channel as it was.
 */
bool channel_send(struct channel *channel, struct message *message);
#define CHANNEL_QUEUE_MAX 256
/* True while messages wait for the socket to take them: poll for POLLOUT and call channel_flush(). */
bool channel_is_waiting(const struct channel *channel);
bool channel_flush(struct channel *channel);

/* True where it will send or receive no more. What the peer sent before it went can still be received. */
bool channel_is_broken(const struct channel *channel);

/* On CHANNEL_MESSAGE, message is set and the caller finishes it; otherwise it holds nothing. */
enum channel_result channel_receive(struct channel *channel, struct message *message);

#endif
