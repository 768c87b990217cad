#ifndef POLICY_GEOMETRY_H
#define POLICY_GEOMETRY_H

/*
 * The measures of the trusted picture, in logical pixels, and the pure arithmetic of frames and popups.
 * Coordinates are layout coordinates unless said otherwise. Every function takes any value of int, hostile
 * ones included, and returns a box whose right and lower edges fit into an int too.
 */

#include <stdbool.h>
#include <stdint.h>

#define STRIP_HEIGHT 28
#define BAND_HEIGHT 24
#define BORDER_WIDTH 3
#define POPUP_BORDER_WIDTH 2
#define BAND_VISIBLE_MIN 48 /* px of the band that stay on screen, whatever is moved or sized */
#define WINDOW_MIN_WIDTH 120 /* of the frame */
#define WINDOW_MIN_HEIGHT 80
#define WINDOW_SIZE_MAX 16384

struct box {
	int x, y, width, height;
};

/* No pixel in it: a size of 0 or less. */
bool box_is_empty(const struct box *box);
/* The left and upper edges are inside, the right and lower ones are not. False where x or y is not a number. */
bool box_contains(const struct box *box, double x, double y);
/* The pixels of both. Returns false and an empty box where there are none. out may be a or b. */
bool box_intersect(struct box *out, const struct box *a, const struct box *b);

/* The frame's content box, where alone its client's pixels show; empty where the frame leaves no room for it. */
struct box frame_content(const struct box *frame);
/*
 * The frame for a wished content size, its left upper corner at x, y. Its size is between WINDOW_MIN_WIDTH ×
 * WINDOW_MIN_HEIGHT and WINDOW_SIZE_MAX, whatever was wished for.
 */
struct box frame_for_content(int x, int y, int content_width, int content_height);
/* Fullscreen with `cover`: no band, an edge of BORDER_WIDTH in the instance's colour is kept. */
struct box frame_content_cover(const struct box *frame);

/*
 * Moves and resizes a floating frame so that it is at most usable's size and, where usable has the room, at
 * least the smallest window's; that its band is below usable's top with its whole height inside; and that at
 * least BAND_VISIBLE_MIN of the band, counted between the borders, is inside usable.
 */
struct box frame_keep_visible(const struct box *frame, const struct box *usable);

/*
 * A floating frame whose client has chosen another size since it was placed there. No size is a way to hide a part
 * of the frame: its right and lower edges reach beyond usable no further than they did as it was placed. Else it stays
 * where it is, within the bounds of frame_keep_visible().
 */
struct box frame_resize_floating(const struct box *placed, int width, int height, const struct box *usable);

/*
 * Where a new floating window of this frame size goes: centred over parent where there is one, else cascaded by
 * index. The whole frame is inside usable. parent may be NULL.
 */
struct box frame_place_floating(int width, int height, const struct box *usable, const struct box *parent, int index);

#endif
