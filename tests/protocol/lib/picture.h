#ifndef PICTURE_H
#define PICTURE_H

/* A picture in memory: what the person sees. Colours are 0xRRGGBB. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/geometry.h"
#include "tests/protocol/lib/test.h"

struct picture {
	int width, height;
	uint32_t *pixels; /* 0xRRGGBB, row by row */
};

struct picture *picture_create(int width, int height);
void picture_destroy(struct picture *picture); /* NULL is allowed */

/* Outside of the picture: 0xFFFFFFFF, which is no colour. */
uint32_t picture_pixel(const struct picture *picture, int x, int y);

/* How many pixels of this colour are in the box. */
size_t picture_count(const struct picture *picture, const struct box *box, uint32_t color);
/* The smallest box around all pixels of this colour. Returns false where there are none. */
bool picture_find(const struct picture *picture, uint32_t color, struct box *box);
/* Is every pixel of the box of this colour? Else *x and *y are the first that is not. */
bool picture_is_filled(const struct picture *picture, const struct box *box, uint32_t color, int *x, int *y);

/*
 * The first pixel, by row, where two pictures differ, looked for inside `within` and outside of the boxes in
 * `except`. Returns false where they are alike.
 */
bool picture_differs(const struct picture *a, const struct picture *b, const struct box *within,
	const struct box *except, size_t except_len, int *x, int *y);

/*
 * Does a frame of this colour and width stand around the pixels of `inside`? Wherever a pixel of that colour
 * ends, the next `width` pixels in that direction are the frame's. Else *x and *y are the first that is not.
 */
bool picture_is_framed(const struct picture *picture, uint32_t inside, uint32_t frame, int width, int *x, int *y);

/* Writes a PNG file. Returns false where that failed. */
bool picture_save(const struct picture *picture, const char *path);

#endif
