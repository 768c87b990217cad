#include "compositor/workspace.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- who is on it ---- */

void workspace_init(struct workspace *workspace, int number, const struct tiling *tiling) {
	workspace->number = number;
	workspace->tiling = *tiling;
	wl_list_init(&workspace->windows);
	wl_list_init(&workspace->focus_order);
}

void workspace_add(struct workspace *workspace, struct window *window, bool latest) {
	wl_list_insert(workspace->windows.prev, &window->workspace_link);
	wl_list_insert(latest ? &workspace->focus_order : workspace->focus_order.prev, &window->focus_link);
	window->workspace = workspace;
}

void workspace_remove(struct window *window) {
	wl_list_remove(&window->workspace_link);
	wl_list_init(&window->workspace_link);
	wl_list_remove(&window->focus_link);
	wl_list_init(&window->focus_link);
	window->workspace = NULL;
}

static void swap_links(struct wl_list *a, struct wl_list *b) {
	struct wl_list *before_a = a->prev;
	if (before_a == b) {
		wl_list_remove(a);
		wl_list_insert(b->prev, a);
		return;
	}
	wl_list_remove(a);
	wl_list_insert(b, a);
	wl_list_remove(b);
	wl_list_insert(before_a, b);
}

void workspace_swap(struct window *window, struct window *other) {
	swap_links(&window->workspace_link, &other->workspace_link);
}

/* ---- arranging ---- */

bool workspace_is_tiled(const struct window *window) {
	return !window->floating && !window->fullscreen;
}

static void place_fullscreen(struct window *window, const struct output *output) {
	window_place(window, window_covers(window) ? &output->full : &output->below_strip);
}

static void place_tiled(struct workspace *workspace) {
	size_t len = 0;
	struct window *window;
	wl_list_for_each(window, &workspace->windows, workspace_link) {
		len += workspace_is_tiled(window);
	}
	if (len == 0) {
		return;
	}
	struct box *boxes = xcalloc(len, sizeof(*boxes));
	tiling_arrange(&workspace->tiling, &workspace->output->usable, len, boxes);
	size_t i = 0;
	wl_list_for_each(window, &workspace->windows, workspace_link) {
		if (workspace_is_tiled(window)) {
			window_place(window, window->maximized ? &workspace->output->usable : &boxes[i]);
			i++;
		}
	}
	free(boxes);
}

void workspace_set_floating_box(struct window *window, const struct box *box) {
	window->floating_box = *box;
	window->floating_width = box->width;
	window->floating_height = box->height;
}

struct box workspace_find_floating_place(const struct window *window) {
	const struct output *output = window->workspace->output;
	return output == NULL ? window->floating_box :
		frame_resize_floating(&window->floating_box, window->floating_width, window->floating_height, &output->usable);
}

void workspace_arrange(struct workspace *workspace) {
	struct output *output = workspace->output;
	struct window *window;
	if (output != NULL) {
		place_tiled(workspace);
	}
	wl_list_for_each(window, &workspace->windows, workspace_link) {
		if (output != NULL && window->fullscreen) {
			place_fullscreen(window, output);
		} else if (output != NULL && window->floating) {
			struct box box = window->maximized ? output->usable : workspace_find_floating_place(window);
			window_place(window, &box);
		}
		window_set_visible(window, output != NULL);
	}
}

bool workspace_uncover(struct window *window) {
	struct window *other;
	bool uncovered = false;
	wl_list_for_each(other, &window->workspace->windows, workspace_link) {
		bool is_above = window->fullscreen;
		for (const struct window *parent = window; parent != NULL && !is_above; parent = window_get_parent(parent)) {
			is_above = parent == other;
		}
		if (other->fullscreen && !is_above) {
			window_set_states(other, other->floating, false, other->maximized);
			uncovered = true;
		}
	}
	return uncovered;
}

/* ---- how it is shared ---- */

void workspace_change_main_ratio(struct workspace *workspace, int percent_points) {
	double ratio = workspace->tiling.main_ratio + percent_points / 100.0;
	workspace->tiling.main_ratio = ratio < 0.1 ? 0.1 : ratio > 0.9 ? 0.9 : ratio;
}

void workspace_change_main_count(struct workspace *workspace, int difference) {
	int count = workspace->tiling.main_count + difference;
	workspace->tiling.main_count = count < 1 ? 1 : count > 16 ? 16 : count;
}

/* ---- moving about ---- */

static struct window *step(struct workspace *workspace, struct window *window, bool forward) {
	struct wl_list *link = forward ? window->workspace_link.next : window->workspace_link.prev;
	if (link == &workspace->windows) {
		link = forward ? link->next : link->prev;
	}
	struct window *other = wl_container_of(link, other, workspace_link);
	return other != window ? other : NULL;
}

static const enum tiling_side sides[] = {
	[DIRECTION_LEFT] = SIDE_LEFT, [DIRECTION_RIGHT] = SIDE_RIGHT, [DIRECTION_UP] = SIDE_UP, [DIRECTION_DOWN] = SIDE_DOWN,
};

struct window *workspace_neighbour(struct window *window, enum config_direction direction) {
	struct workspace *workspace = window->workspace;
	if (direction == DIRECTION_NEXT || direction == DIRECTION_PREV) {
		return step(workspace, window, direction == DIRECTION_NEXT);
	}
	size_t len = (size_t)wl_list_length(&workspace->windows);
	struct box *boxes = xcalloc(len, sizeof(*boxes));
	struct window **all = xcalloc(len, sizeof(*all));
	size_t i = 0, from = 0;
	struct window *other;
	wl_list_for_each(other, &workspace->windows, workspace_link) {
		from = other == window ? i : from;
		boxes[i] = other->box;
		all[i++] = other;
	}
	size_t found = tiling_neighbour(boxes, len, from, sides[direction]);
	struct window *result = found != from ? all[found] : NULL;
	free(boxes);
	free(all);
	return result;
}

struct window *workspace_latest(struct workspace *workspace, struct instance *instance) {
	struct window *window;
	wl_list_for_each(window, &workspace->focus_order, focus_link) {
		if (window->mapped && (instance == NULL || window->instance == instance)) {
			return window;
		}
	}
	return NULL;
}
