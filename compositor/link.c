#include "compositor/link.h"

#include <stdlib.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"

struct link {
	struct channel *channel;
	struct wl_event_source *source;
	const struct link_handler *handler;
	void *data;
	bool closed;
};

static void handle_closed(struct link *link) {
	if (!link->closed) {
		link->closed = true;
		wl_event_source_fd_update(link->source, 0);
		link->handler->closed(link->data);
	}
}

static void dispatch(struct link *link, struct message *untrusted_message) {
	struct session_message message;
	if (!session_decode(untrusted_message, SESSION_SUPERVISOR, &message)) {
		log_error("a malformed message from the supervisor is refused");
		return;
	}
	link->handler->message(link->data, &message);
	for (size_t i = 0; i < sizeof(message.fds) / sizeof(message.fds[0]); i++) {
		fd_close(&message.fds[i]);
	}
}

static int handle_ready(int fd, uint32_t mask, void *data) {
	struct link *link = data;
	if (mask & WL_EVENT_WRITABLE && !channel_flush(link->channel)) {
		handle_closed(link);
		return 0;
	}
	if (mask & (WL_EVENT_READABLE | WL_EVENT_HANGUP | WL_EVENT_ERROR)) {
		static struct message message; /* 32 KiB: not for the stack of every turn */
		enum channel_result result;
		while ((result = channel_receive(link->channel, &message)) == CHANNEL_MESSAGE) {
			dispatch(link, &message);
			message_finish(&message);
		}
		if (result == CHANNEL_CLOSED) {
			handle_closed(link);
			return 0;
		}
	}
	if (!channel_is_waiting(link->channel)) {
		wl_event_source_fd_update(link->source, WL_EVENT_READABLE);
	}
	return 0;
}

struct link *link_create(struct wl_event_loop *loop, int fd, const struct link_handler *handler, void *data) {
	struct link *link = xcalloc(1, sizeof(*link));
	link->handler = handler;
	link->data = data;
	link->channel = channel_create(fd);
	if (link->channel == NULL) {
		free(link);
		return NULL;
	}
	link->source = wl_event_loop_add_fd(loop, channel_get_fd(link->channel), WL_EVENT_READABLE, handle_ready, link);
	if (link->source == NULL) {
		channel_destroy(link->channel);
		free(link);
		return NULL;
	}
	return link;
}

void link_destroy(struct link *link) {
	if (link == NULL) {
		return;
	}
	wl_event_source_remove(link->source);
	channel_destroy(link->channel);
	free(link);
}

void link_send(struct link *link, struct session_message *message) {
	if (link->closed) {
		return;
	}
	if (!session_send(link->channel, SESSION_COMPOSITOR, message)) {
		/* A fault of ours was logged where it was found; else the other end is gone, of which we hear next. */
		log_debug("message %d to the supervisor could not be sent", message->type);
	}
	if (channel_is_waiting(link->channel)) {
		wl_event_source_fd_update(link->source, WL_EVENT_READABLE | WL_EVENT_WRITABLE);
	}
}

void link_send_bind(struct link *link, uint32_t serial, uint32_t index) {
	struct session_message message = {
		.type = SESSION_BIND, .fds = {-1, -1}, .bind = {.serial = serial, .index = index},
	};
	link_send(link, &message);
}

void link_send_measure(struct link *link) {
	struct session_message message = {.type = SESSION_MEASURE, .fds = {-1, -1}};
	link_send(link, &message);
}

void link_send_order(struct link *link, const char *name, enum session_order order) {
	struct session_message message = {.type = SESSION_ORDER, .fds = {-1, -1}, .order = {.order = order}};
	copy_string(message.order.name, sizeof(message.order.name), name);
	link_send(link, &message);
}
