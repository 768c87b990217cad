#ifndef COMPOSITOR_VALVE_H
#define COMPOSITOR_VALVE_H

/*
 * Keeps a descriptor that libwayland watches from being dispatched for a while. libwayland has no call for it: the
 * valve changes what the loop's epoll(7) descriptor, which is public, waits for. What libwayland has put into that
 * entry is read back from /proc/self/fdinfo and left as it is.
 */

#include <stdbool.h>
#include <wayland-server-core.h>

struct valve;

/* fd: is watched by the loop, itself or as a duplicate, and by one source. NULL where it is not found there. */
struct valve *valve_create(struct wl_event_loop *loop, int fd);
/* Before the loop's source is removed or after: it is not touched any more. NULL is allowed. */
void valve_destroy(struct valve *valve);
/*
 * Closed: neither readable nor writable is reported, an end of the connection is. Lasts until libwayland changes the
 * entry itself, which it does where it cannot write all at once: close it again after every flush. NULL is allowed.
 */
void valve_set(struct valve *valve, bool open);

#endif
