#ifndef COMPOSITOR_IDLE_H
#define COMPOSITOR_IDLE_H

/*
 * Tells the shell's helpers when the person has done nothing for a while (ext-idle-notify-v1), and lets a granted
 * instance hold that off while a window of its own with an inhibitor can be seen (idle-inhibit-unstable-v1).
 */

#include "compositor/desk.h"
#include "compositor/gate.h"
#include "compositor/instance.h"

struct idle;

struct idle *idle_create(struct wl_display *display, struct gate *gate, struct instances *instances, struct desk *desk);
void idle_destroy(struct idle *idle);
/* The person did something on a real device. */
void idle_activity(struct idle *idle);

#endif
