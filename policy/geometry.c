#include "policy/geometry.h"

/* All sums are made in 64 bits, so that no value of int can overflow one; what leaves is brought back into int. */

/* The nearest value to value in [low, high]; low where the two are crossed. */
static int64_t clamp(int64_t value, int64_t low, int64_t high) {
	if (value > high) {
		value = high;
	}
	return value < low ? low : value;
}

static struct box make_box(int64_t x, int64_t y, int64_t width, int64_t height) {
	width = clamp(width, 0, INT32_MAX);
	height = clamp(height, 0, INT32_MAX);
	return (struct box){
		.x = (int)clamp(x, INT32_MIN, INT32_MAX - width),
		.y = (int)clamp(y, INT32_MIN, INT32_MAX - height),
		.width = (int)width,
		.height = (int)height,
	};
}

bool box_is_empty(const struct box *box) {
	return box->width <= 0 || box->height <= 0;
}

bool box_contains(const struct box *box, double x, double y) {
	if (box_is_empty(box)) {
		return false;
	}
	/* A double holds every sum of two ints exactly. */
	return x >= box->x && x < (double)box->x + box->width && y >= box->y && y < (double)box->y + box->height;
}

bool box_intersect(struct box *out, const struct box *a, const struct box *b) {
	if (box_is_empty(a) || box_is_empty(b)) {
		*out = (struct box){0};
		return false;
	}
	int64_t left = a->x > b->x ? a->x : b->x;
	int64_t top = a->y > b->y ? a->y : b->y;
	int64_t a_right = (int64_t)a->x + a->width, b_right = (int64_t)b->x + b->width;
	int64_t a_bottom = (int64_t)a->y + a->height, b_bottom = (int64_t)b->y + b->height;
	int64_t right = a_right < b_right ? a_right : b_right;
	int64_t bottom = a_bottom < b_bottom ? a_bottom : b_bottom;
	if (right <= left || bottom <= top) {
		*out = (struct box){0};
		return false;
	}
	*out = make_box(left, top, right - left, bottom - top);
	return true;
}

/* frame less an edge on every side and a band at the top. */
static struct box inset(const struct box *frame, int64_t edge, int64_t band) {
	return make_box((int64_t)frame->x + edge, (int64_t)frame->y + edge + band,
		(int64_t)frame->width - 2 * edge, (int64_t)frame->height - 2 * edge - band);
}

struct box frame_content(const struct box *frame) {
	return inset(frame, BORDER_WIDTH, BAND_HEIGHT);
}

struct box frame_for_content(int x, int y, int content_width, int content_height) {
	int64_t width = (int64_t)content_width + 2 * BORDER_WIDTH;
	int64_t height = (int64_t)content_height + 2 * BORDER_WIDTH + BAND_HEIGHT;
	return make_box(x, y, clamp(width, WINDOW_MIN_WIDTH, WINDOW_SIZE_MAX),
		clamp(height, WINDOW_MIN_HEIGHT, WINDOW_SIZE_MAX));
}

struct box frame_content_cover(const struct box *frame) {
	return inset(frame, BORDER_WIDTH, 0);
}

/* A frame's length along one axis, given how much room there is; the room wins over the smallest window. */
static int64_t fit_length(int64_t length, int64_t minimum, int64_t room) {
	int64_t maximum = clamp(room, 1, WINDOW_SIZE_MAX);
	return clamp(length, minimum < maximum ? minimum : maximum, maximum);
}

struct box frame_keep_visible(const struct box *frame, const struct box *usable) {
	int64_t room_x = clamp(usable->width, 1, INT32_MAX);
	int64_t room_y = clamp(usable->height, 1, INT32_MAX);
	int64_t width = fit_length(frame->width, WINDOW_MIN_WIDTH, room_x);
	int64_t height = fit_length(frame->height, WINDOW_MIN_HEIGHT, room_y);

	/* A narrow frame on a narrow screen shows as much as there is: it has to be inside as a whole. */
	int64_t seen = BORDER_WIDTH + BAND_VISIBLE_MIN;
	if (seen > width) {
		seen = width;
	}
	int64_t x = clamp(frame->x, usable->x + seen - width, usable->x + room_x - seen);

	/* Where not even the head of the frame fits, its top does: the lower bound wins. */
	int64_t head = BORDER_WIDTH + BAND_HEIGHT;
	int64_t y = clamp(frame->y, usable->y, usable->y + room_y - head);
	return make_box(x, y, width, height);
}

static int64_t larger(int64_t a, int64_t b) {
	return a > b ? a : b;
}

struct box frame_resize_floating(const struct box *placed, int width, int height, const struct box *usable) {
	struct box before = frame_keep_visible(placed, usable);
	int64_t w = fit_length(width, WINDOW_MIN_WIDTH, clamp(usable->width, 1, INT32_MAX));
	int64_t h = fit_length(height, WINDOW_MIN_HEIGHT, clamp(usable->height, 1, INT32_MAX));
	int64_t right = larger((int64_t)usable->x + usable->width, (int64_t)before.x + before.width);
	int64_t bottom = larger((int64_t)usable->y + usable->height, (int64_t)before.y + before.height);
	struct box frame = make_box(clamp(before.x, INT32_MIN, right - w), clamp(before.y, INT32_MIN, bottom - h), w, h);
	return frame_keep_visible(&frame, usable);
}

/* One axis of the cascade: each window is one step further than the one before, from the start again at the end. */
static int64_t cascade(int64_t start, int64_t free, int index) {
	int64_t step = BORDER_WIDTH + BAND_HEIGHT;
	int64_t places = free / step + 1;
	return start + index % places * step;
}

struct box frame_place_floating(int width, int height, const struct box *usable, const struct box *parent, int index) {
	int64_t room_x = clamp(usable->width, 1, INT32_MAX);
	int64_t room_y = clamp(usable->height, 1, INT32_MAX);
	int64_t w = fit_length(width, WINDOW_MIN_WIDTH, room_x);
	int64_t h = fit_length(height, WINDOW_MIN_HEIGHT, room_y);
	int64_t x = cascade(usable->x, room_x - w, index);
	int64_t y = cascade(usable->y, room_y - h, index);
	if (parent && !box_is_empty(parent)) {
		x = parent->x + (parent->width - w) / 2;
		y = parent->y + (parent->height - h) / 2;
	}
	x = clamp(x, usable->x, usable->x + room_x - w);
	y = clamp(y, usable->y, usable->y + room_y - h);
	return make_box(x, y, w, h);
}
