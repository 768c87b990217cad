/*
 * A compositor that somebody has taken over, for s7_compositor.c: the supervisor starts it in the place of the real one.
 * It gives up what the real one gives up (compositor/confine.c), and then does what it is told by lines from the socket
 * that $S7_SOCKET names, and tells by lines what it hears and what it could do:
 *
 *   raw TYPE DESCRIPTORS HEX     one packet: any type, any body, with copies of its own line to the supervisor
 *   bytes LENGTH                 one packet of so many bytes, which may be none
 *   flood COUNT TYPE HEX         answers "flooded N", the number that could be sent
 *   lie NAME                     from now on answers each question with a window of NAME's
 *   sulk, deaf                   answers nothing any more; reads nothing any more
 *   accept NAME                  takes in a client of NAME and tells what it says
 *   has                          tells what it has open
 *   try WHAT ARGUMENT            answers "tried ERRNO"
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "compositor/confine.h"
#include "wire/session.h"

#define SOCKETS_MAX 128

struct taken_over {
	int link_fd;
	FILE *out, *in;
	bool sulks, deaf, was_ready;
	char liar[SESSION_NAME_SIZE];
	struct {
		char name[SESSION_NAME_SIZE];
		int fd;
	} sockets[SOCKETS_MAX];
	size_t sockets_len;
};

/* ---- saying anything ---- */

static size_t from_hex(const char *hex, unsigned char *out, size_t size) {
	size_t len = 0;
	unsigned int byte;
	while (len < size && sscanf(hex + 2 * len, "%2x", &byte) == 1) {
		out[len++] = (unsigned char)byte;
	}
	return len;
}

static bool send_packet(struct taken_over *t, uint32_t type, const void *body, size_t len, size_t fds_len) {
	struct iovec parts[] = { { &type, sizeof(type) }, { (void *)body, len } };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = { 0 };
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 };
	if (fds_len > 0) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(fds_len * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(fds_len * sizeof(int));
		for (size_t i = 0; i < fds_len; i++) {
			memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &t->link_fd, sizeof(int));
		}
	}
	return sendmsg(t->link_fd, &header, MSG_NOSIGNAL) >= 0;
}

static void send_bytes(struct taken_over *t, size_t len) {
	char *bytes = calloc(1, len + 1);
	(void)!send(t->link_fd, bytes, len, MSG_NOSIGNAL);
	free(bytes);
}

static void say(struct taken_over *t, struct session_message *message) {
	message->fds[0] = message->fds[1] = -1;
	struct channel *channel = channel_create(dup(t->link_fd));
	session_send(channel, SESSION_COMPOSITOR, message);
	channel_destroy(channel);
	/* The other end of a dup shares its flags, and what follows may wait. */
	fcntl(t->link_fd, F_SETFL, fcntl(t->link_fd, F_GETFL) & ~O_NONBLOCK);
}

static void answer_query(struct taken_over *t, uint32_t query) {
	struct session_message message = { .type = SESSION_WINDOW };
	message.window = (struct session_window){ .query = query, .id = 1, .workspace = 1, .title = "anything it likes" };
	snprintf(message.window.name, sizeof(message.window.name), "%s", t->liar);
	if (t->liar[0] != '\0') {
		say(t, &message);
	}
	message = (struct session_message){ .type = SESSION_QUERY_END, .query_end = { .query = query } };
	say(t, &message);
}

/* ---- hearing ---- */

static void hear(struct taken_over *t, struct session_message *message) {
	switch (message->type) {
	case SESSION_CONFIG:
		fprintf(t->out, "config %u\n", message->config.serial);
		if (!t->sulks) {
			struct session_message ready = { .type = SESSION_READY,
				.ready = { .serial = message->config.serial, .accepted = 1 } };
			say(t, &ready);
		}
		break;
	case SESSION_LISTEN:
		if (t->sockets_len < SOCKETS_MAX) {
			memcpy(t->sockets[t->sockets_len].name, message->listen.name, SESSION_NAME_SIZE);
			t->sockets[t->sockets_len++].fd = message->fds[0];
			message->fds[0] = -1;
		}
		break;
	case SESSION_STATE:
		fprintf(t->out, "state %s %u\n", message->state.name, message->state.state);
		break;
	case SESSION_QUERY:
		fprintf(t->out, "query %u\n", message->query.id);
		if (!t->sulks) {
			answer_query(t, message->query.id);
		}
		break;
	default:
		break;
	}
	fflush(t->out);
	fd_close(&message->fds[0]);
	fd_close(&message->fds[1]);
}

static void read_link(struct taken_over *t) {
	static struct message message;
	struct channel *channel = channel_create(dup(t->link_fd));
	struct session_message decoded;
	enum channel_result result;
	while ((result = channel_receive(channel, &message)) == CHANNEL_MESSAGE) {
		if (session_decode(&message, SESSION_SUPERVISOR, &decoded)) {
			hear(t, &decoded);
		}
		message_finish(&message);
	}
	channel_destroy(channel);
	fcntl(t->link_fd, F_SETFL, fcntl(t->link_fd, F_GETFL) & ~O_NONBLOCK);
	if (result == CHANNEL_CLOSED) {
		exit(0);
	}
}

/* Reads what comes meanwhile, or both would wait for each other. */
static void flood(struct taken_over *t, unsigned int count, uint32_t type, const char *hex) {
	unsigned char body[1024];
	size_t len = from_hex(hex, body, sizeof(body));
	unsigned int sent = 0;
	while (sent < count && send_packet(t, type, body, len, 0)) {
		sent++;
		struct pollfd polls[] = { { .fd = t->deaf ? -1 : t->link_fd, .events = POLLIN } };
		if (poll(polls, 1, 0) > 0) {
			read_link(t);
		}
	}
	fprintf(t->out, "flooded %u\n", sent);
}

/* ---- reaching out ---- */

static int attempt(const char *what, const char *argument) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argument);
	char *const argv[] = { (char *)argument, NULL };
	int fd;
	errno = 0;
	if (strcmp(what, "exec") == 0) {
		execv(argument, argv);
	} else if (strcmp(what, "fork") == 0) {
		if (fork() == 0) {
			_exit(0);
		}
	} else if (strcmp(what, "read") == 0) {
		(void)!open(argument, O_RDONLY);
	} else if (strcmp(what, "list") == 0) {
		(void)!open(argument, O_RDONLY | O_DIRECTORY);
	} else if (strcmp(what, "write") == 0) {
		(void)!open(argument, O_WRONLY | O_CREAT, 0600);
	} else if (strcmp(what, "remove") == 0) {
		unlink(argument);
	} else if (strcmp(what, "connect") == 0) {
		/* By the one socket that it has and may have. */
		fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		if (fd >= 0) {
			(void)!connect(fd, (struct sockaddr *)&address, sizeof(address));
		}
	} else if (strcmp(what, "reconnect") == 0) {
		(void)!connect(dup(STDIN_FILENO), (struct sockaddr *)&address, sizeof(address));
	} else if (strcmp(what, "kill") == 0) {
		kill(atoi(argument), SIGSTOP);
	} else if (strcmp(what, "trace") == 0) {
		ptrace(PTRACE_SEIZE, atoi(argument), NULL, NULL);
	} else {
		errno = EINVAL;
	}
	return errno;
}

static void accept_client(struct taken_over *t, const char *name) {
	for (size_t i = 0; i < t->sockets_len; i++) {
		if (strcmp(t->sockets[i].name, name) == 0) {
			struct pollfd polls[] = { { .fd = t->sockets[i].fd, .events = POLLIN } };
			poll(polls, 1, 10000);
			int fd = accept(t->sockets[i].fd, NULL, NULL);
			char text[256] = "";
			ssize_t n = fd >= 0 ? recv(fd, text, sizeof(text) - 1, 0) : -1;
			fprintf(t->out, "heard %.*s\n", (int)(n > 0 ? n : 0), text);
			return;
		}
	}
	fprintf(t->out, "heard nothing\n");
}

static void tell_what_it_has(struct taken_over *t) {
	unsigned int sockets = 0, memory = 0, rest = 0;
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[300], target[300] = "";
		snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		if (atoi(entry->d_name) <= STDERR_FILENO || readlink(path, target, sizeof(target) - 1) < 0 ||
			atoi(entry->d_name) == dirfd(dir)) {
			continue;
		}
		sockets += strncmp(target, "socket:", 7) == 0;
		memory += strncmp(target, "/memfd:", 7) == 0;
		rest += strncmp(target, "socket:", 7) != 0 && strncmp(target, "/memfd:", 7) != 0;
	}
	if (dir != NULL) {
		closedir(dir);
	}
	fprintf(t->out, "has %u sockets, %u memory, %u others\n", sockets, memory, rest);
}

static void obey(struct taken_over *t, const char *line) {
	static char hex[65536];
	unsigned char body[32768];
	char word[32] = "", argument[256] = "";
	unsigned int a = 0, b = 0;
	hex[0] = '\0';
	if (sscanf(line, "raw %u %u %65535s", &a, &b, hex) >= 2) {
		send_packet(t, a, body, from_hex(hex, body, sizeof(body)), b);
	} else if (sscanf(line, "bytes %u", &a) == 1) {
		send_bytes(t, a);
	} else if (sscanf(line, "flood %u %u %65535s", &a, &b, hex) >= 2) {
		flood(t, a, b, hex);
	} else if (sscanf(line, "lie %31s", t->liar) == 1 || strcmp(line, "has\n") == 0) {
		if (line[0] == 'h') {
			tell_what_it_has(t);
		}
	} else if (strcmp(line, "sulk\n") == 0) {
		t->sulks = true;
	} else if (strcmp(line, "deaf\n") == 0) {
		t->deaf = true;
	} else if (sscanf(line, "accept %255s", argument) == 1) {
		accept_client(t, argument);
	} else if (sscanf(line, "try %31s %255s", word, argument) == 2) {
		fprintf(t->out, "tried %d\n", attempt(word, argument));
	}
	fflush(t->out);
}

int main(int argc, char *argv[]) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("S7_SOCKET");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path != NULL ? path : "");
	log_init("taken-over", LOG_WARN);
	if (argc < 3 || fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		fprintf(stderr, "not started by the test\n");
		return 2;
	}
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	struct taken_over t = { .link_fd = atoi(argv[2]), .out = fdopen(fd, "w"), .in = fdopen(dup(fd), "r") };
	if (!confine_files() || !confine_calls()) {
		return 2;
	}
	setvbuf(t.in, NULL, _IONBF, 0);
	fprintf(t.out, "born %d\n", (int)getpid());
	fflush(t.out);
	for (;;) {
		struct pollfd polls[] = { { .fd = t.deaf ? -1 : t.link_fd, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
		if (poll(polls, 2, -1) < 0) {
			continue;
		}
		if (polls[0].revents != 0) {
			read_link(&t);
		}
		static char line[65536 + 64];
		if (polls[1].revents != 0) {
			if (fgets(line, sizeof(line), t.in) == NULL) {
				return 0;
			}
			obey(&t, line);
		}
	}
}
