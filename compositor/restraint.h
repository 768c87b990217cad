#ifndef COMPOSITOR_RESTRAINT_H
#define COMPOSITOR_RESTRAINT_H

/*
 * An instance that has overdrawn its account is restrained: the loop hears one of its connections at a time, in turn with
 * the others that are restrained, and where it can be when nobody else has anything to say.
 */

#include "compositor/flow.h"

/* Of the loop's time, what all that are restrained get, and this one with them: less while others are active. now: ns. */
int restraint_get_percent(const struct flow *flow, int64_t now);
int64_t restraint_count(const struct flows *flows);

/* By its account: restrains it or lets it go; and closes after the one of its connections that was served. */
void restraint_decide(struct flow *flow);
/* The one that may be served next, put last in the list, or NULL. */
struct flow *restraint_next(struct flows *flows, struct wl_event_loop *loop);
/* Lets the next of its connections in, of those that have something to say. What it takes to find it is its to pay. */
void restraint_serve(struct flow *flow);
/* In how many ns there is something to decide, though nothing may have happened; INT64_MAX for never. */
int64_t restraint_get_wait(const struct flows *flows, int64_t now);

#endif
