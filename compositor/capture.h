#ifndef COMPOSITOR_CAPTURE_H
#define COMPOSITOR_CAPTURE_H

/*
 * What the trusted shell's helpers need and no instance has: pictures of whole outputs, the shell's own clipboard
 * without focus, and keyboards and pointers made by programs, which count as real ones. The gate hides all of it.
 */

#include "compositor/gate.h"
#include "compositor/keyboard.h"
#include "compositor/pointer.h"

struct capture;

struct capture *capture_create(
	struct wl_display *display, struct gate *gate, struct keyboards *keyboards, struct pointer *pointer);
void capture_destroy(struct capture *capture);

#endif
