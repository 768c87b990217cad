#ifndef COMPOSITOR_FOREIGN_H
#define COMPOSITOR_FOREIGN_H

/*
 * The lists of windows for the trusted shell's panels and tools: zwlr_foreign_toplevel_manager_v1, whose requests
 * count as the person's hand, and ext_foreign_toplevel_list_v1. Titles and app ids in them are the cleaned ones.
 */

#include "compositor/desk.h"
#include "compositor/focus.h"
#include "compositor/gate.h"

struct foreign;

struct foreign *foreign_create(struct wl_display *display, struct gate *gate, struct windows *windows,
	struct desk *desk, struct focus *focus);
void foreign_destroy(struct foreign *foreign);

#endif
