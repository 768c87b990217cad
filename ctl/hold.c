#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/memory.h"
#include "ctl/client.h"
#include "ctl/hold.h"
#include "ctl/inside.h"
#include "ctl/lines.h"
#include "ctl/text.h"

struct hold {
	int lock_fd; /* of one that was stopped; else -1 */
	struct channel *channel;
	char *name;
	int pid;
};

static int freeze(const char *name, struct channel **channel) {
	struct control_message message = { .type = CONTROL_HOLD };
	if (!lines_set_name(&message, name)) {
		return EXIT_CODE_UNKNOWN;
	}
	return client_ask(&(struct client_request){ .message = &message, .hold = channel });
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
	hold->name = xstrdup(name);
	hold->lock_fd = store_lock(instance_fd);
	int code = EXIT_CODE_OK;
	if (hold->lock_fd < 0 && errno != EWOULDBLOCK) {
		text_complain("%s cannot be locked: %s", name, strerror(errno));
		code = EXIT_CODE_FAILED;
	} else if (hold->lock_fd < 0 && !places->has_session) {
		text_complain("%s is in use by another session, or by another coffer: try again when it has ended", name);
		code = EXIT_CODE_FAILED;
	} else if (hold->lock_fd < 0) {
		code = freeze(name, &hold->channel);
		if (code == EXIT_CODE_OK) {
			code = places_find_pid(name, &hold->pid);
		}
		if (code == EXIT_CODE_OK && hold->pid > 0 && !inside_wait_still(hold->pid)) {
			text_complain("%s does not stand still: stop it first", name);
			code = EXIT_CODE_FAILED;
		}
	}
	if (code != EXIT_CODE_OK) {
		hold_finish(hold);
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

bool hold_finish(struct hold *hold) {
	if (hold == NULL) {
		return true;
	}
	bool still = hold->channel == NULL || hold->pid == 0 || inside_wait_still(hold->pid);
	channel_destroy(hold->channel);
	fd_close(&hold->lock_fd);
	free(hold->name);
	free(hold);
	return still;
}
