#include "compositor/move.h"

#include <math.h>
#include <stdlib.h>
#include <wlr/util/edges.h>

#include "base/memory.h"

#define CORNER_SIZE 24   /* px along the border, from its corner, where both edges are meant */
#define START_DISTANCE 8 /* px that the pointer goes before a tiled window leaves its place */

struct move {
	struct desk *desk;
	struct focus *focus;
	struct window *window; /* NULL: nothing is moved */
	uint32_t edges;        /* 0: the window is moved, else sized */
	bool started;          /* it floats and follows */
	double grab_x, grab_y;
	struct box start;      /* the frame as the pointer took hold of it */
	struct wl_listener unmap, focus_changed;
};

/* ---- edges ---- */

uint32_t move_edges_at(const struct window *window, double lx, double ly) {
	const struct box *box = &window->box;
	double x = lx - box->x, y = ly - box->y;
	uint32_t edges = WLR_EDGE_NONE;
	if (x < BORDER_WIDTH || y < BORDER_WIDTH || x >= box->width - BORDER_WIDTH || y >= box->height - BORDER_WIDTH) {
		edges |= x < CORNER_SIZE ? WLR_EDGE_LEFT : x >= box->width - CORNER_SIZE ? WLR_EDGE_RIGHT : 0;
		edges |= y < CORNER_SIZE ? WLR_EDGE_TOP : y >= box->height - CORNER_SIZE ? WLR_EDGE_BOTTOM : 0;
	}
	return edges;
}

uint32_t move_edges_near(const struct window *window, double lx, double ly) {
	const struct box *box = &window->box;
	double x = (lx - box->x) / box->width, y = (ly - box->y) / box->height;
	uint32_t edges = x < 1.0 / 3 ? WLR_EDGE_LEFT : x > 2.0 / 3 ? WLR_EDGE_RIGHT : 0;
	edges |= y < 1.0 / 3 ? WLR_EDGE_TOP : y > 2.0 / 3 ? WLR_EDGE_BOTTOM : 0;
	return edges != 0 ? edges : WLR_EDGE_BOTTOM | WLR_EDGE_RIGHT;
}

const char *move_edges_shape(uint32_t edges) {
	static const char *const shapes[] = {
		[WLR_EDGE_NONE] = "grabbing",
		[WLR_EDGE_TOP] = "n-resize",
		[WLR_EDGE_BOTTOM] = "s-resize",
		[WLR_EDGE_LEFT] = "w-resize",
		[WLR_EDGE_RIGHT] = "e-resize",
		[WLR_EDGE_TOP | WLR_EDGE_LEFT] = "nw-resize",
		[WLR_EDGE_TOP | WLR_EDGE_RIGHT] = "ne-resize",
		[WLR_EDGE_BOTTOM | WLR_EDGE_LEFT] = "sw-resize",
		[WLR_EDGE_BOTTOM | WLR_EDGE_RIGHT] = "se-resize",
	};
	return edges < sizeof(shapes) / sizeof(shapes[0]) && shapes[edges] != NULL ? shapes[edges] : shapes[0];
}

/* Of two edges that face each other neither is meant. */
static uint32_t check_edges(uint32_t untrusted_edges) {
	uint32_t horizontal = untrusted_edges & (WLR_EDGE_LEFT | WLR_EDGE_RIGHT);
	uint32_t vertical = untrusted_edges & (WLR_EDGE_TOP | WLR_EDGE_BOTTOM);
	return (horizontal == (WLR_EDGE_LEFT | WLR_EDGE_RIGHT) ? 0 : horizontal) |
		(vertical == (WLR_EDGE_TOP | WLR_EDGE_BOTTOM) ? 0 : vertical);
}

/* ---- sizes ---- */

/* least and most: what the client says of its content, 0 for nothing said; ours are of the frame. */
static int bound(double wished, int32_t untrusted_least, int32_t untrusted_most, int around, int our_least, int room) {
	double least = untrusted_least > 0 ? (double)untrusted_least + around : 0;
	double most = untrusted_most > 0 ? (double)untrusted_most + around : WINDOW_SIZE_MAX;
	double size = fmax(least, fmin(most, wished));
	/* Ours win: neither smaller than a window may be nor larger than the room there is. */
	size = fmax(our_least, fmin(fmax(room, our_least), size));
	return (int)lround(size);
}

static struct box resized_box(const struct move *move, double dx, double dy) {
	const struct wlr_xdg_toplevel_state *client = &move->window->toplevel->current;
	const struct output *output = move->window->workspace->output;
	struct box box = move->start;
	if (move->edges & (WLR_EDGE_LEFT | WLR_EDGE_RIGHT)) {
		double wished = box.width + (move->edges & WLR_EDGE_LEFT ? -dx : dx);
		box.width = bound(
			wished, client->min_width, client->max_width, 2 * BORDER_WIDTH, WINDOW_MIN_WIDTH, output->usable.width);
	}
	if (move->edges & (WLR_EDGE_TOP | WLR_EDGE_BOTTOM)) {
		double wished = box.height + (move->edges & WLR_EDGE_TOP ? -dy : dy);
		box.height = bound(wished, client->min_height, client->max_height, 2 * BORDER_WIDTH + BAND_HEIGHT,
			WINDOW_MIN_HEIGHT, output->usable.height);
	}
	/* The edge across from the one that is held stays. */
	box.x += move->edges & WLR_EDGE_LEFT ? move->start.width - box.width : 0;
	box.y += move->edges & WLR_EDGE_TOP ? move->start.height - box.height : 0;
	return box;
}

/* ---- what the person does ---- */

/* Out of the tiles or its maximized place. One that is moved comes in its floating size, held where it was held. */
static void start(struct move *move) {
	struct window *window = move->window;
	struct box before = window->box;
	if (!window->floating || window->maximized) {
		desk_set_floating(move->desk, window, true);
		if (move->edges == 0) {
			double x = (move->grab_x - before.x) / before.width, y = (move->grab_y - before.y) / before.height;
			move->start = window->box;
			move->start.x = (int)lround(move->grab_x - x * move->start.width);
			move->start.y = (int)lround(move->grab_y - y * move->start.height);
		}
	}
	if (move->edges != 0) {
		window_set_resizing(window, true);
	}
	move->started = true;
}

bool move_begin(struct move *move, struct window *window, uint32_t untrusted_edges, double lx, double ly) {
	move_end(move);
	if (!window->mapped || window->workspace == NULL || window->workspace->output == NULL || window->fullscreen ||
		move->focus->window != window) {
		return false;
	}
	move->window = window;
	move->edges = check_edges(untrusted_edges);
	move->started = false;
	move->grab_x = lx;
	move->grab_y = ly;
	move->start = window->box;
	return true;
}

void move_update(struct move *move, double lx, double ly) {
	struct window *window = move->window;
	if (window == NULL) {
		return;
	}
	double dx = lx - move->grab_x, dy = ly - move->grab_y;
	if (!move->started) {
		bool is_held_fast = !window->floating || window->maximized;
		if (hypot(dx, dy) < (is_held_fast ? START_DISTANCE : 1)) {
			return;
		}
		start(move);
	}
	/* A chord or the client itself made it something else meanwhile. */
	if (!window->floating || window->fullscreen || window->maximized || window->workspace->output == NULL) {
		move_end(move);
		return;
	}
	struct box box = move->start;
	if (move->edges != 0) {
		box = resized_box(move, dx, dy);
	} else {
		box.x += (int)lround(dx);
		box.y += (int)lround(dy);
	}
	desk_move_floating(move->desk, window, &box);
}

void move_end(struct move *move) {
	struct window *window = move->window;
	move->window = NULL;
	if (window != NULL && move->started && move->edges != 0) {
		window_set_resizing(window, false);
	}
}

bool move_is_active(const struct move *move) {
	return move->window != NULL;
}

const char *move_shape(const struct move *move) {
	return move_edges_shape(move->edges);
}

/* ---- lifetime ---- */

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct move *move = wl_container_of(listener, move, unmap);
	if (move->window == data) {
		move_end(move);
	}
}

static void handle_focus_changed(struct wl_listener *listener, void *data) {
	struct move *move = wl_container_of(listener, move, focus_changed);
	if (move->focus->window != move->window || move->focus->layer != NULL || focus_is_held(move->focus)) {
		move_end(move);
	}
}

struct move *move_create(struct desk *desk, struct focus *focus) {
	struct move *move = xcalloc(1, sizeof(*move));
	move->desk = desk;
	move->focus = focus;
	move->unmap.notify = handle_unmap;
	wl_signal_add(&desk->events.unmap, &move->unmap);
	move->focus_changed.notify = handle_focus_changed;
	wl_signal_add(&focus->events.changed, &move->focus_changed);
	return move;
}

void move_destroy(struct move *move) {
	if (move == NULL) {
		return;
	}
	move_end(move);
	wl_list_remove(&move->unmap.link);
	wl_list_remove(&move->focus_changed.link);
	free(move);
}
