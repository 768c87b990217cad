/*
 * R4. An instance opens connection after connection. What goes over its limit is turned away and told why; those that
 * it has work on; others still connect; and when its connections end it has their room again.
 *
 * It also sends descriptors that no request takes: along with requests that want none, and with bytes of a request that
 * never becomes whole. Past the limit of its instance the connection ends and they are closed.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/attacks/stage.h"
#include "tests/protocol/lib/socket.h"

#define LIMIT 64 /* the default of `limit clients` */
#define TRIED 1000
#define DESCRIPTORS 256 /* the default of `limit descriptors` */
#define AT_ONCE 28 /* as many as libwayland sends with one message, and reads */

/* How many descriptors the compositor has. */
static long count_fds(struct stage *stage) {
	return (long)process_count_descriptors(stage->test, session_compositor_pid(stage->session));
}

/* ---- descriptors ---- */

/* Returns false where the connection has ended. Waits while the compositor does not read. */
static bool send_with_descriptors(struct test *test, int fd, const void *bytes, size_t size) {
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(AT_ONCE * sizeof(int))];
	} control = { 0 };
	struct iovec data = { (void *)bytes, size };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(AT_ONCE * sizeof(int));
	for (int i = 0; i < AT_ONCE; i++) {
		memcpy(CMSG_DATA(header) + (size_t)i * sizeof(int), &null_fd, sizeof(int));
	}
	ssize_t sent;
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	/* ETOOMANYREFS: so many are on their way that the kernel lets this user send no more for now. */
	while ((sent = sendmsg(fd, &message, MSG_NOSIGNAL)) < 0 && (errno == EAGAIN || errno == ETOOMANYREFS)) {
		CHECK(test_step(test, deadline), "the compositor does not read");
	}
	close(null_fd);
	return sent == (ssize_t)size;
}

/* The bytes that one connection sends, AT_ONCE descriptors with each piece. Returns what it was told at its end. */
static char *flood(struct stage *stage, const char *bytes, size_t piece, long *most) {
	struct test *test = stage->test;
	static char told[8192];
	size_t told_len = 0;
	int fd = session_connect_raw(stage->session, stage->attacker.name, SOCK_NONBLOCK);
	for (size_t i = 0; i < 4000 && send_with_descriptors(test, fd, bytes + (i * piece) % 4080, piece); i++) {
		client_roundtrip(stage->victim.client);
		long now = count_fds(stage);
		*most = now > *most ? now : *most;
	}
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	ssize_t n;
	while ((n = recv(fd, told + told_len, sizeof(told) - told_len, 0)) != 0) {
		if (n > 0) {
			told_len += (size_t)n;
			CHECK(told_len < sizeof(told), "it is told more than was expected");
		} else if (errno != EAGAIN) {
			break;
		} else {
			CHECK(test_step(test, deadline), "the connection does not end");
		}
	}
	close(fd);
	/* Zero bytes are part of the protocol; the words are what is looked for. */
	for (size_t i = 0; i < told_len; i++) {
		told[i] = told[i] == '\0' ? ' ' : told[i];
	}
	told[told_len < sizeof(told) ? told_len : sizeof(told) - 1] = '\0';
	return told;
}

static void check_descriptors(struct test *test, const char *bytes, size_t piece) {
	struct stage *stage = stage_start(test, NULL, NULL);
	client_roundtrip(stage->victim.client);
	long before = count_fds(stage), most = before, resident_before = stage_resident_in_all(stage);
	const char *told = flood(stage, bytes, piece, &most);
	CHECK(strstr(told, "descriptors") != NULL, "it was told: %s", told);
	WAIT_FOR(strstr(session_log(stage->session), "limit descriptors") != NULL, "the log does not name the limit");
	WAIT_FOR(count_fds(stage) <= before, "the descriptors are not closed");
	test_note(test, "descriptors of the compositor: %ld before, %ld at most, %ld after; resident %ld KiB before, %ld after",
		before, most, count_fds(stage), resident_before, stage_resident_in_all(stage));
	CHECK(most <= before + DESCRIPTORS + 4 * AT_ONCE, "there were %ld", most - before);
	client_roundtrip(stage->attacker.client);
}

/* wl_display.sync, again and again, each with a new id. */
static void with_requests(struct test *test) {
	static uint32_t requests[340 * 3];
	for (uint32_t i = 0; i < 340; i++) {
		requests[i * 3] = 1;
		requests[i * 3 + 1] = 12 << 16;
		requests[i * 3 + 2] = i + 2;
	}
	check_descriptors(test, (const char *)requests, 12);
}

/* A request of 4080 bytes, of which one comes at a time: it would take two minutes to be whole. */
static void with_half_a_request(struct test *test) {
	static char request[4080];
	const uint32_t header[] = { 1, 4080u << 16 };
	memcpy(request, header, sizeof(header));
	check_descriptors(test, request, 1);
}

/* What requests take does not count: a pool for each, and all at once. */
static void honest_descriptors(struct test *test) {
	struct stage *stage = stage_start(test, NULL, "\tlimit descriptors 60");
	struct wl_shm *shm = client_shm(stage->attacker.client);
	int fd = memfd_create("pool", MFD_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, 4096) == 0, "no memory for a pool");
	for (int i = 0; i < 900; i++) {
		wl_shm_create_pool(shm, fd, 4096);
	}
	close(fd);
	client_roundtrip(stage->attacker.client);
}

static void thousand(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	long resident_before = stage_resident_in_all(stage), fds_before = count_fds(stage);
	struct client *clients[LIMIT];
	char *path = session_instance_socket(stage->session, stage->attacker.name);
	size_t len = 0;
	for (int i = 0; i < TRIED; i++) {
		struct client *client = client_try_connect(test, path);
		if (client != NULL) {
			CHECK(len < LIMIT, "there are more than %d connections", LIMIT);
			clients[len++] = client;
		}
	}
	CHECK_INT(len, LIMIT - 1, "the attacker's first client counts too");
	CHECK(strstr(session_log(stage->session), "limit clients") != NULL, "the log does not name the limit");
	client_roundtrip(clients[0]);
	client_roundtrip(stage->attacker.client);

	/* The victim connects, and copies and pastes as ever. */
	struct client *another = session_connect(stage->session, stage->victim.name);
	client_roundtrip(another);
	party_open(&stage->victim, "editor");
	party_focus(&stage->victim);
	party_copy(&stage->victim, "text");
	stage_take_and_wait(stage);

	for (size_t i = 0; i < len; i++) {
		client_destroy(clients[i]);
	}
	test_settle(test);
	struct client *again = NULL;
	WAIT_FOR((again = client_try_connect(test, path)) != NULL, "the room of connections that ended is not given back");
	client_roundtrip(again);
	free(path);
	WAIT_FOR(count_fds(stage) < fds_before + LIMIT - 16, "the descriptors of connections that ended are not closed");
	long resident_after = stage_resident_in_all(stage);
	test_note(test, "resident memory %ld KiB before, %ld after %d connections", resident_before, resident_after, TRIED);
	CHECK(resident_after < resident_before + 16 * 1024 + RESIDENT_SLACK, "memory does not come back: %ld KiB, before %ld",
		resident_after, resident_before);
}

static void from_the_config(struct test *test) {
	struct stage *stage = stage_start(test, NULL, "\tlimit clients 2");
	char *path = session_instance_socket(stage->session, stage->attacker.name);
	struct client *second = client_try_connect(test, path);
	CHECK(second != NULL, "the second of two clients is turned away");
	CHECK(client_try_connect(test, path) == NULL, "a third of two clients is let in");
	client_roundtrip(second);
	free(path);
}

/* The compositor has the descriptors that a login gives, the attacker as many as it likes. */
static void more_than_descriptors(struct test *test) {
	struct rlimit limit;
	NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0, "no limit is known");
	const rlim_t most = limit.rlim_max;
	limit.rlim_cur = most < 1024 ? most : 1024;
	setrlimit(RLIMIT_NOFILE, &limit);
	struct stage *stage = stage_start(test, NULL, NULL);
	limit.rlim_cur = most < 8192 ? most : 8192;
	setrlimit(RLIMIT_NOFILE, &limit);
	NEED(limit.rlim_cur >= 4096, "a process has at most %ld descriptors here", (long)limit.rlim_cur);
	char *path = session_instance_socket(stage->session, stage->attacker.name);
	for (int i = 0; i < 3000; i++) {
		/* Where the queue is full, it is given time to be emptied. */
		for (int tries = 0; socket_try_connect(path, SOCK_STREAM | SOCK_NONBLOCK) < 0 && tries < 20; tries++) {
			client_roundtrip(stage->victim.client);
		}
	}
	free(path);
	path = session_instance_socket(stage->session, stage->victim.name);
	struct client *another = client_try_connect(test, path);
	CHECK(another != NULL, "the victim cannot connect any more");
	client_roundtrip(another);
	party_open(&stage->victim, "editor");
	free(path);
}

static const struct test_case cases[] = {
	{ "three thousand of one leave room for another's", more_than_descriptors, ANYWHERE },
	{ "of a thousand connections as many are let in as the limit says", thousand },
	{ "the config sets the limit", from_the_config },
	{ "descriptors that come with requests that want none are limited", with_requests },
	{ "descriptors that come with a request that is never whole are limited", with_half_a_request },
	{ "descriptors that requests take are not", honest_descriptors },
};

TEST_MAIN(cases)
