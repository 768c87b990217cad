#ifndef POLICY_PROTOCOLS_H
#define POLICY_PROTOCOLS_H

/*
 * Which interface for whom: one row for every global interface that wlroots 0.20, wayland-protocols or the wlr
 * protocols can put into a registry. What has no row is nobody's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum protocol_audience {
	PROTOCOL_NOBODY = 0,
	PROTOCOL_EVERYONE,  /* every instance, and the shell */
	PROTOCOL_GRANTED,   /* instances with the row's grant, and the shell */
	PROTOCOL_SHELL,     /* the trusted shell only */
	PROTOCOL_OWN,       /* one global per instance, seen by that instance alone: wl_seat */
};

struct protocol_rule {
	const char *interface;
	enum protocol_audience audience;
	uint32_t grant; /* enum config_grant, for PROTOCOL_GRANTED */
	const char *why; /* one short clause for SECURITY.md's table */
};

const struct protocol_rule *protocol_rules(size_t *len);
/* NULL where nobody classified it. */
const struct protocol_rule *protocol_find(const char *interface);
/* May a client with these grants see it? shell is the trusted shell. PROTOCOL_OWN is the caller's to decide. */
bool protocol_allows(const struct protocol_rule *rule, bool shell, uint32_t grants);

#endif
