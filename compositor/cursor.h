#ifndef COMPOSITOR_CURSOR_H
#define COMPOSITOR_CURSOR_H

/* The pointer's image: ours over anything of ours, a client's only inside its own pixels, and bounded (attack P8). */

#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_cursor_shape_v1.h>
#include "compositor/instance.h"
#include "compositor/seat.h"
#include "config/config.h"

#define CURSOR_SIZE_MAX 128

struct cursor;

struct cursor *cursor_create(struct wl_display *display, struct gate *gate, struct seats *seats, struct wlr_cursor *wlr_cursor);
void cursor_destroy(struct cursor *cursor);
void cursor_configure(struct cursor *cursor, const struct config *config);
/* Our own shape, by its XDG cursor name: "default", "grabbing", "se-resize"… */
void cursor_set_own(struct cursor *cursor, const char *name);
/* The pointer is inside pixels of this instance now (NULL: of nobody's): its image is asked anew. */
void cursor_enter(struct cursor *cursor, struct instance *instance);
/* A client's wishes; taken only from the instance whose pixels the pointer is in. */
void cursor_set_surface(struct cursor *cursor, struct instance *instance, struct wlr_surface *surface, int32_t hotspot_x,
	int32_t hotspot_y);
void cursor_set_shape(struct cursor *cursor, struct instance *instance, const char *name);
void cursor_hide(struct cursor *cursor, bool hidden);

#endif
