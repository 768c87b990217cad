#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "instances/control.h"

#define CLIENTS_MAX 32
#define PATIENCE_MS 5000 /* for the request to come, and for the answers to be read */

struct control_client {
	struct control *control;
	struct control_client *next; // control.clients
	struct channel *channel;
	struct loop_source *source;
	struct loop_source *timer;
	bool asked; /* its request has come */
	bool answered; /* the last answer is on its way */
};

struct control {
	struct loop *loop;
	int listen_fd;
	struct loop_source *source;
	struct loop_source *pause; /* no descriptor was left to accept with */
	const struct control_handler *handler;
	void *data;
	struct control_client *clients;
	size_t clients_len;
	struct message message;
	struct control_message request;
};

/* ---- clients ---- */

static void remove_client(struct control_client *client) {
	struct control_client **link = &client->control->clients;
	while (*link != client) {
		link = &(*link)->next;
	}
	*link = client->next;
	client->control->clients_len--;
	loop_remove(client->source);
	loop_remove(client->timer);
	channel_destroy(client->channel);
	free(client);
}

static void drop_client(struct control_client *client) {
	struct control *control = client->control;
	if (client->asked && !client->answered) {
		control->handler->gone(control->data, client);
	}
	remove_client(client);
}

static void handle_timer(void *data) {
	drop_client(data);
}

static void receive_request(struct control_client *client) {
	struct control *control = client->control;
	switch (channel_receive(client->channel, &control->message)) {
	case CHANNEL_AGAIN:
		return;
	case CHANNEL_CLOSED:
		drop_client(client);
		return;
	case CHANNEL_MESSAGE:
		break;
	}
	bool valid = !client->asked && control_decode(&control->message, CONTROL_COFFER, &control->request);
	message_finish(&control->message);
	if (!valid) {
		log_warn("a malformed request on the control socket is refused");
		drop_client(client);
		return;
	}
	client->asked = true;
	loop_arm_timer(client->timer, 0);
	control->handler->request(control->data, client, &control->request);
}

static void handle_client(void *data, int fd, uint32_t revents) {
	struct control_client *client = data;
	if (revents & EPOLLOUT) {
		if (!channel_flush(client->channel)) {
			drop_client(client);
			return;
		}
		if (!channel_is_waiting(client->channel)) {
			if (client->answered) {
				remove_client(client);
				return;
			}
			loop_update_fd(client->source, EPOLLIN);
		}
	}
	if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		receive_request(client);
	}
}

/* Whoever may write to the socket's directory is us, but a descriptor can be passed on. */
static bool is_ours(int fd) {
	struct ucred peer;
	socklen_t size = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

static void handle_listen(void *data, int listen_fd, uint32_t revents) {
	struct control *control = data;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			log_warn("no connection can be accepted on the control socket: %s", strerror(errno));
			loop_update_fd(control->source, 0);
			loop_arm_timer(control->pause, 1000);
		}
		return;
	}
	if (!is_ours(fd) || control->clients_len >= CLIENTS_MAX) {
		log_warn("a connection to the control socket is refused: %s",
			control->clients_len >= CLIENTS_MAX ? "there are too many" : "it is another user's");
		fd_close(&fd);
		return;
	}
	struct control_client *client = xcalloc(1, sizeof(*client));
	client->control = control;
	client->next = control->clients;
	control->clients = client;
	control->clients_len++;
	client->channel = channel_create(fd);
	client->source = loop_add_fd(control->loop, fd, EPOLLIN, handle_client, client);
	client->timer = loop_add_timer(control->loop, handle_timer, client);
	loop_arm_timer(client->timer, PATIENCE_MS);
	if (client->source == NULL) {
		remove_client(client);
	}
}

static void handle_pause_over(void *data) {
	struct control *control = data;
	loop_update_fd(control->source, EPOLLIN);
}

/* ---- answers ---- */

void control_answer(struct control_client *client, struct control_message *message) {
	control_send(client->channel, CONTROL_SUPERVISOR, message);
	if (channel_is_broken(client->channel)) {
		/* In a turn of its own: whoever answers goes on using the client. */
		loop_arm_timer(client->timer, 1);
	} else if (channel_is_waiting(client->channel)) {
		loop_update_fd(client->source, EPOLLIN | EPOLLOUT);
	}
}

/* Sends the last answer, and lets the client go when it is delivered. */
static void finish(struct control_client *client, struct control_message *message) {
	control_answer(client, message);
	client->answered = true;
	if (!channel_is_waiting(client->channel) || channel_is_broken(client->channel)) {
		remove_client(client);
	} else {
		loop_arm_timer(client->timer, PATIENCE_MS);
	}
}

void control_answer_line(struct control_client *client, const char *text) {
	struct control_message message = { .type = CONTROL_LINE };
	utf8_copy_line(text, strlen(text), message.line.text, sizeof(message.line.text));
	control_answer(client, &message);
}

void control_end(struct control_client *client) {
	struct control_message message = { .type = CONTROL_END };
	finish(client, &message);
}

void control_fail(struct control_client *client, enum control_exit code, const char *format, ...) {
	struct control_message message = { .type = CONTROL_ERROR, .error.code = code };
	char text[CONTROL_TEXT_SIZE];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	utf8_copy_line(text, strlen(text), message.error.text, sizeof(message.error.text));
	finish(client, &message);
}

/* ---- life ---- */

struct control *control_create(struct loop *loop, int listen_fd, const struct control_handler *handler, void *data) {
	struct control *control = xcalloc(1, sizeof(*control));
	control->loop = loop;
	control->listen_fd = listen_fd;
	control->handler = handler;
	control->data = data;
	control->pause = loop_add_timer(loop, handle_pause_over, control);
	control->source = loop_add_fd(loop, listen_fd, EPOLLIN, handle_listen, control);
	if (control->source == NULL) {
		control_destroy(control);
		return NULL;
	}
	return control;
}

void control_destroy(struct control *control) {
	if (control == NULL) {
		return;
	}
	while (control->clients != NULL) {
		/* analyzer: it is taken out of the list when it goes */
		remove_client(control->clients);
	}
	loop_remove(control->source);
	loop_remove(control->pause);
	fd_close(&control->listen_fd);
	free(control);
}
