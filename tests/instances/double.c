/*
 * Stands in for cofferdam-compositor, so that the supervisor's part of their conversation is tested alone, its
 * crashes and lies included. It connects to the Unix socket named by DOUBLE_SOCKET, writes a line for each message
 * that it gets, and does what it is told by lines from there:
 *
 *   ready SERIAL 0|1 [REASON]   bind SERIAL INDEX   order NAME NUMBER   windows NAME WINDOWS CLIENTS
 *   window QUERY NAME TITLE   clipboard QUERY   limits QUERY NAME USED MET   end QUERY   garbage   deaf   exit CODE   crash
 *
 * By itself it accepts each config, unless DOUBLE_ANSWERS is set.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/fd.h"
#include "wire/session.h"

struct double_compositor {
	struct channel *channel;
	FILE *out, *in;
	bool answers;
	bool deaf;
};

static bool is_socket(int fd) {
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

static void send_message(struct double_compositor *d, struct session_message *message) {
	message->fds[0] = message->fds[1] = -1;
	session_send(d->channel, SESSION_COMPOSITOR, message);
}

static void send_ready(struct double_compositor *d, uint32_t serial, uint32_t accepted, const char *reason) {
	struct session_message message = { .type = SESSION_READY, .ready = { .serial = serial, .accepted = accepted } };
	snprintf(message.ready.reason, sizeof(message.ready.reason), "%s", reason);
	send_message(d, &message);
}

/* ---- what it is sent ---- */

static void tell_config(struct double_compositor *d, struct session_message *message) {
	size_t text_size = 0, keymap_size = 0;
	char *text = fd_read_all(message->fds[0], 1 << 20, &text_size);
	char *keymap = fd_read_all(message->fds[1], 1 << 22, &keymap_size);
	bool whole = text != NULL && keymap != NULL && strncmp(keymap, "xkb_keymap", 10) == 0;
	fprintf(d->out, "config %u %zu %s\n", message->config.serial, text_size, whole ? "whole" : "broken");
	free(text);
	free(keymap);
	if (!d->answers) {
		send_ready(d, message->config.serial, 1, "");
	}
}

static void tell(struct double_compositor *d, struct session_message *message) {
	const struct session_state *state = &message->state;
	switch (message->type) {
	case SESSION_CONFIG:
		tell_config(d, message);
		break;
	case SESSION_LISTEN:
		fprintf(d->out, "listen %s %s\n", message->listen.name[0] != '\0' ? message->listen.name : "-",
			is_socket(message->fds[0]) ? "socket" : "nothing");
		break;
	case SESSION_FORGET:
		fprintf(d->out, "forget %s\n", message->forget.name);
		break;
	case SESSION_STATE:
		fprintf(d->out, "state %s %u frozen=%u pids=%u memory=%llu %s\n", state->name, state->state, state->frozen,
			state->pids, (unsigned long long)state->memory, state->reason);
		break;
	case SESSION_NOTICE:
		fprintf(d->out, "notice %u %s %s\n", message->notice.level,
			message->notice.name[0] != '\0' ? message->notice.name : "-", message->notice.text);
		break;
	case SESSION_QUERY:
		fprintf(d->out, "query %u %u\n", message->query.id, message->query.what);
		break;
	case SESSION_CLIPBOARD_CLEAR:
		fprintf(d->out, "clipboard-clear\n");
		break;
	case SESSION_SPAWNED:
		fprintf(d->out, "spawned %s\n", message->spawned.name[0] != '\0' ? message->spawned.name : "-");
		break;
	default:
		fprintf(d->out, "unknown\n");
		break;
	}
	fflush(d->out);
	fd_close(&message->fds[0]);
	fd_close(&message->fds[1]);
}

static void read_link(struct double_compositor *d) {
	static struct message message;
	struct session_message decoded;
	for (;;) {
		enum channel_result result = channel_receive(d->channel, &message);
		if (result == CHANNEL_CLOSED) {
			fprintf(d->out, "closed\n");
			fflush(d->out);
			exit(0);
		}
		if (result == CHANNEL_AGAIN) {
			return;
		}
		if (session_decode(&message, SESSION_SUPERVISOR, &decoded)) {
			tell(d, &decoded);
		} else {
			fprintf(d->out, "malformed\n");
			fflush(d->out);
		}
		message_finish(&message);
	}
}

/* ---- what it is told ---- */

static void send_garbage(struct double_compositor *d) {
	struct message message;
	message_init(&message, 4711);
	message_put_u32(&message, 1);
	channel_send(d->channel, &message);
	message_init(&message, SESSION_ORDER);
	message_put_string(&message, "../work");
	message_put_u32(&message, ORDER_KILL);
	channel_send(d->channel, &message);
	message_init(&message, SESSION_CONFIG);
	message_put_u32(&message, 1);
	channel_send(d->channel, &message);
	message_init(&message, SESSION_BIND);
	channel_send(d->channel, &message);
	static const char shorter_than_a_header[2] = "x";
	send(channel_get_fd(d->channel), shorter_than_a_header, sizeof(shorter_than_a_header), MSG_DONTWAIT);
}

static void obey(struct double_compositor *d, const char *line) {
	struct session_message message = { 0 };
	char name[SESSION_NAME_SIZE] = "", text[SESSION_TEXT_SIZE] = "";
	unsigned int a = 0, b = 0, c = 0;
	if (sscanf(line, "ready %u %u %500[^\n]", &a, &b, text) >= 2) {
		send_ready(d, a, b, text);
	} else if (sscanf(line, "bind %u %u", &a, &b) == 2) {
		message.type = SESSION_BIND;
		message.bind = (struct session_bind){ a, b };
		send_message(d, &message);
	} else if (sscanf(line, "order %31s %u", name, &a) == 2) {
		message.type = SESSION_ORDER;
		message.order.order = a;
		memcpy(message.order.name, name, sizeof(name));
		send_message(d, &message);
	} else if (sscanf(line, "windows %31s %u %u", name, &a, &b) == 3) {
		message.type = SESSION_WINDOWS;
		message.windows.windows = a;
		message.windows.clients = b;
		memcpy(message.windows.name, name, sizeof(name));
		send_message(d, &message);
	} else if (sscanf(line, "window %u %31s %500[^\n]", &a, name, text) == 3) {
		message.type = SESSION_WINDOW;
		message.window.query = a;
		message.window.workspace = 1;
		memcpy(message.window.name, name, sizeof(name));
		memcpy(message.window.title, text, sizeof(text));
		send_message(d, &message);
	} else if (sscanf(line, "clipboard %u", &a) == 1) {
		message.type = SESSION_CLIPBOARD;
		message.clipboard = (struct session_clipboard){ .query = a, .held = 1, .name = "work", .size = 5 };
		send_message(d, &message);
	} else if (sscanf(line, "limits %u %31s %u %u", &a, name, &b, &c) == 4) {
		message.type = SESSION_LIMITS;
		message.limits = (struct session_limits){ .query = a, .used = { b }, .most = { b }, .limit = { 64 }, .met = { c } };
		memcpy(message.limits.name, name, sizeof(name));
		send_message(d, &message);
	} else if (sscanf(line, "end %u", &a) == 1) {
		message.type = SESSION_QUERY_END;
		message.query_end.query = a;
		send_message(d, &message);
	} else if (strcmp(line, "garbage\n") == 0) {
		send_garbage(d);
	} else if (strcmp(line, "deaf\n") == 0) {
		d->deaf = true;
	} else if (sscanf(line, "exit %u", &a) == 1) {
		exit((int)a);
	} else if (strcmp(line, "crash\n") == 0) {
		raise(SIGKILL);
	}
}

int main(int argc, char *argv[]) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("DOUBLE_SOCKET");
	if (argc < 3 || strcmp(argv[1], "--link") != 0 || path == NULL || getenv("NOTIFY_SOCKET") != NULL) {
		fprintf(stderr, "double: not started as the compositor is\n");
		return 2;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		perror(path);
		return 2;
	}
	struct double_compositor d = {
		.channel = channel_create(atoi(argv[2])),
		.out = fdopen(fd, "w"),
		.in = fdopen(dup(fd), "r"),
		.answers = getenv("DOUBLE_ANSWERS") != NULL,
	};
	/* It ends as the real one does, by itself, when its line is closed. */
	signal(SIGTERM, SIG_IGN);
	setvbuf(d.in, NULL, _IONBF, 0);
	fprintf(d.out, "born %d\n", (int)getpid());
	fflush(d.out);
	for (;;) {
		struct pollfd polls[] = {
			{ .fd = d.deaf ? -1 : channel_get_fd(d.channel),
				.events = (short)(POLLIN | (channel_is_waiting(d.channel) ? POLLOUT : 0)) },
			{ .fd = fd, .events = POLLIN },
		};
		if (poll(polls, 2, -1) < 0) {
			continue;
		}
		if (polls[0].revents & POLLOUT) {
			channel_flush(d.channel);
		}
		if (polls[0].revents & (POLLIN | POLLHUP)) {
			read_link(&d);
		}
		char line[1024];
		if (polls[1].revents != 0) {
			if (fgets(line, sizeof(line), d.in) == NULL) {
				return 0;
			}
			obey(&d, line);
		}
	}
}
