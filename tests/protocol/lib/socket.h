#ifndef TEST_SOCKET_H
#define TEST_SOCKET_H

/* A connection of a test's own, on which it says what it likes. */

#include "tests/protocol/lib/test.h"

/* type: SOCK_STREAM or SOCK_SEQPACKET, with flags as in socket(2); close-on-exec in any case. -1 and errno where it fails. */
int socket_try_connect(const char *path, int type);
/* The test fails where it fails. */
int socket_connect(struct test *test, const char *path, int type);

#endif
