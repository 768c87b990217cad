#ifndef TOPLEVELS_H
#define TOPLEVELS_H

/* The windows that a compositor lists to bars and switchers: ext-foreign-toplevel-list. */

#include "tests/protocol/lib/client.h"

#define TOPLEVELS_MAX 64

struct toplevel {
	bool is_closed;
	char *title, *app_id; /* as told last, or NULL */
};

struct toplevels {
	struct toplevel *all[TOPLEVELS_MAX];
	size_t len;
};

/* Follows the list from now on, until the end of the case. On a peer without one the case ends as absent. */
struct toplevels *toplevels_create(struct client *client);
/* The open one with this app_id, or NULL. */
const struct toplevel *toplevels_find(const struct toplevels *toplevels, const char *app_id);

#endif
