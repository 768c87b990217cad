#include "compositor/unread.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>

#include "base/memory.h"

#define ROOM_BYTES (256 * 1024)
#define SOCKET_BYTES (256 * 1024)

struct unread {
	struct wl_client *client;
	int fd;
	int room; /* SO_SNDBUF */
	bool slow;
	size_t bytes; /* sent to it since it is slow */
};

/* As unix_writable() of the kernel decides whether a socket is ready to be written to. */
static bool is_full(const struct unread *unread) {
	int waiting;
	return ioctl(unread->fd, SIOCOUTQ, &waiting) == 0 && waiting > unread->room / 4;
}

static void set_slow(struct unread *unread, bool slow) {
	if (unread->slow != slow) {
		unread->slow = slow;
		unread->bytes = 0;
		wl_client_set_max_buffer_size(unread->client, slow ? ROOM_BYTES : UNREAD_BUFFER_BYTES);
	}
}

enum unread_state unread_look(struct unread *unread) {
	if (unread->slow) {
		wl_client_flush(unread->client);
	}
	bool full = is_full(unread);
	if (full && unread->bytes > ROOM_BYTES) {
		return UNREAD_BEYOND;
	}
	set_slow(unread, full);
	return full ? UNREAD_SLOW : UNREAD_KEEPS_UP;
}

bool unread_is_slow(const struct unread *unread) {
	return unread->slow;
}

/* On the wire: a header, and for each argument a word, or a length and what it says. */
static size_t size_of(const struct wl_protocol_logger_message *message) {
	size_t size = 8;
	const union wl_argument *argument = message->arguments;
	for (const char *type = message->message->signature; *type != '\0'; type++) {
		if (strchr("iufonhsa", *type) == NULL) {
			continue; /* a version, or that it may be missing */
		}
		size += *type == 'h' ? 0 : 4;
		size += *type == 's' && argument->s != NULL ? (strlen(argument->s) + 4) / 4 * 4 : 0;
		size += *type == 'a' && argument->a != NULL ? (argument->a->size + 3) / 4 * 4 : 0;
		argument++;
	}
	return size;
}

void unread_note(struct unread *unread, const struct wl_protocol_logger_message *message) {
	if (unread->slow) {
		unread->bytes += size_of(message);
	}
}

struct unread *unread_create(struct wl_client *client) {
	struct unread *unread = xcalloc(1, sizeof(*unread));
	unread->client = client;
	unread->fd = wl_client_get_fd(client);
	int size = SOCKET_BYTES;
	setsockopt(unread->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	socklen_t length = sizeof(unread->room);
	getsockopt(unread->fd, SOL_SOCKET, SO_SNDBUF, &unread->room, &length);
	return unread;
}

void unread_destroy(struct unread *unread) {
	free(unread);
}
