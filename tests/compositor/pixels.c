#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/compositor/pixels.h"

uint32_t pixel_at(struct wlr_buffer *buffer, int column, int row) {
	void *data;
	uint32_t format;
	size_t stride;
	assert_true(column >= 0 && column < buffer->width);
	assert_true(row >= 0 && row < buffer->height);
	assert_true(wlr_buffer_begin_data_ptr_access(buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &format, &stride));
	uint32_t pixel = ((const uint32_t *)((const char *)data + (size_t)row * stride))[column];
	wlr_buffer_end_data_ptr_access(buffer);
	return pixel;
}

int count_color(struct wlr_buffer *buffer, int x, int y, int width, int height, uint32_t color) {
	int count = 0;
	for (int row = y; row < y + height; row++) {
		for (int column = x; column < x + width; column++) {
			count += pixel_at(buffer, column, row) == (0xff000000 | color);
		}
	}
	return count;
}

int count_other(struct wlr_buffer *buffer, int x, int y, int width, int height, uint32_t color) {
	return width * height - count_color(buffer, x, y, width, height, color);
}
