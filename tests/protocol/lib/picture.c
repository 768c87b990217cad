#include "tests/protocol/lib/picture.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct picture *picture_create(int width, int height) {
	struct picture *picture = xcalloc(1, sizeof(*picture));
	picture->width = width;
	picture->height = height;
	picture->pixels = xcalloc((size_t)width * (size_t)height, sizeof(picture->pixels[0]));
	return picture;
}

void picture_destroy(struct picture *picture) {
	if (picture != NULL) {
		free(picture->pixels);
		free(picture);
	}
}

uint32_t picture_pixel(const struct picture *picture, int x, int y) {
	if (x < 0 || y < 0 || x >= picture->width || y >= picture->height) {
		return UINT32_MAX;
	}
	return picture->pixels[(size_t)y * (size_t)picture->width + (size_t)x];
}

size_t picture_count(const struct picture *picture, const struct box *box, uint32_t color) {
	size_t count = 0;
	for (int y = box->y; y < box->y + box->height; y++) {
		for (int x = box->x; x < box->x + box->width; x++) {
			count += picture_pixel(picture, x, y) == color;
		}
	}
	return count;
}

bool picture_find(const struct picture *picture, uint32_t color, struct box *box) {
	int left = picture->width, top = picture->height, right = -1, bottom = -1;
	for (int y = 0; y < picture->height; y++) {
		for (int x = 0; x < picture->width; x++) {
			if (picture_pixel(picture, x, y) == color) {
				left = x < left ? x : left;
				right = x > right ? x : right;
				top = y < top ? y : top;
				bottom = y;
			}
		}
	}
	*box = (struct box){ left, top, right - left + 1, bottom - top + 1 };
	return right >= 0;
}

bool picture_is_filled(const struct picture *picture, const struct box *box, uint32_t color, int *x, int *y) {
	for (*y = box->y; *y < box->y + box->height; ++*y) {
		for (*x = box->x; *x < box->x + box->width; ++*x) {
			if (picture_pixel(picture, *x, *y) != color) {
				return false;
			}
		}
	}
	return true;
}

bool picture_differs(const struct picture *a, const struct picture *b, const struct box *within,
	const struct box *except, size_t except_len, int *x, int *y) {
	for (*y = within->y; *y < within->y + within->height; ++*y) {
		for (*x = within->x; *x < within->x + within->width; ++*x) {
			bool is_excepted = false;
			for (size_t i = 0; i < except_len; i++) {
				is_excepted |= box_contains(&except[i], *x, *y);
			}
			if (!is_excepted && picture_pixel(a, *x, *y) != picture_pixel(b, *x, *y)) {
				return true;
			}
		}
	}
	return false;
}

/* Starting at a pixel inside, one step away: either still inside, or `width` pixels of the frame. */
static bool is_framed_towards(
	const struct picture *picture, int *x, int *y, int step_x, int step_y, uint32_t inside, uint32_t frame, int width) {
	if (picture_pixel(picture, *x + step_x, *y + step_y) == inside) {
		return true;
	}
	for (int i = 0; i < width; i++) {
		*x += step_x;
		*y += step_y;
		if (picture_pixel(picture, *x, *y) != frame) {
			return false;
		}
	}
	return true;
}

bool picture_is_framed(const struct picture *picture, uint32_t inside, uint32_t frame, int width, int *x, int *y) {
	static const int steps[4][2] = { { -1, 0 }, { 1, 0 }, { 0, -1 }, { 0, 1 } };
	for (int row = 0; row < picture->height; row++) {
		for (int column = 0; column < picture->width; column++) {
			if (picture_pixel(picture, column, row) != inside) {
				continue;
			}
			for (int i = 0; i < 4; i++) {
				*x = column;
				*y = row;
				if (!is_framed_towards(picture, x, y, steps[i][0], steps[i][1], inside, frame, width)) {
					return false;
				}
			}
		}
	}
	return true;
}

bool picture_save(const struct picture *picture, const char *path) {
	unsigned char *bytes = xcalloc((size_t)picture->width * (size_t)picture->height, 3);
	for (size_t i = 0; i < (size_t)picture->width * (size_t)picture->height; i++) {
		bytes[i * 3] = (unsigned char)(picture->pixels[i] >> 16);
		bytes[i * 3 + 1] = (unsigned char)(picture->pixels[i] >> 8);
		bytes[i * 3 + 2] = (unsigned char)picture->pixels[i];
	}
	png_image image = {
		.version = PNG_IMAGE_VERSION,
		.width = (png_uint_32)picture->width,
		.height = (png_uint_32)picture->height,
		.format = PNG_FORMAT_RGB,
	};
	bool saved = png_image_write_to_file(&image, path, 0, bytes, 0, NULL) != 0;
	free(bytes);
	return saved;
}
