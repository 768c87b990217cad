#include "compositor/desk.h"

#include <stdlib.h>

#include "base/memory.h"

#define FLOATING_STEP 32 /* px that a floating window goes by one chord */

struct desk_private {
	struct desk *desk;
	struct output *attended;
	int missed; /* the number of the output that was attended when it went; 0 none */
	int home[WORKSPACES]; /* the number of the output that last showed it; 0 none */
	int placed; /* floating windows so far, to cascade them */
	struct tiling defaults;
	struct wl_listener map, unmap, resized, request_state;
	struct wl_listener output_created, output_changed;
	struct wl_list screens; // screen.link
};

/* What the desk keeps of an output, to hear of its end. */
struct screen {
	struct desk *desk;
	struct output *output;
	struct wl_listener destroy;
	struct wl_list link; // desk_private.screens
};

static void notify(struct desk *desk) {
	wl_signal_emit_mutable(&desk->events.changed, desk);
}

/* ---- arranging ---- */

static bool is_tiled(const struct window *window) {
	return !window->floating && !window->fullscreen;
}

static void place_fullscreen(struct window *window, const struct output *output) {
	window_place(window, window_covers(window) ? &output->full : &output->below_strip);
}

static void place_tiled(struct workspace *workspace) {
	size_t len = 0;
	struct window *window;
	wl_list_for_each(window, &workspace->windows, workspace_link) {
		len += is_tiled(window);
	}
	if (len == 0) {
		return;
	}
	struct box *boxes = xcalloc(len, sizeof(*boxes));
	tiling_arrange(&workspace->tiling, &workspace->output->usable, len, boxes);
	size_t i = 0;
	wl_list_for_each(window, &workspace->windows, workspace_link) {
		if (is_tiled(window)) {
			window_place(window, window->maximized ? &workspace->output->usable : &boxes[i]);
			i++;
		}
	}
	free(boxes);
}

static void set_floating_box(struct window *window, const struct box *box) {
	window->floating_box = *box;
	window->floating_width = box->width;
	window->floating_height = box->height;
}

static struct box find_floating_place(const struct window *window, const struct output *output) {
	return frame_resize_floating(&window->floating_box, window->floating_width, window->floating_height,
		&output->usable);
}

void desk_arrange(struct desk *desk, struct workspace *workspace) {
	struct output *output = workspace->output;
	struct window *window;
	if (output != NULL) {
		place_tiled(workspace);
	}
	wl_list_for_each(window, &workspace->windows, workspace_link) {
		if (output != NULL && window->fullscreen) {
			place_fullscreen(window, output);
		} else if (output != NULL && window->floating) {
			struct box box = window->maximized ? output->usable :
				find_floating_place(window, output);
			window_place(window, &box);
		}
		window_set_visible(window, output != NULL);
	}
}

static void rearrange(struct desk *desk, struct workspace *workspace) {
	if (workspace != NULL) {
		desk_arrange(desk, workspace);
	}
	notify(desk);
}

/* ---- workspaces and outputs ---- */

struct workspace *desk_on_output(struct desk *desk, struct output *output) {
	for (int i = 0; i < WORKSPACES; i++) {
		if (output != NULL && desk->workspaces[i].output == output) {
			return &desk->workspaces[i];
		}
	}
	return NULL;
}

struct output *desk_get_output(struct desk *desk) {
	return desk->priv->attended != NULL ? desk->priv->attended : outputs_first(desk->outputs);
}

void desk_set_output(struct desk *desk, struct output *output) {
	if (desk->priv->attended != output) {
		desk->priv->attended = output;
		notify(desk);
	}
}

static void show_on(struct desk *desk, struct workspace *workspace, struct output *output) {
	struct workspace *before = desk_on_output(desk, output);
	if (before == workspace) {
		return;
	}
	if (before != NULL) {
		before->output = NULL;
		desk_arrange(desk, before);
	}
	workspace->output = output;
	desk->priv->home[workspace->number - 1] = output->number;
	desk_arrange(desk, workspace);
}

void desk_show(struct desk *desk, int number) {
	if (number < 1 || number > WORKSPACES) {
		return;
	}
	struct workspace *workspace = &desk->workspaces[number - 1];
	if (workspace->output != NULL) {
		desk_set_output(desk, workspace->output);
		return;
	}
	struct output *output = desk_get_output(desk);
	if (output != NULL) {
		show_on(desk, workspace, output);
		notify(desk);
	}
}

/* A new output shows again what it showed before, else the first workspace that no output shows. */
static struct workspace *find_for(struct desk *desk, const struct output *output) {
	struct workspace *free_one = NULL;
	for (int i = WORKSPACES - 1; i >= 0; i--) {
		struct workspace *workspace = &desk->workspaces[i];
		if (workspace->output != NULL) {
			continue;
		}
		if (desk->priv->home[i] == output->number) {
			return workspace;
		}
		free_one = workspace;
	}
	return free_one;
}

static void handle_screen_destroy(struct wl_listener *listener, void *data) {
	struct screen *screen = wl_container_of(listener, screen, destroy);
	struct desk *desk = screen->desk;
	if (desk->priv->attended == screen->output) {
		desk->priv->attended = NULL;
		desk->priv->missed = screen->output->number;
	}
	struct workspace *workspace = desk_on_output(desk, screen->output);
	if (workspace != NULL) {
		workspace->output = NULL;
		desk_arrange(desk, workspace);
	}
	wl_list_remove(&screen->destroy.link);
	wl_list_remove(&screen->link);
	free(screen);
	notify(desk);
}

static void handle_output_created(struct wl_listener *listener, void *data) {
	struct desk_private *priv = wl_container_of(listener, priv, output_created);
	struct screen *screen = xcalloc(1, sizeof(*screen));
	screen->desk = priv->desk;
	screen->output = data;
	screen->destroy.notify = handle_screen_destroy;
	wl_signal_add(&screen->output->events.destroy, &screen->destroy);
	wl_list_insert(&priv->screens, &screen->link);
	struct workspace *workspace = find_for(priv->desk, screen->output);
	if (workspace != NULL) {
		show_on(priv->desk, workspace, screen->output);
	}
	if (priv->attended == NULL && priv->missed == screen->output->number) {
		priv->attended = screen->output;
	}
	notify(priv->desk);
}

static void handle_output_changed(struct wl_listener *listener, void *data) {
	struct desk_private *priv = wl_container_of(listener, priv, output_changed);
	rearrange(priv->desk, desk_on_output(priv->desk, data));
}

/* ---- windows ---- */

static struct workspace *workspace_for(struct desk *desk, const struct window *window) {
	const struct window *parent = window_get_parent(window);
	if (parent != NULL && parent->workspace != NULL) {
		return parent->workspace;
	}
	struct workspace *workspace = desk_on_output(desk, desk_get_output(desk));
	return workspace != NULL ? workspace : &desk->workspaces[0];
}

static void place_new_floating(struct desk *desk, struct window *window) {
	struct output *output = window->workspace->output;
	const struct window *parent = window_get_parent(window);
	int width, height;
	window_get_content_size(window, &width, &height);
	struct box frame = frame_for_content(0, 0, width, height);
	if (output == NULL) {
		set_floating_box(window, &frame);
		return;
	}
	bool over_parent = parent != NULL && parent->workspace == window->workspace;
	frame = frame_place_floating(frame.width, frame.height, &output->usable, over_parent ? &parent->box : NULL,
		desk->priv->placed++);
	set_floating_box(window, &frame);
}

/* A client's wish to cover the others is heard only from the window that the person is in; else it waits, urgent. */
static void grant_wishes(struct desk *desk, struct window *window) {
	const struct wlr_xdg_toplevel_requested *requested = &window->toplevel->requested;
	bool covers_more = (requested->fullscreen && !window->fullscreen) || (requested->maximized && !window->maximized);
	if (covers_more && !window->focused) {
		window_set_urgent(window, true);
		return;
	}
	if (requested->fullscreen != window->fullscreen || requested->maximized != window->maximized) {
		window_set_states(window, window->floating, requested->fullscreen, requested->maximized);
		rearrange(desk, window->workspace);
	}
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct desk_private *priv = wl_container_of(listener, priv, map);
	struct desk *desk = priv->desk;
	struct window *window = data;
	window->workspace = workspace_for(desk, window);
	wl_list_insert(window->workspace->windows.prev, &window->workspace_link);
	wl_list_insert(window->workspace->focus_order.prev, &window->focus_link);
	place_new_floating(desk, window);
	window_set_states(window, window_wants_floating(window), false, false);
	if (is_tiled(window)) {
		/* Where tiles share a place, a new one is behind the others until it is focused. */
		window_lower(window);
	}
	rearrange(desk, window->workspace);
	wl_signal_emit_mutable(&desk->events.map, window);
	grant_wishes(desk, window);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct desk_private *priv = wl_container_of(listener, priv, unmap);
	struct window *window = data;
	struct workspace *workspace = window->workspace;
	if (workspace == NULL) {
		return;
	}
	wl_signal_emit_mutable(&priv->desk->events.unmap, window);
	wl_list_remove(&window->workspace_link);
	wl_list_init(&window->workspace_link);
	wl_list_remove(&window->focus_link);
	wl_list_init(&window->focus_link);
	window->workspace = NULL;
	rearrange(priv->desk, workspace);
}

/* A floating window's client chose another size: the frame follows, and stays where it can be seen. */
static void handle_resized(struct wl_listener *listener, void *data) {
	struct desk_private *priv = wl_container_of(listener, priv, resized);
	struct window *window = data;
	if (window->workspace == NULL || !window->floating || window->fullscreen || window->maximized) {
		return;
	}
	int width, height;
	window_get_content_size(window, &width, &height);
	struct box box = frame_for_content(0, 0, width, height);
	window->floating_width = box.width;
	window->floating_height = box.height;
	desk_arrange(priv->desk, window->workspace);
}

static void handle_request_state(struct wl_listener *listener, void *data) {
	struct desk_private *priv = wl_container_of(listener, priv, request_state);
	struct window *window = data;
	if (window->workspace != NULL) {
		grant_wishes(priv->desk, window);
	}
}

static void set_states(struct desk *desk, struct window *window, bool floating, bool fullscreen, bool maximized) {
	window_set_states(window, floating, fullscreen, maximized);
	rearrange(desk, window->workspace);
	window_raise(window);
}

void desk_set_floating(struct desk *desk, struct window *window, bool floating) {
	if (floating && !window->floating && window->workspace->output != NULL) {
		/* Out of the tiles it keeps its size, a little apart from where it was. */
		struct box box = window->box;
		box.x += FLOATING_STEP;
		box.y += FLOATING_STEP;
		box.width = box.width * 3 / 4;
		box.height = box.height * 3 / 4;
		box = frame_keep_visible(&box, &window->workspace->output->usable);
		set_floating_box(window, &box);
	}
	set_states(desk, window, floating, window->fullscreen, false);
}

void desk_set_fullscreen(struct desk *desk, struct window *window, bool fullscreen) {
	set_states(desk, window, window->floating, fullscreen, window->maximized);
}

void desk_reveal(struct desk *desk, struct window *window) {
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
	if (uncovered) {
		rearrange(desk, window->workspace);
	}
}

void desk_set_maximized(struct desk *desk, struct window *window, bool maximized) {
	set_states(desk, window, window->floating, window->fullscreen, maximized);
}

void desk_move_floating(struct desk *desk, struct window *window, const struct box *box) {
	if (window->workspace == NULL || window->workspace->output == NULL) {
		return;
	}
	/* Its output is the one under its middle: a window moved across goes to that output's workspace. */
	struct output *output = outputs_at(desk->outputs, box->x + box->width / 2.0, box->y + BAND_HEIGHT / 2.0);
	struct workspace *workspace = desk_on_output(desk, output);
	if (workspace != NULL && workspace != window->workspace) {
		wl_list_remove(&window->workspace_link);
		wl_list_insert(workspace->windows.prev, &window->workspace_link);
		wl_list_remove(&window->focus_link);
		wl_list_insert(&workspace->focus_order, &window->focus_link);
		window->workspace = workspace;
		desk->priv->attended = output;
		notify(desk);
	}
	struct box kept = frame_keep_visible(box, &window->workspace->output->usable);
	set_floating_box(window, &kept);
	window_place(window, &kept);
}

void desk_send(struct desk *desk, struct window *window, int number) {
	if (number < 1 || number > WORKSPACES || window->workspace == &desk->workspaces[number - 1]) {
		return;
	}
	struct workspace *from = window->workspace, *to = &desk->workspaces[number - 1];
	wl_list_remove(&window->workspace_link);
	wl_list_remove(&window->focus_link);
	wl_list_insert(to->windows.prev, &window->workspace_link);
	wl_list_insert(&to->focus_order, &window->focus_link);
	window->workspace = to;
	desk_arrange(desk, from);
	rearrange(desk, to);
}

void desk_send_output(struct desk *desk, struct window *window, struct output *output) {
	struct workspace *workspace = desk_on_output(desk, output);
	if (workspace != NULL) {
		desk_send(desk, window, workspace->number);
	}
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

struct window *desk_neighbour(struct desk *desk, struct window *window, enum config_direction direction) {
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

struct window *desk_latest(struct workspace *workspace, struct instance *instance) {
	struct window *window;
	wl_list_for_each(window, &workspace->focus_order, focus_link) {
		if (window->mapped && (instance == NULL || window->instance == instance)) {
			return window;
		}
	}
	return NULL;
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

void desk_swap(struct desk *desk, struct window *window, enum config_direction direction) {
	if (window->floating) {
		const struct output *output = window->workspace->output;
		struct box box = output != NULL ? find_floating_place(window, output) : window->floating_box;
		box.x += direction == DIRECTION_RIGHT ? FLOATING_STEP : direction == DIRECTION_LEFT ? -FLOATING_STEP : 0;
		box.y += direction == DIRECTION_DOWN ? FLOATING_STEP : direction == DIRECTION_UP ? -FLOATING_STEP : 0;
		desk_move_floating(desk, window, &box);
		return;
	}
	struct window *other = desk_neighbour(desk, window, direction);
	if (other != NULL && !other->floating) {
		swap_links(&window->workspace_link, &other->workspace_link);
		rearrange(desk, window->workspace);
	}
}

void desk_main_ratio(struct desk *desk, int percent_points) {
	struct workspace *workspace = desk_on_output(desk, desk_get_output(desk));
	if (workspace != NULL) {
		double ratio = workspace->tiling.main_ratio + percent_points / 100.0;
		workspace->tiling.main_ratio = ratio < 0.1 ? 0.1 : ratio > 0.9 ? 0.9 : ratio;
		rearrange(desk, workspace);
	}
}

void desk_main_count(struct desk *desk, int difference) {
	struct workspace *workspace = desk_on_output(desk, desk_get_output(desk));
	if (workspace != NULL) {
		int count = workspace->tiling.main_count + difference;
		workspace->tiling.main_count = count < 1 ? 1 : count > 16 ? 16 : count;
		rearrange(desk, workspace);
	}
}

/* ---- lifetime ---- */

void desk_configure(struct desk *desk, const struct config *config) {
	struct tiling *defaults = &desk->priv->defaults;
	struct tiling wanted = {
		.main_ratio = config->main_ratio, .main_count = config->main_count, .gap = config->gap,
	};
	for (int i = 0; i < WORKSPACES; i++) {
		struct tiling *tiling = &desk->workspaces[i].tiling;
		/* What the person changed by hand since is kept, unless the file itself changed. */
		if (wanted.main_ratio != defaults->main_ratio) {
			tiling->main_ratio = wanted.main_ratio;
		}
		if (wanted.main_count != defaults->main_count) {
			tiling->main_count = wanted.main_count;
		}
		tiling->gap = wanted.gap;
	}
	*defaults = wanted;
	for (int i = 0; i < WORKSPACES; i++) {
		desk_arrange(desk, &desk->workspaces[i]);
	}
	notify(desk);
}

struct desk *desk_create(struct windows *windows, struct outputs *outputs) {
	struct desk *desk = xcalloc(1, sizeof(*desk));
	struct desk_private *priv = desk->priv = xcalloc(1, sizeof(*priv));
	priv->desk = desk;
	desk->outputs = outputs;
	desk->windows = windows;
	priv->defaults = (struct tiling){.main_ratio = 0.5, .main_count = 1, .gap = 8};
	wl_list_init(&priv->screens);
	wl_signal_init(&desk->events.changed);
	wl_signal_init(&desk->events.map);
	wl_signal_init(&desk->events.unmap);
	for (int i = 0; i < WORKSPACES; i++) {
		struct workspace *workspace = &desk->workspaces[i];
		workspace->number = i + 1;
		workspace->tiling = priv->defaults;
		wl_list_init(&workspace->windows);
		wl_list_init(&workspace->focus_order);
	}
	priv->map.notify = handle_map;
	wl_signal_add(&windows->events.map, &priv->map);
	priv->unmap.notify = handle_unmap;
	wl_signal_add(&windows->events.unmap, &priv->unmap);
	priv->resized.notify = handle_resized;
	wl_signal_add(&windows->events.resized, &priv->resized);
	priv->request_state.notify = handle_request_state;
	wl_signal_add(&windows->events.request_state, &priv->request_state);
	priv->output_created.notify = handle_output_created;
	wl_signal_add(&outputs->events.created, &priv->output_created);
	priv->output_changed.notify = handle_output_changed;
	wl_signal_add(&outputs->events.changed, &priv->output_changed);
	return desk;
}

void desk_destroy(struct desk *desk) {
	if (desk == NULL) {
		return;
	}
	struct desk_private *priv = desk->priv;
	struct screen *screen, *next;
	wl_list_for_each_safe(screen, next, &priv->screens, link) {
		wl_list_remove(&screen->destroy.link);
		wl_list_remove(&screen->link);
		free(screen);
	}
	wl_list_remove(&priv->map.link);
	wl_list_remove(&priv->unmap.link);
	wl_list_remove(&priv->resized.link);
	wl_list_remove(&priv->request_state.link);
	wl_list_remove(&priv->output_created.link);
	wl_list_remove(&priv->output_changed.link);
	free(priv);
	free(desk);
}
