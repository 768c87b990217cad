#ifndef COMPOSITOR_MOVE_H
#define COMPOSITOR_MOVE_H

/*
 * The person moves or sizes a window with the pointer. It ends with the button, with the window, and as soon as
 * something else has the focus. Edges are enum wlr_edges; coordinates are of the layout.
 */

#include <stdbool.h>
#include <stdint.h>
#include "compositor/desk.h"
#include "compositor/focus.h"

struct move;

struct move *move_create(struct desk *desk, struct focus *focus);
void move_destroy(struct move *move);

/*
 * Takes hold of a window that has the focus; no edges: to move it. A tiled or maximized one floats from when the pointer
 * has gone a little, so that a mere press changes nothing. A fullscreen one is left alone (false).
 */
bool move_begin(struct move *move, struct window *window, uint32_t untrusted_edges, double lx, double ly);
void move_update(struct move *move, double lx, double ly);
/* Nothing where nothing is moved. */
void move_end(struct move *move);
bool move_is_active(const struct move *move);
/* The cursor's shape meanwhile. */
const char *move_shape(const struct move *move);

/* The edges whose border is at this point of the window's frame; near a corner both of them. 0: none. */
uint32_t move_edges_at(const struct window *window, double lx, double ly);
/* The edges of that ninth of the window where the point is; those of the lower right corner for its middle. */
uint32_t move_edges_near(const struct window *window, double lx, double ly);
/* "se-resize" and so on; "grabbing" where there are none. */
const char *move_edges_shape(uint32_t edges);

#endif
