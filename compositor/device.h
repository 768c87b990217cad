#ifndef COMPOSITOR_DEVICE_H
#define COMPOSITOR_DEVICE_H

/* Mice, touchpads and touch screens: how libinput is to treat them, and which output is theirs. */

#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_input_device.h>
#include "compositor/output.h"
#include "compositor/seat.h"
#include "config/config.h"

struct devices {
	struct {
		struct wl_signal removed; /* struct wlr_input_device *: it has let go of its buttons, and of no finger */
	} events;
	struct devices_private *priv;
};

/* Devices move wlr_cursor, which is borrowed. */
struct devices *devices_create(struct wlr_cursor *wlr_cursor, struct outputs *outputs, struct seats *seats);
void devices_destroy(struct devices *devices);
/* For those there are and those to come; borrowed until the next call. What says nothing is the device's own default. */
void devices_configure(struct devices *devices, const struct config_pointer *config);
/* Those of another kind are left alone. It goes by itself. */
void devices_add(struct devices *devices, struct wlr_input_device *device);
/* Its whole area is this output's, until the output goes. One that names its output is given it without being asked. */
void devices_map(struct devices *devices, struct wlr_input_device *device, struct output *output);

#endif
