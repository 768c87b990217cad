#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

/* One question to the supervisor, and its answers. */

#include <stdbool.h>
#include <stddef.h>
#include "wire/control.h"

#define CLIENT_TIMEOUT_MS 10000

struct client_request {
	struct control_message *message; /* type and request are set */
	int timeout_ms; /* for the whole of it; 0 for CLIENT_TIMEOUT_MS */
	const char *late; /* what to say, and to do, when that has passed; NULL for the usual */
	bool optional; /* that there is no session is no error, and not worth a word */
	/* CONTROL_HELD ends the question and is handed over, and the connection goes here: it is the hold. */
	struct channel **hold;
	bool may_close; /* the supervisor going away is an answer too, and means done */
	/*
	 * An answer that is neither the end nor an error, in its right form and possibly not of a type that answers
	 * this request: then false is returned. NULL where no answer but the end is expected.
	 */
	bool (*answer)(void *data, const struct control_message *answer);
	void *data;
};

/*
 * Connects to $XDG_RUNTIME_DIR/cofferdam/control, asks, and hands the answers over until the last. Returns an
 * enum control_exit: EXIT_CODE_OK after CONTROL_END; anything else has been said on stderr, in one line.
 */
int client_ask(const struct client_request *request);

#endif
