#ifndef COMPOSITOR_CLICK_H
#define COMPOSITOR_CLICK_H

/*
 * What a button or a finger that comes down means to the desktop, before a client hears of it: a modal takes it, the
 * strip switches the workspace, a window gets the focus, popups elsewhere end.
 */

#include "compositor/desk.h"
#include "compositor/focus.h"
#include "compositor/modal.h"
#include "compositor/node.h"
#include "compositor/seat.h"

struct clicks;
struct strip;

struct clicks *clicks_create(
	struct scene *scene, struct seats *seats, struct desk *desk, struct focus *focus, struct modals *modals);
void clicks_destroy(struct clicks *clicks);
void clicks_set_strip(struct clicks *clicks, struct strip *strip);

/*
 * Does all that at layout coordinates. Returns what is there afterwards: with a surface the press is that client's, with
 * a node alone it is on pixels of ours, and with neither there is nothing left to do.
 */
struct node_hit clicks_press(struct clicks *clicks, double lx, double ly);
/* The window that a node is a part of, through its popups too; NULL where there is none. */
struct window *click_window(const struct node *node);

#endif
