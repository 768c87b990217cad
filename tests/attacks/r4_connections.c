/*
 * R4. An instance opens connection after connection. What goes over its limit is turned away and told why; those that
 * it has work on; others still connect; and when its connections end it has their room again.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/memory.h"
#include "tests/attacks/stage.h"

#define LIMIT 64 /* the default of `limit clients` */
#define TRIED 1000

static void thousand(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
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
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *path = session_instance_socket(stage->session, stage->attacker.name);
	copy_string(address.sun_path, sizeof(address.sun_path), path);
	free(path);
	for (int i = 0; i < 3000; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		/* Where the queue is full, it is given time to be emptied. */
		for (int tries = 0; connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 && tries < 20; tries++) {
			client_roundtrip(stage->victim.client);
		}
	}
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
};

TEST_MAIN(cases)
