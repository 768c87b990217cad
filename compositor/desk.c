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

static void rearrange(struct desk *desk, struct workspace *workspace) {
	if (workspace != NULL) {
		workspace_arrange(workspace);
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
		workspace_arrange(before);
	}
	workspace->output = output;
	desk->priv->home[workspace->number - 1] = output->number;
	workspace_arrange(workspace);
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
		workspace_arrange(workspace);
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
		workspace_set_floating_box(window, &frame);
		return;
	}
	bool over_parent = parent != NULL && parent->workspace == window->workspace;
	frame = frame_place_floating(frame.width, frame.height, &output->usable, over_parent ? &parent->box : NULL,
		desk->priv->placed++);
	workspace_set_floating_box(window, &frame);
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
	workspace_add(workspace_for(desk, window), window, false);
	place_new_floating(desk, window);
	window_set_states(window, window_wants_floating(window), false, false);
	if (workspace_is_tiled(window)) {
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
	workspace_remove(window);
	rearrange(priv->desk, workspace);
}

/* A floating window's client chose another size: the frame follows, and stays where it can be seen. */
static void handle_resized(struct wl_listener *listener, void *data) {
	struct window *window = data;
	if (window->workspace == NULL || !window->floating || window->fullscreen || window->maximized) {
		return;
	}
	int width, height;
	window_get_content_size(window, &width, &height);
	struct box box = frame_for_content(0, 0, width, height);
	window->floating_width = box.width;
	window->floating_height = box.height;
	workspace_arrange(window->workspace);
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
		workspace_set_floating_box(window, &box);
	}
	set_states(desk, window, floating, window->fullscreen, false);
}

void desk_set_fullscreen(struct desk *desk, struct window *window, bool fullscreen) {
	set_states(desk, window, window->floating, fullscreen, window->maximized);
}

void desk_reveal(struct desk *desk, struct window *window) {
	if (workspace_uncover(window)) {
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
		workspace_remove(window);
		workspace_add(workspace, window, true);
		desk->priv->attended = output;
		notify(desk);
	}
	struct box kept = frame_keep_visible(box, &window->workspace->output->usable);
	workspace_set_floating_box(window, &kept);
	window_place(window, &kept);
}

void desk_send(struct desk *desk, struct window *window, int number) {
	if (number < 1 || number > WORKSPACES || window->workspace == &desk->workspaces[number - 1]) {
		return;
	}
	struct workspace *from = window->workspace, *to = &desk->workspaces[number - 1];
	workspace_remove(window);
	workspace_add(to, window, true);
	workspace_arrange(from);
	rearrange(desk, to);
}

void desk_send_output(struct desk *desk, struct window *window, struct output *output) {
	struct workspace *workspace = desk_on_output(desk, output);
	if (workspace != NULL) {
		desk_send(desk, window, workspace->number);
	}
}

/* ---- chords ---- */

void desk_swap(struct desk *desk, struct window *window, enum config_direction direction) {
	if (window->floating) {
		struct box box = workspace_find_floating_place(window);
		box.x += direction == DIRECTION_RIGHT ? FLOATING_STEP : direction == DIRECTION_LEFT ? -FLOATING_STEP : 0;
		box.y += direction == DIRECTION_DOWN ? FLOATING_STEP : direction == DIRECTION_UP ? -FLOATING_STEP : 0;
		desk_move_floating(desk, window, &box);
		return;
	}
	struct window *other = workspace_neighbour(window, direction);
	if (other != NULL && !other->floating) {
		workspace_swap(window, other);
		rearrange(desk, window->workspace);
	}
}

void desk_main_ratio(struct desk *desk, int percent_points) {
	struct workspace *workspace = desk_on_output(desk, desk_get_output(desk));
	if (workspace != NULL) {
		workspace_change_main_ratio(workspace, percent_points);
		rearrange(desk, workspace);
	}
}

void desk_main_count(struct desk *desk, int difference) {
	struct workspace *workspace = desk_on_output(desk, desk_get_output(desk));
	if (workspace != NULL) {
		workspace_change_main_count(workspace, difference);
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
		workspace_arrange(&desk->workspaces[i]);
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
		workspace_init(&desk->workspaces[i], i + 1, &priv->defaults);
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
