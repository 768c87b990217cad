#ifndef COMPOSITOR_FAIRNESS_H
#define COMPOSITOR_FAIRNESS_H

/*
 * No instance makes another one wait. In a turn of the loop each gets one bite: requests for some tens of microseconds. And
 * each has an account of the loop's time: what its requests take is charged to it, and one that has overdrawn is served
 * one client at a time, after the others and while they are active for a third of the time at most. A client that does
 * not read has room for what it is sent, but a bounded one. doc/fairness.md.
 */

#include "compositor/instance.h"

struct fairness;
struct share;

/* What time it is, and how long this thread has run; both in ns. */
struct fairness_clocks {
	int64_t (*time)(void *data);
	int64_t (*processor)(void *data);
	void *data;
};

/* clocks: NULL for the kernel's. Logs an error where libwayland's reads cannot be bounded. */
struct fairness *fairness_create(struct wl_display *display, const struct fairness_clocks *clocks);
/* After all shares. NULL is allowed. */
void fairness_destroy(struct fairness *fairness);

/* This is called before each read of a client's socket, when all that was read before has been handled. NULL: nothing. */
void fairness_set_watch(struct fairness *fairness, void (*about_to_read)(struct wl_client *client));

/* A new client of this instance, not dispatched yet. Ends with the client. */
void fairness_add_client(struct fairness *fairness, struct instance *instance, struct wl_client *client);
/* A listening socket; source is its place in the loop. Before the source goes: fairness_remove_door(). */
struct share *fairness_add_door(struct fairness *fairness, struct instance *instance, struct wl_event_source *source,
	int fd);
void fairness_remove_door(struct share *share);
/* What is done from now on, until the next request or the end of the turn, is done for this share. */
void fairness_charge(struct share *share);
/* What is done from now on is nobody's. */
void fairness_charge_nobody(struct fairness *fairness);

/*
 * A picture is painted: begin, then for each surface that shows in it its client and pixels. What its slices take from then
 * on is charged to the instances that had committed anything since they were painted last, each for its pixels. One picture
 * at a time.
 */
void fairness_begin_picture(struct fairness *fairness);
void fairness_add_painted(struct fairness *fairness, struct wl_client *client, int64_t pixels);
/* A slice: what is done between these two. The first one may begin before its picture. */
void fairness_begin_slice(struct fairness *fairness);
void fairness_end_slice(struct fairness *fairness);

/* To be called in each turn of the loop, after everything was flushed and before it waits. */
void fairness_turn(struct fairness *fairness);

#endif
