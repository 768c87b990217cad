#ifndef COMPOSITOR_CURSOR_H
#define COMPOSITOR_CURSOR_H

/* The pointer's image: ours over anything of ours, a client's only inside its own pixels, and bounded (attack P8). */

#include <wlr/types/wlr_cursor.h>
#include "compositor/instance.h"
#include "compositor/seat.h"
#include "config/config.h"

#define CURSOR_SIZE_MAX 128 /* logical px */

struct cursor;

/* wlr_cursor is borrowed, and shows "default" from now on. wp_cursor_shape_manager_v1 is made behind the gate. */
struct cursor *cursor_create(
	struct wl_display *display, struct gate *gate, struct seats *seats, struct wlr_cursor *wlr_cursor);
void cursor_destroy(struct cursor *cursor);
/* Theme and size; the files are read here, and where an output comes with another scale. */
void cursor_configure(struct cursor *cursor, const struct config_pointer *config);

/*
 * Our own shape, by its XDG cursor name ("default", "grabbing", "se-resize"…; kept, not copied). No client has a say
 * any more.
 */
void cursor_show_own(struct cursor *cursor, const char *name);
/* The same over a client that keeps the pointer for now: what it wishes is kept for when it is inside its pixels again. */
void cursor_cover(struct cursor *cursor, const char *name);
/*
 * The pointer is inside pixels of this client: what it wishes is shown. With another client than before the image
 * is ours until the new one wishes for one. Both are only compared.
 */
void cursor_show_client(struct cursor *cursor, const struct instance *instance, const struct wl_client *client);

#endif
