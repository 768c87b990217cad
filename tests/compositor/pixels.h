#ifndef TESTS_COMPOSITOR_PIXELS_H
#define TESTS_COMPOSITOR_PIXELS_H

/* Looking at what was painted. */

#include <wlr/types/wlr_buffer.h>

/* The pixel at column, row: 0xAARRGGBB, premultiplied. */
uint32_t pixel_at(struct wlr_buffer *buffer, int column, int row);
/* How many pixels of this box have this colour, 0xRRGGBB and opaque. */
int count_color(struct wlr_buffer *buffer, int x, int y, int width, int height, uint32_t color);
/* How many pixels of this box have another colour than that. */
int count_other(struct wlr_buffer *buffer, int x, int y, int width, int height, uint32_t color);

#endif
