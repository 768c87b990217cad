#ifndef INSTANCES_QUERIES_H
#define INSTANCES_QUERIES_H

/* What `coffer` asks and only the compositor knows: windows, the clipboard, what instances use of their limits. */

#include "instances/compositor.h"
#include "instances/control.h"
#include "instances/fleet.h"

struct queries;

/* All are borrowed. Never fails. */
struct queries *queries_create(struct loop *loop, struct fleet *fleet, struct compositor *compositor);
/* Nobody is answered any more. NULL is allowed. */
void queries_destroy(struct queries *queries);

/*
 * Asks for a client, which has its answer when the compositor has said all of it, or an error after two seconds. name: of
 * QUERY_LIMITS, the one instance that is wanted; "" for all.
 */
void queries_ask(struct queries *queries, struct control_client *client, enum session_query what, const char *name);
/* The client has gone, and is not to be answered. */
void queries_forget(struct queries *queries, const struct control_client *client);

/* SESSION_WINDOW, SESSION_CLIPBOARD, SESSION_LIMITS or SESSION_QUERY_END; what nobody asked for changes nothing. */
void queries_answered(struct queries *queries, const struct session_message *message);
/* Whoever waits is told to try again. */
void queries_compositor_died(struct queries *queries);

#endif
