#ifndef TESTS_CTL_FAKE_H
#define TESTS_CTL_FAKE_H

/*
 * A supervisor that says what a test tells it to, for a real coffer in a runtime directory of its own. Whatever
 * does not come within the patience below fails the test.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "wire/control.h"

#define FAKE_PATIENCE_MS 20000

struct fake {
	char directory[64]; /* XDG_RUNTIME_DIR */
	int listener;
	struct channel *channel;
	pid_t coffer;
	int coffer_fd; /* pidfd_open(2) */
	int out, err; /* files that coffer writes to, or the reading end of a pipe */
};

struct fake_result {
	int code; /* exit code, or 256 + signal */
	char *out, *err;
};

/* With listens false there is a runtime directory, but nobody listens in it. */
void fake_init(struct fake *fake, bool listens);
void fake_finish(struct fake *fake);

/* Starts the coffer of the environment's COFFER, with these words after its name, NULL-terminated. */
void fake_start(struct fake *fake, const char *const *words, bool out_is_pipe);
/* True with the request, checked, or false where coffer has ended without one. */
bool fake_take_request(struct fake *fake, struct control_message *request);
void fake_answer(struct fake *fake, enum control_type type, const struct control_message *answer);
/* These bytes as one packet. */
void fake_answer_raw(struct fake *fake, const void *bytes, size_t size);
void fake_hang_up(struct fake *fake);
/* Waits for coffer to end. */
void fake_wait(struct fake *fake, struct fake_result *result);
void fake_result_finish(struct fake_result *result);

#endif
