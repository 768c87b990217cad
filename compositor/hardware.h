#ifndef COMPOSITOR_HARDWARE_H
#define COMPOSITOR_HARDWARE_H

/*
 * What the machine gives, or the desktop that we are a window of: the screens and devices (wlr_backend), the seat that
 * they belong to, and what can draw.
 */

#include <stdbool.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_input_device.h>

struct hardware;
struct recorder;

struct hardware_handler {
	void (*new_input)(void *data, struct wlr_input_device *device);
	/* The screens or the seat were taken away, which is logged: nothing can be shown any more. */
	void (*lost)(void *data);
};

/* NULL where no screen can be used or nothing can draw (logged). */
struct hardware *hardware_create(struct wl_event_loop *loop, const struct hardware_handler *handler, void *data);
/* NULL is allowed. */
void hardware_destroy(struct hardware *hardware);
/* From here on there are outputs and devices. Returns false (logged) where the screens cannot be had. */
bool hardware_start(struct hardware *hardware);

/* NULL when it has gone by itself. */
struct wlr_backend *hardware_get_backend(const struct hardware *hardware);
/* NULL where another desktop or nobody shows us. */
struct wlr_session *hardware_get_session(const struct hardware *hardware);
struct wlr_renderer *hardware_get_renderer(const struct hardware *hardware);
struct wlr_allocator *hardware_get_allocator(const struct hardware *hardware);
/* What stands before the renderer where that paints on this processor; or NULL. */
struct recorder *hardware_get_recorder(const struct hardware *hardware);

#endif
