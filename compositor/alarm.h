#ifndef COMPOSITOR_ALARM_H
#define COMPOSITOR_ALARM_H

/* Wakes the loop at a time. The loop's own timers have milliseconds, in which an instance could have twenty bites. */

#include <stdint.h>
#include <wayland-server-core.h>

struct alarm;

/* NULL where there is no descriptor or memory for it. */
struct alarm *alarm_create(struct wl_event_loop *loop);
/* NULL is allowed. */
void alarm_destroy(struct alarm *alarm);
/* The loop shall turn at this time at the latest, in ns of CLOCK_MONOTONIC; 0: no matter when. It may turn earlier. */
void alarm_set(struct alarm *alarm, int64_t at);

#endif
