#ifndef COMPOSITOR_CARRY_H
#define COMPOSITOR_CARRY_H

/*
 * Clipboard glue: fetches a source's selection into a snapshot on Super+C, and makes a snapshot the
 * destination's selection on Super+V. The rules are in clipboard/; nothing here blocks.
 */

#include "clipboard/transfer.h"
#include "compositor/focus.h"
#include "compositor/instance.h"
#include "compositor/prompt.h"
#include "compositor/seat.h"

struct carry {
	struct {
		struct wl_signal changed; /* what is held, or the seconds left */
		struct wl_signal notice;  /* struct carry_notice *: for the strip */
	} events;
	struct carry_private *priv;
};
struct carry_notice {
	bool warning;
	struct instance *instance; /* or NULL */
	const char *text;
};

struct carry *carry_create(struct wl_event_loop *loop, struct wl_display *display, struct instances *instances,
	struct seats *seats, struct focus *focus);
void carry_destroy(struct carry *carry);
void carry_set_prompts(struct carry *carry, struct prompts *prompts, struct desk *desk);
void carry_configure(struct carry *carry, const struct config_clipboard *config);

/* The two chords; only actions.c calls them, with a key from a real device. */
void carry_take(struct carry *carry);
void carry_give(struct carry *carry);
void carry_clear(struct carry *carry);

/* What the strip and `coffer clipboard status` show. */
struct carry_status {
	bool held, taking;
	struct instance *source;
	char types[SESSION_TYPES_SIZE]; /* space separated MIME names */
	char label[64];   /* "text", "image" or "text, image" */
	uint64_t size;
	int64_t left_ms;  /* -1: never expires */
};
void carry_get_status(struct carry *carry, struct carry_status *status);

#endif
