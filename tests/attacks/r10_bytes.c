/*
 * R10. Bytes that nobody meant: random ones, random ones behind a proper header, and what an honest client says with some
 * of it changed, left out, repeated, or cut into pieces, with descriptors where none belong and none where one does. The
 * client is disconnected at worst, nothing of its descriptors stays, and the victim is answered all the while.
 *
 * The same seed makes the same bytes. tests/fuzz/wire.c goes further, and takes longer.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/attacks/stage.h"
#include "tests/fuzz/mutate.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define SEED 20
#define CONNECTIONS 300
#define SIZE_MAX_SENT 8192
#define FDS_MAX 28 /* of one sendmsg(), as libwayland sends them */
#define OBJECTS 12 /* ids that the honest words below make, and some more */

/* ---- honest words ---- */

/* One message of the wire protocol: object, size and opcode, arguments. */
static size_t put(uint8_t *to, uint32_t object, uint32_t opcode, const void *arguments, size_t size) {
	uint32_t head[2] = { object, (uint32_t)(8 + size) << 16 | opcode };
	memcpy(to, head, sizeof(head));
	memcpy(to + sizeof(head), arguments, size);
	return sizeof(head) + size;
}

/* wl_registry.bind of a global that this instance really has, as the object `id`. */
static size_t put_bind(uint8_t *to, const struct client *client, const char *interface, uint32_t version, uint32_t id) {
	struct test *test = client->test;
	const struct client_global *global = client_find(client, interface);
	CHECK(global != NULL, "no %s is advertised", interface);
	uint32_t arguments[32] = { global->name, (uint32_t)strlen(interface) + 1 };
	size_t words = 2 + (strlen(interface) + 4) / 4;
	memcpy(&arguments[2], interface, strlen(interface) + 1);
	arguments[words++] = version;
	arguments[words++] = id;
	return put(to, 2, WL_REGISTRY_BIND, arguments, words * sizeof(arguments[0]));
}

/* A registry, the usual globals, a window with a title, and a pool with a buffer, for which a descriptor is wanted. */
static size_t put_honest(uint8_t *to, const struct client *client) {
	size_t size = put(to, 1, WL_DISPLAY_GET_REGISTRY, (uint32_t[]){ 2 }, 4);
	size += put_bind(to + size, client, "wl_compositor", 4, 3);
	size += put_bind(to + size, client, "wl_shm", 1, 4);
	size += put_bind(to + size, client, "xdg_wm_base", 2, 5);
	size += put_bind(to + size, client, "wl_seat", 5, 6);
	size += put(to + size, 3, WL_COMPOSITOR_CREATE_SURFACE, (uint32_t[]){ 7 }, 4);
	size += put(to + size, 5, XDG_WM_BASE_GET_XDG_SURFACE, (uint32_t[]){ 8, 7 }, 8);
	size += put(to + size, 8, XDG_SURFACE_GET_TOPLEVEL, (uint32_t[]){ 9 }, 4);
	size += put(to + size, 9, XDG_TOPLEVEL_SET_TITLE, "\6\0\0\0hello\0\0\0", 12);
	size += put(to + size, 7, WL_SURFACE_COMMIT, "", 0);
	size += put(to + size, 4, WL_SHM_CREATE_POOL, (uint32_t[]){ 10, 65536 }, 8);
	size += put(
		to + size, 10, WL_SHM_POOL_CREATE_BUFFER, (uint32_t[]){ 11, 0, 64, 64, 256, WL_SHM_FORMAT_XRGB8888 }, 24);
	size += put(to + size, 1, WL_DISPLAY_SYNC, (uint32_t[]){ 12 }, 4);
	return size;
}

/* ---- what is made of them ---- */

typedef size_t (*make_bytes)(struct rng *rng, uint8_t *to, const struct client *client);

static size_t random_bytes(struct rng *rng, uint8_t *to, const struct client *client) {
	size_t size = 1 + rng_below(rng, SIZE_MAX_SENT);
	for (size_t i = 0; i < size; i++) {
		to[i] = (uint8_t)rng_next(rng);
	}
	return size;
}

/* After honest words, so that the objects are there: any request of them, of any size, with anything in it. */
static size_t random_messages(struct rng *rng, uint8_t *to, const struct client *client) {
	size_t size = put_honest(to, client);
	while (size < SIZE_MAX_SENT / 2) {
		uint32_t words[16];
		for (size_t i = 0; i < LEN(words); i++) {
			words[i] = rng_one(rng, 2) ? (uint32_t)rng_below(rng, OBJECTS + 4) : rng_odd_number(rng);
		}
		uint32_t object = 1 + (uint32_t)rng_below(rng, OBJECTS), opcode = (uint32_t)rng_below(rng, 16);
		size_t length = put(to + size, object, opcode, words, rng_below(rng, LEN(words) + 1) * sizeof(words[0]));
		if (rng_one(rng, 10)) {
			memcpy(to + size + 6, &words[0], 2); /* another length than it has */
		}
		size += length;
	}
	return size;
}

static size_t mutated(struct rng *rng, uint8_t *to, const struct client *client) {
	uint8_t other[SIZE_MAX_SENT];
	size_t size = put_honest(to, client), other_size = put_honest(other, client);
	for (size_t i = rng_below(rng, 4); i > 0; i--) {
		size = mutate(rng, to, size, SIZE_MAX_SENT, other, other_size);
	}
	return size;
}

/* ---- sending ---- */

/* Memory that is as large as said, or shorter; a pipe; a socket; nothing. */
static int make_fd(struct rng *rng) {
	int ends[2], fd = -1;
	switch (rng_below(rng, 4)) {
	case 0:
		fd = memfd_create("bytes", MFD_CLOEXEC);
		(void)!ftruncate(fd, (off_t)rng_below(rng, 65537));
		break;
	case 1:
		if (pipe2(ends, O_CLOEXEC) == 0) {
			close(ends[0]);
			fd = ends[1];
		}
		break;
	case 2:
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
			close(ends[0]);
			fd = ends[1];
		}
		break;
	default:
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	}
	return fd;
}

/* One piece, with so many descriptors. Returns what was taken of it, 0 where nothing more is. */
static size_t send_piece(struct rng *rng, int fd, const uint8_t *bytes, size_t size, size_t fds_len) {
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control = { 0 };
	struct iovec part = { (void *)bytes, size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	int fds[FDS_MAX];
	for (size_t i = 0; i < fds_len; i++) {
		fds[i] = make_fd(rng);
	}
	if (fds_len > 0) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * fds_len);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int) * fds_len);
		memcpy(CMSG_DATA(rights), fds, sizeof(int) * fds_len);
	}
	ssize_t sent = sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	for (size_t i = 0; i < fds_len; i++) {
		close(fds[i]);
	}
	return sent > 0 ? (size_t)sent : 0;
}

/* Takes what there is to read. Returns whether the compositor has ended the connection. */
static bool drain(struct test *test, int fd) {
	char bytes[4096];
	ssize_t got;
	while ((got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
	}
	CHECK(got == 0 || errno == EAGAIN || errno == ECONNRESET, "the connection is in a strange state: %s",
		strerror(errno));
	return got == 0 || errno == ECONNRESET;
}

/*
 * Waits until all of it was looked at: its instance is served when its turn comes, whatever others are answered by then.
 * Returns whether the compositor ended the connection for it, rather than as it came to the end.
 */
static bool is_ended(struct stage *stage, int fd) {
	struct test *test = stage->test;
	WAIT_FOR(stage_count_unread(fd) == 0, "what was sent is not read");
	client_roundtrip(stage->attacker.client);
	client_roundtrip(stage->victim.client);
	bool ended = drain(test, fd);
	if (stage_is_ours(stage)) { /* others: see end_in_between() */
		shutdown(fd, SHUT_WR);
		WAIT_FOR(drain(test, fd), "a connection that was closed does not end");
	}
	return ended;
}

static size_t descriptors(struct stage *stage) {
	return process_count_descriptors(stage->test, session_compositor_pid(stage->session));
}

static void send_all(struct test *test, make_bytes make, bool with_fds) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	pid_t compositor = session_compositor_pid(stage->session);
	struct rng rng = { .state = SEED };
	size_t ended = 0, before = descriptors(stage);
	for (int i = 0; i < CONNECTIONS; i++) {
		uint8_t bytes[SIZE_MAX_SENT];
		size_t size = make(&rng, bytes, stage->attacker.client), at = 0;
		int fd = session_connect_raw(stage->session, stage->attacker.name, 0);
		while (at < size) {
			size_t piece = rng_one(&rng, 3) ? 1 + rng_below(&rng, size - at) : size - at;
			size_t fds_len = with_fds ? rng_below(&rng, rng_one(&rng, 8) ? FDS_MAX + 1 : 3) : 0;
			size_t sent = send_piece(&rng, fd, bytes + at, piece, fds_len);
			if (sent == 0) {
				break;
			}
			at += sent;
		}
		ended += is_ended(stage, fd);
		close(fd);
		CHECK(client_is_alive(stage->attacker.client), "another client of the same instance was thrown out for it");
		if (i % 50 == 49) {
			CHECK_INT(
				session_compositor_pid(stage->session), compositor, "the compositor has died, of connection %d", i);
		}
	}
	test_note(test, "%d connections, %zu of them were ended", CONNECTIONS, ended);
	NEED(ended > CONNECTIONS / 10, "hardly any of it was wrong: this tries next to nothing");
	WAIT_FOR(descriptors(stage) <= before, "%zu of its descriptors have stayed", descriptors(stage) - before);
	/* The victim is as it was. */
	party_focus(&stage->victim);
	virtual_keyboard_type(stage->keyboard, "mine");
	test_settle(test);
	CHECK_TEXT(seat_text(stage->victim.seat), "mine", "the victim does not get what is typed for it");
	/* And the attacker's instance is not shut out. */
	party_open(&stage->attacker, "game");
}

static void bytes_alone(struct test *test) {
	send_all(test, random_bytes, false);
}

static void bytes_and_descriptors(struct test *test) {
	send_all(test, random_bytes, true);
}

static void messages_alone(struct test *test) {
	send_all(test, random_messages, false);
}

static void messages_and_descriptors(struct test *test) {
	send_all(test, random_messages, true);
}

static void mutated_alone(struct test *test) {
	send_all(test, mutated, false);
}

static void mutated_and_descriptors(struct test *test) {
	send_all(test, mutated, true);
}

/*
 * A part of a message, and then nothing any more, ever: libwayland by itself would ask for the rest again and again, and the
 * compositor have a processor for itself for as long as this client, which does nothing, is there.
 */
static void end_in_between(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	const uint32_t head[2] = { 1, 12 << 16 };
	for (size_t size = 0; size <= sizeof(head); size++) {
		int fd = session_connect_raw(stage->session, stage->attacker.name, 0);
		CHECK(size == 0 || send(fd, head, size, MSG_NOSIGNAL) == (ssize_t)size, "cannot send: %s", strerror(errno));
		shutdown(fd, SHUT_WR);
		WAIT_FOR(drain(test, fd), "after %zu bytes of a message, a connection that says no more does not end", size);
		close(fd);
	}
	client_roundtrip(stage->victim.client);
}

static const struct test_case cases[] = {
	{ "who ends in the middle of a message has ended", end_in_between, ANYWHERE },
	{ "random bytes cost the connection at worst", bytes_alone, ANYWHERE },
	{ "with descriptors they cost no more", bytes_and_descriptors, ANYWHERE },
	{ "nor do random messages to objects that are there", messages_alone, ANYWHERE },
	{ "nor do those with descriptors", messages_and_descriptors, ANYWHERE },
	{ "nor do honest words with some of it changed", mutated_alone, ANYWHERE },
	{ "nor do those with descriptors where none belong", mutated_and_descriptors, ANYWHERE },
};

TEST_MAIN(cases)
