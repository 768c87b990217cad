#ifndef COMPOSITOR_FLOW_H
#define COMPOSITOR_FLOW_H

/* What fairness.c knows of an instance, and of each way by which it asks for something. */

#include "compositor/account.h"
#include "compositor/bite.h"
#include "compositor/instance.h"

struct flows;
struct receiver;
struct share;
struct unread;
struct valve;

/* An instance's account. Written by fairness.c, where nothing else is said. */
struct flow {
	struct flows *flows;
	struct instance *instance; /* NULL: gone, and the last shares are about to go */
	struct wl_list shares; // share.link; those that wait longest come first
	struct account account;
	int64_t active, logged; /* ns, the clock */
	struct bite bite;
	int64_t taken; /* ns of the processor in this turn */
	struct share *refused; /* of those that had to wait in this turn, the one that was served longest ago */
	struct share *first; /* the one of the last turn: is served before the others */
	bool committed; /* since it was painted last */
	int64_t pixels; /* of it, in the picture that is being painted */
	bool restrained; /* by restraint.c, as the next */
	struct share *served; /* while restrained: the one whose turn it is */
	struct wl_list link; // flows.list
	struct wl_listener instance_destroy;
};

/* A client, or a listening socket. */
struct share {
	struct flow *flow;
	int fd;
	struct wl_client *client; /* NULL: a listening socket */
	struct wl_event_source *source; /* of a listening socket */
	struct valve *valve; /* of a client, as the next three */
	struct receiver *receiver;
	struct unread *unread;
	bool written; /* by fairness.c: is in its list, for it was sent something, or is slow */
	uint32_t asked; /* by fairness.c: the turn in which it was dispatched last */
	struct wl_list link, written_link; // flow.shares, fairness.written
	struct wl_listener destroy;
};

/* All of them, and who has the loop. Written by fairness.c. */
struct flows {
	struct wl_list list; // flow.link
	uint32_t turn;
	struct flow *charged; /* whose requests are being handled; NULL when it goes */
	struct share *biting; /* of whose socket the last bite was taken, while that is being handled; NULL when it goes */
};

void flows_init(struct flows *flows);
/* After all shares. */
void flows_finish(struct flows *flows);

/* That of the instance, new where it had none. It goes with the instance and its last share. now: ns, the clock. */
struct flow *flow_get(struct flows *flows, struct instance *instance, int64_t now);

/* A client, until it is destroyed. allow: receive.h. */
struct share *share_create_client(
	struct flow *flow, struct wl_client *client, struct wl_event_loop *loop, size_t (*allow)(void *share));
/* A listening socket; source is its place in the loop. Before the source goes: share_destroy(). */
struct share *share_create_door(struct flow *flow, struct wl_event_source *source, int fd);
void share_destroy(struct share *share);
/* NULL where the client has none. */
struct share *share_find(struct wl_client *client);
/* Whether the loop hears it; one that is slow to read is not heard all the same. */
void share_set_open(struct share *share, bool open);

#endif
