#ifndef COMPOSITOR_EXTENT_H
#define COMPOSITOR_EXTENT_H

/*
 * How large a surface may be. A viewport makes one as large as any number and from a fraction of a pixel; wlroots 0.20
 * multiplies such sizes in float and int, and ends the process where they are out of range (attack R2).
 */

#include <wlr/types/wlr_compositor.h>

#define SURFACE_SIZE_MAX 65535 /* logical pixels of either side: far beyond any screen */

struct extents;

/* From now on, a commit of a larger surface is a protocol error (wl_surface.invalid_size). */
struct extents *extents_create(struct wlr_compositor *compositor);
/* Before the compositor goes; NULL is allowed. */
void extents_destroy(struct extents *extents);

#endif
