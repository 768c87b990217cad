#ifndef COMPOSITOR_CUT_H
#define COMPOSITOR_CUT_H

/* Takes a region apart into pieces of a bounded size, so that who paints it can stop in between. A pure rule. */

#include <pixman.h>
#include <stdbool.h>
#include <stdint.h>

#define CUT_RECTANGLES_MAX 64 /* in one piece: each has a price of its own, however small it is */

/* How much of a region has been taken. All zero: nothing. */
struct cut {
	int rectangles; /* whole ones */
	int rows;       /* of the next */
};

/*
 * Takes the next piece: whole rectangles, and rows of one, together of at most so many pixels but never less than a row.
 * Sets piece, which is initialized, and returns whether there was any left. The region must be the same each time.
 */
bool cut_next(struct cut *cut, const pixman_region32_t *region, int64_t pixels, pixman_region32_t *piece);
/* Has all been taken? */
bool cut_is_whole(const struct cut *cut, const pixman_region32_t *region);

#endif
