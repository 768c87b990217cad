#ifndef COMPOSITOR_ACTIVATION_H
#define COMPOSITOR_ACTIVATION_H

/*
 * xdg-activation: a program asks for the focus, for itself or for another of its instance. Focus stays within the
 * instance that has it (attack F2): everything else makes a window urgent at most.
 */

#include "compositor/focus.h"
#include "compositor/gate.h"

struct activation;

struct activation *activation_create(struct wl_display *display, struct gate *gate, struct focus *focus);
void activation_destroy(struct activation *activation);

#endif
