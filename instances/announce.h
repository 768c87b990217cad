#ifndef INSTANCES_ANNOUNCE_H
#define INSTANCES_ANNOUNCE_H

/* What the supervisor tells the compositor, one function a message: wire/session.h. */

#include "instances/compositor.h"
#include "instances/fleet.h"
#include "instances/snapshot.h"

void announce_config(struct compositor *compositor, const struct snapshot *snapshot);
/* name "": the trusted shell. Sends a copy of the listening socket. */
void announce_socket(struct compositor *compositor, const char *name, int socket_fd);
void announce_state(struct compositor *compositor, const struct instance *instance);
/* The sockets and states of those that this compositor does not have yet. */
void announce_members(struct compositor *compositor, struct fleet *fleet);
/* The states of all that it has, measured now. */
void announce_states(struct compositor *compositor, struct fleet *fleet);
void announce_forgotten(struct compositor *compositor, const char *name);
/* A line for the strip, cleaned and cut to what fits. name: whom it is about, or "". */
void announce_notice(
	struct compositor *compositor, enum session_notice_level level, const char *name, const char *text);
/* The person has just started something in this instance ("": the shell). */
void announce_spawned(struct compositor *compositor, const char *name);
void announce_query(struct compositor *compositor, uint32_t id, enum session_query what);
void announce_clipboard_clear(struct compositor *compositor);

#endif
