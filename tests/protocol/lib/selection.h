#ifndef SELECTION_H
#define SELECTION_H

/* A client's clipboard and primary selection: sources that serve, honestly or not, and offers that are received. */

#include <stddef.h>
#include <stdint.h>

#include "tests/protocol/lib/client.h"

struct source {
	struct client *client;
	struct wl_data_source *wl_source; /* or else: */
	struct zwp_primary_selection_source_v1 *primary;
	const char *text; /* what it serves, in every type; may be changed at any time; borrowed */
	/* In place of serving text; fd is the callee's to close. */
	void (*serve)(void *data, struct source *source, const char *mime, int fd);
	void *data;
	size_t asked; /* how often its data was wanted */
	bool is_cancelled;
};

/* For the clipboard, with the usual names of UTF-8 text as types. */
struct source *source_create_text(struct client *client, const char *text);
/* For the clipboard, with these types (NULL-terminated). */
struct source *source_create(struct client *client, const char *const *types, const char *text);
/* For the primary selection, with the usual names of UTF-8 text. */
struct source *source_create_primary(struct client *client, const char *text);

#define OFFER_TYPES_MAX 64

struct offer {
	struct client *client;
	struct wl_data_offer *wl_offer; /* or else: */
	struct zwp_primary_selection_offer_v1 *primary;
	char *types[OFFER_TYPES_MAX];
	size_t types_len; /* may be more than OFFER_TYPES_MAX */
};

bool offer_has_type(const struct offer *offer, const char *mime);
/* The data as text, or NULL where it does not end in milliseconds. The caller frees it. */
char *offer_receive(struct offer *offer, const char *mime, int64_t milliseconds);

/* Both selections of one seat, as this client sees them. */
struct selection {
	struct client *client;
	struct wl_data_device *device;
	struct zwp_primary_selection_device_v1 *primary_device;
	/* What they hold now, or NULL. */
	struct offer *offer, *primary_offer;
	/* All offers announced, and selection events that came, since the start or selection_forget(). */
	size_t offers, primary_offers, changes, primary_changes;
	size_t drag_enters;
	struct offer *announced, *primary_announced;
};

struct selection *selection_create(struct client *client);
void selection_set(struct selection *selection, struct source *source, uint32_t serial);
void selection_set_primary(struct selection *selection, struct source *source, uint32_t serial);
/* Starts the counts again; what the selections hold is kept. */
void selection_forget(struct selection *selection);
/* The text that the clipboard holds; NULL where there is none. Fails the case where it does not come in time. */
char *selection_text(struct selection *selection);

#endif
