#include "compositor/window_state.h"

#include <string.h>
#include <wlr/types/wlr_xdg_dialog_v1.h>
#include <wlr/util/edges.h>

struct entry *entry_of(struct window *window) {
	return wl_container_of(window, (struct entry *)NULL, window);
}

void entry_notify(struct entry *entry) {
	wl_signal_emit_mutable(&entry->window.windows->events.changed, &entry->window);
}

/* ---- the picture ---- */

struct box window_get_content_box(const struct window *window) {
	if (window->fullscreen) {
		return window_covers(window) ? frame_content_cover(&window->box) : window->box;
	}
	return frame_content(&window->box);
}

void entry_show_content(struct entry *entry) {
	const struct wlr_box *geometry = &entry->window.toplevel->base->geometry;
	struct box content = window_get_content_box(&entry->window);
	clip_show(entry->clip, geometry->x, geometry->y, content.width, content.height);
}

void entry_show_frame(struct entry *entry) {
	const struct window *window = &entry->window;
	if (!window->mapped || !window->visible) {
		return; /* painted when it is seen again */
	}
	const struct output *output = outputs_at(entry->all->outputs, window->box.x + window->box.width / 2.0,
		window->box.y + window->box.height / 2.0);
	entry->frozen = window->instance->frozen;
	if (entry->color != window->instance->color) {
		entry->color = window->instance->color;
		frame_recolor(window->frame);
	}
	frame_update(window->frame, &(struct frame_look){
		.box = window->box,
		.output = output != NULL ? output->full : (struct box){0},
		.room = output != NULL ? output->usable : (struct box){0},
		.style = !window->fullscreen ? FRAME_WINDOW : window_covers(window) ? FRAME_COVER : FRAME_BARE,
		.scale = output != NULL ? output->wlr->scale : 1,
		.focused = window->focused,
		.urgent = window->urgent,
		.not_answering = window->not_answering,
		.frozen = entry->frozen,
		.title = window->title,
	});
}

void entry_show(struct entry *entry) {
	struct window *window = &entry->window;
	wlr_scene_node_set_enabled(&frame_get_tree(window->frame)->node, window->mapped && window->visible);
	entry_show_frame(entry);
}

static bool is_over_fullscreen(const struct window *window) {
	const struct window *parent = window_get_parent(window);
	while (parent != NULL && !parent->fullscreen) {
		parent = window_get_parent(parent);
	}
	return parent != NULL;
}

/* A dialog of a fullscreen window is above it, or nobody would ever see what it asks. */
void entry_choose_layer(struct entry *entry) {
	const struct window *window = &entry->window;
	struct scene *scene = entry->all->scene;
	struct wlr_scene_tree *layer = scene->tiled;
	if (window->fullscreen || (window->floating && is_over_fullscreen(window))) {
		layer = scene->fullscreen;
	} else if (window->floating) {
		layer = scene->floating;
	}
	struct wlr_scene_node *node = &frame_get_tree(window->frame)->node;
	if (node->parent != layer) {
		wlr_scene_node_reparent(node, layer);
	}
}

/* ---- what the client is told ---- */

static bool is_asked_already(const struct wlr_xdg_toplevel_configure *asked,
		const struct wlr_xdg_toplevel_configure *wanted) {
	return asked->maximized == wanted->maximized && asked->fullscreen == wanted->fullscreen &&
		asked->resizing == wanted->resizing && asked->activated == wanted->activated &&
		asked->suspended == wanted->suspended && asked->tiled == wanted->tiled &&
		asked->width == wanted->width && asked->height == wanted->height;
}

void entry_configure(struct entry *entry) {
	const struct window *window = &entry->window;
	struct wlr_xdg_toplevel *toplevel = window->toplevel;
	if (!window->mapped || !toplevel->base->initialized) {
		return;
	}
	struct box content = window_get_content_box(window);
	bool tiled = !window->floating && !window->fullscreen;
	struct wlr_xdg_toplevel_configure wanted = {
		.maximized = window->maximized,
		.fullscreen = window->fullscreen,
		.resizing = entry->resizing,
		.activated = window->focused,
		.suspended = !window->visible,
		.tiled = tiled ? WLR_EDGE_TOP | WLR_EDGE_BOTTOM | WLR_EDGE_LEFT | WLR_EDGE_RIGHT : WLR_EDGE_NONE,
		/* 0 would leave the choice to the client. */
		.width = content.width > 0 ? content.width : 1,
		.height = content.height > 0 ? content.height : 1,
	};
	if (!is_asked_already(&toplevel->scheduled, &wanted)) {
		entry->serial = wlr_xdg_toplevel_configure(toplevel, &wanted);
	}
}

/* Where it will stand is only known once it maps: the client chooses its size, and has it where it floats. */
void entry_configure_first(struct entry *entry) {
	struct wlr_xdg_toplevel *toplevel = entry->window.toplevel;
	struct wlr_xdg_toplevel_configure wanted = {
		.fields = WLR_XDG_TOPLEVEL_CONFIGURE_WM_CAPABILITIES,
		.wm_capabilities = WLR_XDG_TOPLEVEL_WM_CAPABILITIES_MAXIMIZE | WLR_XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN,
		.maximized = toplevel->requested.maximized,
		.fullscreen = toplevel->requested.fullscreen,
	};
	if (!window_wants_floating(&entry->window) && !wanted.fullscreen) {
		wanted.tiled = WLR_EDGE_TOP | WLR_EDGE_BOTTOM | WLR_EDGE_LEFT | WLR_EDGE_RIGHT;
	}
	const struct output *output = outputs_first(entry->all->outputs);
	struct box room = {0};
	if (output != NULL) {
		room = frame_content(&output->usable);
	}
	if (!box_is_empty(&room)) {
		wanted.fields |= WLR_XDG_TOPLEVEL_CONFIGURE_BOUNDS;
		wanted.bounds.width = room.width;
		wanted.bounds.height = room.height;
		if (wanted.fullscreen) {
			/* analyzer: without an output there is no room */
			wanted.width = output->below_strip.width;
			wanted.height = output->below_strip.height;
		} else if (wanted.maximized) {
			wanted.width = room.width;
			wanted.height = room.height;
		}
	}
	entry->serial = wlr_xdg_toplevel_configure(toplevel, &wanted);
}

void entry_set_not_answering(struct entry *entry, bool not_answering) {
	if (entry->window.not_answering != not_answering) {
		entry->window.not_answering = not_answering;
		entry_show_frame(entry);
		entry_notify(entry);
	}
}

/* ---- what the desk and the person want ---- */

void window_place(struct window *window, const struct box *box) {
	struct entry *entry = entry_of(window);
	bool moved = memcmp(&window->box, box, sizeof(*box)) != 0;
	window->box = *box;
	entry_show_content(entry);
	entry_show_frame(entry);
	entry_configure(entry);
	if (moved) {
		entry_notify(entry);
	}
}

void window_set_visible(struct window *window, bool visible) {
	if (window->visible == visible) {
		return;
	}
	struct entry *entry = entry_of(window);
	window->visible = visible;
	entry_show(entry);
	entry_configure(entry);
	entry_notify(entry);
}

void window_set_focused(struct window *window, bool focused) {
	if (window->focused == focused) {
		return;
	}
	struct entry *entry = entry_of(window);
	window->focused = focused;
	entry_show_frame(entry);
	entry_configure(entry);
	if (focused && window->mapped) {
		wlr_xdg_surface_ping(window->toplevel->base);
	}
	entry_notify(entry);
}

void window_set_urgent(struct window *window, bool urgent) {
	if (window->urgent == urgent) {
		return;
	}
	struct entry *entry = entry_of(window);
	window->urgent = urgent;
	entry_show_frame(entry);
	entry_notify(entry);
}

void window_set_states(struct window *window, bool floating, bool fullscreen, bool maximized) {
	if (window->floating == floating && window->fullscreen == fullscreen && window->maximized == maximized) {
		return;
	}
	struct entry *entry = entry_of(window), *other;
	window->floating = floating;
	window->fullscreen = fullscreen;
	window->maximized = maximized;
	/* Its dialogs follow it. */
	wl_list_for_each(other, &entry->all->list, link) {
		entry_choose_layer(other);
	}
	entry_show_content(entry);
	entry_show_frame(entry);
	entry_configure(entry);
	entry_notify(entry);
}

void window_set_resizing(struct window *window, bool resizing) {
	struct entry *entry = entry_of(window);
	entry->resizing = resizing;
	entry_configure(entry);
}

void window_raise(struct window *window) {
	wlr_scene_node_raise_to_top(&frame_get_tree(window->frame)->node);
}

void window_lower(struct window *window) {
	wlr_scene_node_lower_to_bottom(&frame_get_tree(window->frame)->node);
}

void window_close(struct window *window) {
	wlr_xdg_toplevel_send_close(window->toplevel);
	wlr_xdg_surface_ping(window->toplevel->base);
}

bool window_wants_floating(const struct window *window) {
	struct wlr_xdg_toplevel *toplevel = window->toplevel;
	const struct wlr_xdg_toplevel_state *state = &toplevel->current;
	bool is_fixed = state->min_width > 0 && state->min_width == state->max_width && state->min_height > 0 &&
		state->min_height == state->max_height;
	/* GTK makes a dialog object for every window: it says something only where it is modal. */
	const struct wlr_xdg_dialog_v1 *dialog = wlr_xdg_dialog_v1_try_from_wlr_xdg_toplevel(toplevel);
	return is_fixed || toplevel->parent != NULL || (dialog != NULL && dialog->modal);
}

struct window *window_get_parent(const struct window *window) {
	const struct wlr_xdg_toplevel *parent = window->toplevel->parent;
	return parent != NULL ? parent->base->data : NULL;
}

static int clamp_size(int size) {
	return size < 1 ? 1 : size > WINDOW_SIZE_MAX ? WINDOW_SIZE_MAX : size;
}

void window_get_content_size(const struct window *window, int *width, int *height) {
	const struct wlr_box *geometry = &window->toplevel->base->geometry;
	*width = clamp_size(geometry->width);
	*height = clamp_size(geometry->height);
}

bool window_covers(const struct window *window) {
	return window->fullscreen && window->instance->cover;
}
