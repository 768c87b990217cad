#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/fd.h"
#include "base/memory.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/outgoing.h"

#define OUT_SIZE 65536
#define MESSAGE_MAX 4096
#define HEADER_SIZE 8
#define FDS_MAX 28

struct outgoing {
	struct rng *rng;
	size_t rarely;
	uint8_t bytes[OUT_SIZE];
	size_t length;
	int fds[FDS_MAX];
	size_t fds_len;
	uint8_t last[MESSAGE_MAX]; /* the message before */
	size_t last_size;
};

/* One message while it is made. */
struct packet {
	uint8_t bytes[MESSAGE_MAX];
	size_t size;
};

struct outgoing *outgoing_create(struct rng *rng, size_t rarely) {
	struct outgoing *out = xcalloc(1, sizeof(*out));
	out->rng = rng;
	out->rarely = rarely;
	return out;
}

static void drop_fds(struct outgoing *out) {
	while (out->fds_len > 0) {
		fd_close(&out->fds[--out->fds_len]);
	}
}

void outgoing_destroy(struct outgoing *out) {
	drop_fds(out);
	free(out);
}

/* ---- encoding ---- */

static void put_number(struct packet *packet, uint32_t number) {
	if (MESSAGE_MAX - packet->size >= sizeof(number)) {
		memcpy(packet->bytes + packet->size, &number, sizeof(number));
		packet->size += sizeof(number);
	}
}

static void put_bytes(struct packet *packet, const void *data, size_t size) {
	size_t padded = (size + 3) & ~(size_t)3;
	if (padded + sizeof(uint32_t) > MESSAGE_MAX - packet->size) {
		size = padded = 0;
	}
	put_number(packet, (uint32_t)size);
	if (size > 0) {
		memcpy(packet->bytes + packet->size, data, size);
		memset(packet->bytes + packet->size + size, 0, padded - size);
		packet->size += padded;
	}
}

static void put_fd(struct outgoing *out, int fd) {
	if (out->fds_len < FDS_MAX && fd >= 0) {
		out->fds[out->fds_len++] = fd;
	} else {
		fd_close(&fd);
	}
}

static void put_argument(struct outgoing *out, struct packet *packet, char kind, const union wl_argument *argument) {
	switch (kind) {
	case 's':
		if (argument->s == NULL) {
			put_number(packet, 0);
		} else {
			put_bytes(packet, argument->s, strlen(argument->s) + 1);
		}
		break;
	case 'a':
		put_bytes(packet, argument->a->data, argument->a->size);
		break;
	case 'h':
		put_fd(out, argument->h);
		break;
	default:
		put_number(packet, argument->u);
	}
}

/* ---- changing ---- */

static void set_word(struct packet *packet, size_t index, uint32_t number) {
	memcpy(packet->bytes + index * sizeof(number), &number, sizeof(number));
}

static uint32_t get_word(const struct packet *packet, size_t index) {
	uint32_t number;
	memcpy(&number, packet->bytes + index * sizeof(number), sizeof(number));
	return number;
}

static void change(struct outgoing *out, struct packet *packet) {
	struct rng *rng = out->rng;
	size_t words = packet->size / sizeof(uint32_t);
	switch (rng_below(rng, 12)) {
	case 0: /* another object */
		set_word(packet, 0, rng_one(rng, 3) ? rng_odd_number(rng) : (uint32_t)rng_below(rng, 64));
		break;
	case 1: /* another request */
		set_word(packet, 1, (get_word(packet, 1) & 0xffff0000) | (uint32_t)rng_below(rng, 24));
		break;
	case 2: /* another length than it has */
		set_word(packet, 1, (get_word(packet, 1) & 0xffff) | (rng_odd_number(rng) << 16));
		break;
	case 3: /* cut off, and said so */
		packet->size = HEADER_SIZE + rng_below(rng, words - 1) * sizeof(uint32_t);
		set_word(packet, 1, (get_word(packet, 1) & 0xffff) | (uint32_t)packet->size << 16);
		break;
	case 4:
		packet->size = mutate(rng, packet->bytes, packet->size, MESSAGE_MAX, out->last, out->last_size);
		break;
	case 5: /* a descriptor less, which every later one then stands for */
		if (out->fds_len > 0) {
			fd_close(&out->fds[--out->fds_len]);
		}
		break;
	case 6: /* a descriptor more */
		put_fd(out, open("/dev/null", O_RDWR | O_CLOEXEC));
		break;
	case 7: /* the wrong way round */
		if (out->fds_len > 1) {
			int last = out->fds[out->fds_len - 1];
			out->fds[out->fds_len - 1] = out->fds[out->fds_len - 2];
			out->fds[out->fds_len - 2] = last;
		}
		break;
	case 8: /* left out */
		packet->size = 0;
		break;
	default: /* another argument */
		if (words > 2) {
			set_word(packet, 2 + rng_below(rng, words - 2), rng_odd_number(rng));
		}
	}
}

static void append(struct outgoing *out, const uint8_t *data, size_t size) {
	if (size <= OUT_SIZE - out->length) {
		memcpy(out->bytes + out->length, data, size);
		out->length += size;
	}
}

void outgoing_put(
	struct outgoing *out, uint32_t id, uint32_t opcode, const char *signature, const union wl_argument *arguments) {
	struct packet packet = { .size = HEADER_SIZE };
	size_t index = 0;
	for (const char *c = signature; *c != '\0'; c++) {
		if (strchr("iufsonah", *c) != NULL) {
			put_argument(out, &packet, *c, &arguments[index++]);
		}
	}
	set_word(&packet, 0, id);
	set_word(&packet, 1, (uint32_t)packet.size << 16 | opcode);
	bool twice = false;
	if (out->rarely != 0 && rng_one(out->rng, out->rarely)) {
		twice = rng_one(out->rng, 8);
		if (!twice) {
			change(out, &packet);
		}
	}
	append(out, packet.bytes, packet.size);
	if (twice) {
		append(out, packet.bytes, packet.size);
	}
	memcpy(out->last, packet.bytes, packet.size);
	out->last_size = packet.size;
}

/* ---- sending ---- */

bool outgoing_send(struct outgoing *out, int fd) {
	if (out->length == 0) {
		return true;
	}
	union {
		struct cmsghdr align;
		char buffer[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control = { 0 };
	/* Now and then in two pieces, divided anywhere. */
	size_t size = rng_one(out->rng, 8) ? 1 + rng_below(out->rng, out->length) : out->length;
	struct iovec part = { out->bytes, size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	if (out->fds_len > 0) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * out->fds_len);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int) * out->fds_len);
		memcpy(CMSG_DATA(rights), out->fds, sizeof(int) * out->fds_len);
	}
	ssize_t sent = sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0) {
		return errno == EAGAIN;
	}
	drop_fds(out);
	memmove(out->bytes, out->bytes + sent, out->length - (size_t)sent);
	out->length -= (size_t)sent;
	return true;
}
