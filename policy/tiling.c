#include <stdbool.h>

#include "policy/tiling.h"

/* ---- columns ---- */

static int64_t smaller(int64_t a, int64_t b) {
	return a < b ? a : b;
}

/*
 * The gap that leaves at least so much for each of count windows in a row of this length; 0 where nothing does. The
 * length is at least 1, so that the division never ends below 0.
 */
static int64_t fit_gap(int64_t gap, int64_t length, int64_t count, int64_t least) {
	return smaller(gap, (length - count * least) / (count + 1));
}

/* The cells that a column of this height has room for. */
static int64_t fit_cells(int64_t height) {
	return height < WINDOW_MIN_HEIGHT ? 1 : height / WINDOW_MIN_HEIGHT;
}

/* One of count cells of a length, with gaps between and around: the first ones get the pixels that don't divide. */
static void cell(int64_t length, int64_t gap, int64_t count, int64_t index, int64_t *offset, int64_t *size) {
	int64_t room = length - gap * (count + 1);
	int64_t each = room / count, extra = room % count;
	*offset = gap + index * (each + gap) + smaller(index, extra);
	*size = each + (index < extra ? 1 : 0);
}

/* count boxes, one above the other; what there is no room for is where the last one is. */
static void arrange_column(int64_t x, int64_t y, int64_t width, int64_t height, int64_t gap,
	size_t count, struct box *boxes) {
	int64_t cells = smaller((int64_t)count, fit_cells(height));
	for (size_t i = 0; i < count; i++) {
		int64_t offset, size;
		cell(height, gap, cells, smaller((int64_t)i, cells - 1), &offset, &size);
		boxes[i] = (struct box){(int)x, (int)(y + offset), (int)width, (int)size};
	}
}

/* The main column's share of the pixels for both columns; each gets at least one where there are two. */
static int64_t main_share(double ratio, int64_t room) {
	/* Written so that a ratio that is not a number ends at the lower bound. */
	if (!(ratio > 0.1)) {
		ratio = 0.1;
	} else if (ratio > 0.9) {
		ratio = 0.9;
	}
	int64_t share = (int64_t)((double)room * ratio + 0.5);
	if (share > room - 1) {
		share = room - 1;
	}
	return share < 1 ? 1 : share;
}

void tiling_arrange(const struct tiling *tiling, const struct box *usable, size_t len, struct box *boxes) {
	if (len == 0) {
		return;
	}
	int64_t width = usable->width > 0 ? usable->width : 1;
	int64_t height = usable->height > 0 ? usable->height : 1;
	size_t main_len = tiling->main_count > 1 ? (size_t)tiling->main_count : 1;
	if (main_len > len) {
		main_len = len;
	}
	size_t rest_len = len - main_len;
	int64_t rows = smaller((int64_t)(main_len > rest_len ? main_len : rest_len), fit_cells(height));

	int64_t gap = tiling->gap > 0 ? tiling->gap : 0;
	gap = fit_gap(gap, width, rest_len > 0 ? 2 : 1, 1);
	gap = fit_gap(gap, height, rows, smaller(height, WINDOW_MIN_HEIGHT));

	int64_t x = usable->x + gap;
	if (rest_len == 0) {
		arrange_column(x, usable->y, width - 2 * gap, height, gap, len, boxes);
		return;
	}
	int64_t room = width - 3 * gap;
	int64_t main_width = main_share(tiling->main_ratio, room);
	int64_t rest_width = room - main_width;
	int64_t rest_x = x + main_width + gap;
	if (rest_width < 1) {
		rest_x = x; /* a single pixel for two columns */
		rest_width = 1;
	}
	arrange_column(x, usable->y, main_width, height, gap, main_len, boxes);
	arrange_column(rest_x, usable->y, rest_width, height, gap, rest_len, boxes + main_len);
}

/* ---- neighbours ---- */

/* A box as seen in a direction: near to far along it, low to high across it. Doubled, so that centres are whole. */
struct span {
	int64_t near, far, low, high;
};

static struct span span_of(const struct box *box, enum tiling_side side) {
	int64_t left = 2 * (int64_t)box->x, right = left + 2 * (int64_t)box->width;
	int64_t top = 2 * (int64_t)box->y, bottom = top + 2 * (int64_t)box->height;
	switch (side) {
	case SIDE_LEFT:
		return (struct span){-right, -left, top, bottom};
	case SIDE_RIGHT:
		return (struct span){left, right, top, bottom};
	case SIDE_UP:
		return (struct span){-bottom, -top, left, right};
	case SIDE_DOWN:
		break;
	}
	return (struct span){top, bottom, left, right};
}

/* How good a neighbour is: the lower, the better, the first value first. */
struct rank {
	int64_t values[4];
};

static bool rank_less(const struct rank *a, const struct rank *b) {
	for (size_t i = 0; i < 4; i++) {
		if (a->values[i] != b->values[i]) {
			return a->values[i] < b->values[i];
		}
	}
	return false;
}

static bool rank_neighbour(const struct span *from, const struct span *to, struct rank *rank) {
	int64_t along = (to->near + to->far) / 2 - (from->near + from->far) / 2;
	int64_t across = (to->low + to->high) / 2 - (from->low + from->high) / 2;
	bool shares = to->low < from->high && to->high > from->low;
	int64_t space = to->near - from->far;
	if (along <= 0 || (!shares && space < 0)) {
		return false;
	}
	*rank = (struct rank){{shares ? 0 : 1, space > 0 ? space : 0, along, across < 0 ? -across : across}};
	return true;
}

size_t tiling_neighbour(const struct box *boxes, size_t len, size_t from, enum tiling_side side) {
	size_t best = from;
	struct rank best_rank = {0};
	if (from >= len) {
		return from;
	}
	struct span origin = span_of(&boxes[from], side);
	for (size_t i = 0; i < len; i++) {
		struct span span = span_of(&boxes[i], side);
		struct rank rank;
		if (i == from || !rank_neighbour(&origin, &span, &rank)) {
			continue;
		}
		if (best == from || rank_less(&rank, &best_rank)) {
			best = i;
			best_rank = rank;
		}
	}
	return best;
}
