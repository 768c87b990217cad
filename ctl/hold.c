#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/memory.h"
#include "ctl/client.h"
#include "ctl/hold.h"
#include "ctl/lines.h"
#include "ctl/text.h"

struct hold {
	int lock_fd; /* of one that was stopped; else -1 */
	struct channel *channel; /* of one that runs; else NULL */
	uint32_t unstopped; /* its threads that did not stop */
};

static bool take_held(void *data, const struct control_message *answer) {
	struct hold *hold = data;
	hold->unstopped = answer->held.unstopped;
	return answer->type == CONTROL_HELD;
}

static int freeze(struct hold *hold, const char *name) {
	struct control_message message = { .type = CONTROL_HOLD };
	if (!lines_set_name(&message, name)) {
		return EXIT_CODE_UNKNOWN;
	}
	return client_ask(
		&(struct client_request){ .message = &message, .hold = &hold->channel, .answer = take_held, .data = hold });
}

/* The session says one word more, or goes, where the instance goes on. */
static bool has_word(struct channel *channel) {
	struct pollfd source = { .fd = channel_get_fd(channel), .events = POLLIN };
	return poll(&source, 1, 0) != 0;
}

int hold_lock(const char *name, int instance_fd) {
	int fd = store_lock(instance_fd);
	if (fd < 0) {
		text_complain(errno == EWOULDBLOCK ? "%s runs: coffer stop %s first" : "%s cannot be locked: %s", name,
			errno == EWOULDBLOCK ? name : strerror(errno));
	}
	return fd;
}

int hold_take(struct places *places, const char *name, int instance_fd, struct hold **out) {
	struct hold *hold = xcalloc(1, sizeof(*hold));
	hold->lock_fd = store_lock(instance_fd);
	int code = EXIT_CODE_OK;
	if (hold->lock_fd < 0 && errno != EWOULDBLOCK) {
		text_complain("%s cannot be locked: %s", name, strerror(errno));
		code = EXIT_CODE_FAILED;
	} else if (hold->lock_fd < 0 && !places->has_session) {
		text_complain("%s is in use by another session, or by another coffer: try again when it has ended", name);
		code = EXIT_CODE_FAILED;
	} else if (hold->lock_fd < 0) {
		code = freeze(hold, name);
	}
	if (code != EXIT_CODE_OK) {
		hold_finish(hold, NULL);
		hold = NULL;
	}
	*out = hold;
	return code;
}

bool hold_would_freeze(const struct places *places, int instance_fd) {
	int fd = store_lock(instance_fd);
	bool is_held = fd < 0 && errno == EWOULDBLOCK;
	fd_close(&fd);
	return is_held && places->has_session;
}

bool hold_finish(struct hold *hold, char reason[HOLD_REASON_SIZE]) {
	bool still = true;
	if (hold == NULL) {
		return still;
	}
	if (hold->channel != NULL && reason != NULL) {
		if (has_word(hold->channel)) {
			snprintf(reason, HOLD_REASON_SIZE, "it was thawed, or has ended");
			still = false;
		} else if (hold->unstopped > 0) {
			snprintf(reason, HOLD_REASON_SIZE, "%u of its threads would not stop", hold->unstopped);
			still = false;
		}
	}
	channel_destroy(hold->channel);
	fd_close(&hold->lock_fd);
	free(hold);
	return still;
}
