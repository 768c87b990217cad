#ifndef COMPOSITOR_UNREAD_H
#define COMPOSITOR_UNREAD_H

/*
 * A client that does not read what it is sent. It has room for it, in the kernel and in libwayland, but a bounded one;
 * and while libwayland's is in use it must not be read, since what its requests would be answered could not be sent.
 */

#include <stdbool.h>
#include <stddef.h>
#include <wayland-server-core.h>

/* libwayland's buffer of a client that keeps up: what is read of it at once is no more than this. */
#define UNREAD_BUFFER_BYTES 4096

struct unread;

enum unread_state {
	UNREAD_KEEPS_UP,
	UNREAD_SLOW,    /* is not to be read */
	UNREAD_BEYOND,  /* has more waiting for it than it may: to be dropped. libwayland would, were it read */
};

struct unread *unread_create(struct wl_client *client);
void unread_destroy(struct unread *unread);
/* This event is about to be sent to it. */
void unread_note(struct unread *unread, const struct wl_protocol_logger_message *message);
/* To be asked in each turn after it was sent something, until it keeps up. A slow one is sent what it takes by now. */
enum unread_state unread_look(struct unread *unread);
/* What unread_look() said last. */
bool unread_is_slow(const struct unread *unread);

#endif
