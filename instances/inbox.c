#include <stdlib.h>
#include "base/log.h"
#include "base/memory.h"
#include "instances/announce.h"
#include "instances/inbox.h"

struct inbox {
	struct inbox_parts parts;
	const struct inbox_handler *handler;
	void *data;
	bool is_ready; /* this compositor has said so */
	bool is_ending;
};

struct inbox *inbox_create(const struct inbox_parts *parts, const struct inbox_handler *handler, void *data) {
	struct inbox *inbox = xcalloc(1, sizeof(*inbox));
	*inbox = (struct inbox){ .parts = *parts, .handler = handler, .data = data };
	return inbox;
}

void inbox_destroy(struct inbox *inbox) {
	free(inbox);
}

void inbox_begin(struct inbox *inbox) {
	inbox->is_ready = false;
}

void inbox_ending(struct inbox *inbox) {
	inbox->is_ending = true;
}

static void handle_ready(struct inbox *inbox, const struct session_ready *ready) {
	if (reload_take_answer(inbox->parts.reload, ready)) {
		return;
	}
	if (ready->serial != snapshot_get_serial(settings_get(inbox->parts.settings))) {
		compositor_complain(inbox->parts.compositor, "the compositor speaks of a config that is not in effect");
	} else if (inbox->is_ready) {
		/* Told again after a reload that came to nothing, or by one that wants the shell started over and over. */
		log_debug("the compositor says again that it is ready");
	} else if (ready->accepted) {
		inbox->is_ready = true;
		inbox->handler->ready(inbox->data);
	} else {
		log_error("%s: the compositor cannot use it: %s", settings_get_path(inbox->parts.settings), ready->reason);
		inbox->handler->refused(inbox->data);
	}
}

static void handle_bind(struct inbox *inbox, const struct session_bind *bind) {
	const struct snapshot *snapshot = settings_get(inbox->parts.settings);
	const struct config *config = snapshot_get_config(snapshot);
	if (inbox->is_ending) {
		return;
	}
	if (bind->serial != snapshot_get_serial(snapshot) || bind->index >= config->binds_len) {
		compositor_complain(inbox->parts.compositor, "a chord of a config that is not in effect is ignored");
		return;
	}
	actions_carry_out(inbox->parts.actions, config, &config->binds[bind->index]);
}

static void handle_order(struct inbox *inbox, const struct session_order_message *order) {
	struct member *member = fleet_find(inbox->parts.fleet, order->name);
	if (member == NULL) {
		return;
	}
	switch ((enum session_order)order->order) {
	case ORDER_FREEZE:
	case ORDER_THAW:
		instance_freeze(member->instance, order->order == ORDER_FREEZE);
		break;
	case ORDER_KILL:
		instance_kill(member->instance);
		break;
	case ORDER_STOP:
		instance_stop(member->instance);
		break;
	}
}

static void handle_windows(struct inbox *inbox, const struct session_windows *windows) {
	struct member *member = fleet_find(inbox->parts.fleet, windows->name);
	if (member != NULL) {
		member->windows = windows->windows;
		member->clients = windows->clients;
	}
}

static void handle_limits(struct inbox *inbox, const struct session_limits *limits) {
	struct member *member = fleet_find(inbox->parts.fleet, limits->name);
	if (member != NULL) {
		member->limits = *limits;
	}
}

/* "": the shell, or nobody. */
static bool is_known(const struct inbox *inbox, const char *name) {
	return name[0] == '\0' || fleet_find(inbox->parts.fleet, name) != NULL;
}

static void handle_answer(struct inbox *inbox, const struct session_message *message) {
	if ((message->type == SESSION_WINDOW && !is_known(inbox, message->window.name)) ||
		(message->type == SESSION_CLIPBOARD && !is_known(inbox, message->clipboard.name))) {
		compositor_complain(inbox->parts.compositor, "the compositor speaks of an instance that is not there");
		return;
	}
	requests_compositor_answered(inbox->parts.requests, message);
}

void inbox_take(struct inbox *inbox, const struct session_message *message) {
	switch (message->type) {
	case SESSION_READY:
		handle_ready(inbox, &message->ready);
		break;
	case SESSION_BIND:
		handle_bind(inbox, &message->bind);
		break;
	case SESSION_ORDER:
		handle_order(inbox, &message->order);
		break;
	case SESSION_WINDOWS:
		handle_windows(inbox, &message->windows);
		break;
	case SESSION_LIMITS:
		if (message->limits.query == 0) {
			handle_limits(inbox, &message->limits);
		} else {
			requests_compositor_answered(inbox->parts.requests, message);
		}
		break;
	case SESSION_MEASURE:
		announce_states(inbox->parts.compositor, inbox->parts.fleet);
		break;
	case SESSION_CLOSED:
		inbox->handler->closed(inbox->data);
		break;
	case SESSION_WINDOW:
	case SESSION_CLIPBOARD:
	case SESSION_QUERY_END:
		handle_answer(inbox, message);
		break;
	default:
		break; /* the codec lets nothing else through */
	}
}
