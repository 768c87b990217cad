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
 * overlap or lost pixel: what is not frame is gap, exactly. Windows are never made smaller than 1 px; where
 * usable is too small for that, the gap gives way first, and then they overlap inside usable. Values out of
 * range are taken as the nearest one in range.
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
