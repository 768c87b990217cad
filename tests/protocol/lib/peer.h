#ifndef PEER_H
#define PEER_H

/*
 * Another compositor in the place of ours, so that attacks which need no interface of ours can be tried on it:
 * $TEST_PEER names it. It is started headless, with pixman, and with as little config as the attacks need. One that
 * lets no client act as the person is started as a window that fills the screen of one that does; the person's
 * hands and eyes are there.
 */

#include <sys/types.h>

#include "policy/geometry.h"
#include "tests/protocol/lib/test.h"

struct peer;

/* Starts the one that $TEST_PEER names, and waits until it answers. It is stopped by peer_stop(). */
struct peer *peer_start(struct test *test);
/*
 * The socket for clients of this instance: one that all of them have in common; or, on a peer whose name ends in
 * “+context”, for all but “victim” one that the peer was told to be a sandbox's (security-context-v1). And where the
 * person's devices and pictures are.
 */
const char *peer_socket(const struct peer *peer, const char *instance);
const char *peer_hands_socket(const struct peer *peer);
pid_t peer_pid(const struct peer *peer);
/* The file that it writes its messages to. */
const char *peer_log_path(const struct peer *peer);
/* Its screen in the picture. */
struct box peer_screen(const struct peer *peer);
/* The person's chord that takes the focus to the next window: enum modifier bits, and a key. */
void peer_focus_chord(const struct peer *peer, uint32_t *modifiers, uint32_t *code);
/* Notes with the test whether it has ended by itself. */
void peer_note_end(struct peer *peer);
void peer_stop(struct peer *peer);

#endif
