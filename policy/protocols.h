#ifndef POLICY_PROTOCOLS_H
#define POLICY_PROTOCOLS_H

/*
 * Which interface for whom: one row for every global interface that wlroots 0.20, wayland-protocols or the wlr
 * protocols can put into a registry. What has no row is nobody's. tests/policy/protocols_complete.py holds the
 * table against the XML that is installed and fails where a row is missing.
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
	uint32_t grant; /* enum config_grant, for PROTOCOL_GRANTED; else 0 */
	const char *why; /* one short clause for SECURITY.md's table */
};

/* All rows, in order of interface (strcmp). */
const struct protocol_rule *protocol_rules(size_t *len);
/* NULL where nobody classified it. */
const struct protocol_rule *protocol_find(const char *interface);
/*
 * May a client with these grants see it? shell is the trusted shell. A rule of NULL is nobody's. PROTOCOL_OWN is
 * the caller's to decide, who knows whose global it is: the answer here is false.
 */
bool protocol_allows(const struct protocol_rule *rule, bool shell, uint32_t grants);

#endif
