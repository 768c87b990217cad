#ifndef COMPOSITOR_PACE_H
#define COMPOSITOR_PACE_H

/*
 * Many changes, one look at them: the handler runs once this turn of the loop has heard everything, but never more
 * often than the interval, however often a client changes what is shown. Nothing wakes while nothing changes.
 */

#include <wayland-server-core.h>

struct pace;

struct pace *pace_create(struct wl_event_loop *loop, int interval_ms, void (*handler)(void *data), void *data);
void pace_destroy(struct pace *pace); /* NULL is allowed */
void pace_wake(struct pace *pace);
/* What was to be looked at has been, or is gone. */
void pace_rest(struct pace *pace);

#endif
