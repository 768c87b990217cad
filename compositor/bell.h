#ifndef COMPOSITOR_BELL_H
#define COMPOSITOR_BELL_H

/* xdg_system_bell_v1: a client rings, its window is marked urgent, and that not too often. There is no sound. */

#include "compositor/gate.h"
#include "compositor/window.h"

#define BELL_PAUSE_MS 1000 /* of one instance; what rings in between is not heard */

struct bell;

struct bell *bell_create(struct wl_display *display, struct gate *gate);
void bell_destroy(struct bell *bell);

#endif
