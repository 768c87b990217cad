#ifndef COMPOSITOR_POINTER_H
#define COMPOSITOR_POINTER_H

/*
 * Real pointers (and the shell's virtual ones): routed to the seat of the instance whose pixels are under it, or,
 * while a button that was pressed there is held, to that seat still; Super+button moves and resizes; a click
 * focuses. Touch screens, gestures, drags and constraints stand in files of their own, made from here.
 */

#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_input_device.h>
#include "compositor/cursor.h"
#include "compositor/desk.h"
#include "compositor/focus.h"
#include "compositor/keyboard.h"
#include "compositor/modal.h"
#include "compositor/node.h"

struct pointer;
struct strip;

struct routing;
struct pointer *pointer_create(struct wl_display *display, struct gate *gate, struct scene *scene,
	struct outputs *outputs, struct seats *seats, struct desk *desk, struct focus *focus, struct routing *routing,
	struct keyboards *keyboards, struct modals *modals, struct idle *idle);
void pointer_destroy(struct pointer *pointer);
void pointer_set_strip(struct pointer *pointer, struct strip *strip);
/* config is borrowed until the next call. */
void pointer_configure(struct pointer *pointer, const struct config *config);
void pointer_add(struct pointer *pointer, struct wlr_input_device *device); /* pointers and touch screens */
/* A device that was added moves over this output alone. */
void pointer_map(struct pointer *pointer, struct wlr_input_device *device, struct output *output);
struct wlr_cursor *pointer_get_cursor(struct pointer *pointer);
/*
 * The scene under the pointer may have changed: look again. A client hears of it only where another surface is under
 * the pointer now, or the same one elsewhere.
 */
void pointer_rebase(struct pointer *pointer);
/* Super+Escape and every other modal: ends moves, implicit grabs, locks and drags. */
void pointer_end_grabs(struct pointer *pointer);

#endif
