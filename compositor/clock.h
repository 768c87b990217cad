#ifndef COMPOSITOR_CLOCK_H
#define COMPOSITOR_CLOCK_H

/*
 * The time of day for the strip. Wakes once a minute, at its beginning, and when somebody sets the clock or the machine
 * comes back from sleep.
 */

#include <wayland-server-core.h>

struct minutes;

/* handler is called each time the minute is another one. NULL where the kernel has no timer left. */
struct minutes *minutes_create(struct wl_event_loop *loop, void (*handler)(void *data), void *data);
void minutes_destroy(struct minutes *minutes); /* NULL is allowed */
/* "HH:MM" in local time into out (size bytes). Returns out. */
const char *minutes_now(char *out, size_t size);

#endif
