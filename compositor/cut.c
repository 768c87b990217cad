#include "compositor/cut.h"

#include <stdlib.h>

#include "base/log.h"

bool cut_is_whole(const struct cut *cut, const pixman_region32_t *region) {
	return cut->rectangles >= pixman_region32_n_rects(region);
}

/* How many of these rows to take, with room for so many pixels. */
static int64_t choose_rows(int64_t rows, int64_t width, int64_t room, bool first) {
	int64_t fitting = room > 0 ? room / width : 0;
	if (fitting == 0 && first) {
		return 1;
	}
	return fitting < rows ? fitting : rows;
}

bool cut_next(struct cut *cut, const pixman_region32_t *region, int64_t pixels, pixman_region32_t *piece) {
	int count, taken_len = 0;
	const pixman_box32_t *boxes = pixman_region32_rectangles(region, &count);
	pixman_box32_t taken[CUT_RECTANGLES_MAX];
	int64_t room = pixels;
	while (cut->rectangles < count && taken_len < CUT_RECTANGLES_MAX) {
		pixman_box32_t box = boxes[cut->rectangles];
		box.y1 += cut->rows;
		int64_t width = box.x2 - box.x1, rows = box.y2 - box.y1;
		int64_t chosen = choose_rows(rows, width, room, taken_len == 0);
		if (chosen == 0) {
			break;
		}
		box.y2 = (int)(box.y1 + chosen);
		taken[taken_len++] = box;
		room -= width * chosen;
		if (chosen < rows) {
			cut->rows += (int)chosen;
			break;
		}
		cut->rectangles++;
		cut->rows = 0;
	}
	pixman_region32_fini(piece);
	if (!pixman_region32_init_rects(piece, taken, taken_len)) {
		log_error("out of memory for a piece of a picture");
		abort();
	}
	return taken_len > 0;
}
