#ifndef POLICY_TILING_H
#define POLICY_TILING_H

#include <stddef.h>
#include "policy/geometry.h"

struct tiling {
	double main_ratio; /* 0.1 to 0.9: the main area's share of the width */
	int main_count;    /* windows in the main area, at least 1 */
	int gap;           /* between frames and around them */
};

/*
 * Columns with a main area at the left: the first main_count windows share it, one above the other, the rest
 * share the column at its right. With no rest the main area has the whole width. Fills boxes[0..len) without
 * overlap or lost pixel: what is not frame is gap, exactly.
 *
 * No number of windows presses one flat (attack P7): none is lower than WINDOW_MIN_HEIGHT, or than usable where that is
 * lower still. The gap gives way first; then those that come after the last cell share it, one behind the other. Nor is
 * one narrower than 1 px: where usable is too small for that, they overlap inside it. Values out of range are taken
 * as the nearest one in range.
 */
void tiling_arrange(const struct tiling *tiling, const struct box *usable, size_t len, struct box *boxes);

/*
 * The index of the box next to boxes[from] in a direction by geometry, or from itself where there is none. A box
 * is in a direction where its centre is, and where it either shares a row (a column, for up and down) with
 * boxes[from] or lies wholly beyond its edge. The first kind comes before the second, then the smaller space
 * between, then the nearer centre, then the lower index.
 */
enum tiling_side { SIDE_LEFT, SIDE_RIGHT, SIDE_UP, SIDE_DOWN };
size_t tiling_neighbour(const struct box *boxes, size_t len, size_t from, enum tiling_side side);

#endif
