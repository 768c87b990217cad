#ifndef COMPOSITOR_FAIRNESS_H
#define COMPOSITOR_FAIRNESS_H

/*
 * No instance makes another one wait. Each has an account of the loop's time: what its requests take is charged to it,
 * and one that has overdrawn is served one client and one bite at a time, while others are active for a third of the
 * time at most. And a client that does not read has room for what it is sent, but a bounded one. doc/fairness.md.
 */

#include "compositor/instance.h"

struct fairness;
struct share;

struct fairness *fairness_create(struct wl_display *display);
/* After all shares. NULL is allowed. */
void fairness_destroy(struct fairness *fairness);

/* A new client of this instance, not dispatched yet. Ends with the client. */
void fairness_add_client(struct fairness *fairness, struct instance *instance, struct wl_client *client);
/* A listening socket; source is its place in the loop. Before the source goes: fairness_remove_door(). */
struct share *fairness_add_door(struct fairness *fairness, struct instance *instance, struct wl_event_source *source,
	int fd);
void fairness_remove_door(struct share *share);
/* What is done from now on, until the next request or the end of the turn, is done for this share. */
void fairness_charge(struct share *share);

/* To be called in each turn of the loop, after everything was flushed and before it waits. */
void fairness_turn(struct fairness *fairness);

#endif
