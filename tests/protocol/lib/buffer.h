#ifndef BUFFER_H
#define BUFFER_H

/* wl_shm buffers of plain colours. Colours are 0xRRGGBB; alpha counts in the …_argb functions alone. */

#include <stddef.h>
#include <stdint.h>

#include "tests/protocol/lib/client.h"

struct buffer {
	struct wl_buffer *wl_buffer;
	int width, height;
	uint32_t *pixels; /* mapped and shared with the compositor, width * height */
	size_t size; /* of the mapping, bytes */
	bool is_busy; /* the compositor has not released it */
};

/* An opaque buffer of one colour (XRGB8888). It lives until the end of the case, or buffer_destroy(). */
struct buffer *buffer_create(struct client *client, int width, int height, uint32_t color);
/* The same with alpha (ARGB8888, premultiplied): 0xAARRGGBB. */
struct buffer *buffer_create_argb(struct client *client, int width, int height, uint32_t argb);
/* The same in a format of wl_shm's, all zero. */
struct buffer *buffer_create_format(struct client *client, int width, int height, int stride, uint32_t format);
void buffer_destroy(struct buffer *buffer);

/* Fills a rectangle, cut to the buffer. */
void buffer_fill(struct buffer *buffer, int x, int y, int width, int height, uint32_t color);

#endif
