#include "compositor/popup.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/client.h"
#include "compositor/clip.h"
#include "compositor/node.h"
#include "compositor/seat.h"

#define POPUPS_MAX 64 /* of one instance, mapped or not */
#define POPUP_DEPTH_MAX 16
#define FAR (1 << 20) /* beyond any place on any desk; sums of it are far from the ends of int */

struct popups {
	struct scene *scene;
	struct outputs *outputs;
	struct wlr_xdg_shell *shell;
	struct wl_event_loop *loop;
	struct wl_list nests; // nest.link
	struct wl_listener new_popup;
	struct wl_listener window_changed;
	struct wl_listener window_destroyed;
	struct wl_listener outputs_changed;
};

/* The popups of one instance. */
struct nest {
	struct popups *all;
	struct instance *instance;
	struct wl_list popups; // popup.link, in the order they were made
	size_t len;
	uint32_t color; /* as their borders have it */
	struct wl_event_source *sweep; /* due: the grab has ended */
	struct wl_listener instance_changed;
	struct wl_listener seat_destroy;
	struct wl_listener grab_begin;
	struct wl_listener grab_end;
	struct wl_list link; // popups.nests
};

struct popup {
	struct nest *nest;
	struct wlr_xdg_popup *wlr;
	/* What it hangs on: one of these. None: it shows nowhere. */
	struct popup *parent;
	struct window *window;
	struct wlr_scene_tree *layer;
	struct output *layer_output;

	int depth;
	bool mapped, configured;
	struct box content; /* layout coordinates */
	struct wlr_scene_tree *tree;
	struct wlr_scene_rect *backing;
	struct wlr_scene_rect *border[4];
	struct clip *clip;
	struct wl_list link; // nest.popups

	struct wl_listener commit, map, unmap, destroy, reposition;
};

static int bound(int64_t value, int64_t low, int64_t high) {
	return (int)(value < low ? low : value > high ? high : value);
}

/* ---- where it may be ---- */

static const struct popup *root_of(const struct popup *popup) {
	while (popup->parent != NULL) {
		popup = popup->parent;
	}
	return popup;
}

static bool is_visible(const struct popup *popup) {
	const struct popup *root = root_of(popup);
	for (; popup != NULL; popup = popup->parent) {
		if (!popup->mapped) {
			return false;
		}
	}
	return root->layer != NULL || (root->window != NULL && root->window->mapped && root->window->visible);
}

/* What the positioner's coordinates are counted from, in the layout. */
static void get_origin(const struct popup *popup, int *x, int *y) {
	struct box content = {0};
	if (popup->parent != NULL) {
		content = popup->parent->content;
	} else if (popup->window != NULL) {
		content = window_get_content_box(popup->window);
	} else if (popup->layer != NULL) {
		wlr_scene_node_coords(&popup->layer->node, &content.x, &content.y);
	}
	*x = content.x;
	*y = content.y;
}

/* Of a window on two outputs, the one that the popup was asked for on: near its anchor, inside the window. */
static struct output *find_output(const struct popup *popup) {
	const struct popup *root = root_of(popup);
	if (root->window == NULL) {
		return root->layer_output;
	}
	int x, y;
	get_origin(root, &x, &y);
	const struct wlr_box *anchor = &root->wlr->scheduled.rules.anchor_rect;
	const struct box *frame = &root->window->box;
	return outputs_at(root->nest->all->outputs,
		bound((int64_t)x + anchor->x, frame->x, (int64_t)frame->x + frame->width - 1),
		bound((int64_t)y + anchor->y, frame->y, (int64_t)frame->y + frame->height - 1));
}

/* The place for contents: all below the strip, less the borders. False where there is none. */
static bool get_room(const struct popup *popup, struct box *room) {
	const struct output *output = find_output(popup);
	if (output == NULL) {
		return false;
	}
	*room = output->below_strip;
	room->x += POPUP_BORDER_WIDTH;
	room->y += POPUP_BORDER_WIDTH;
	room->width -= 2 * POPUP_BORDER_WIDTH;
	room->height -= 2 * POPUP_BORDER_WIDTH;
	return !box_is_empty(room);
}

/* Numbers of the client's choice, brought to where sums and differences of them are safe. */
static void bound_rules(struct wlr_xdg_positioner_rules *rules) {
	rules->anchor_rect.x = bound(rules->anchor_rect.x, -FAR, FAR);
	rules->anchor_rect.y = bound(rules->anchor_rect.y, -FAR, FAR);
	rules->anchor_rect.width = bound(rules->anchor_rect.width, 0, FAR);
	rules->anchor_rect.height = bound(rules->anchor_rect.height, 0, FAR);
	rules->offset.x = bound(rules->offset.x, -FAR, FAR);
	rules->offset.y = bound(rules->offset.y, -FAR, FAR);
	rules->size.width = bound(rules->size.width, 1, WINDOW_SIZE_MAX);
	rules->size.height = bound(rules->size.height, 1, WINDOW_SIZE_MAX);
}

/* Asks the client to be where its positioner puts it in the room there is. */
static void configure(struct popup *popup) {
	struct wlr_xdg_popup_configure *scheduled = &popup->wlr->scheduled;
	bound_rules(&scheduled->rules);
	struct wlr_box geometry;
	wlr_xdg_positioner_rules_get_geometry(&scheduled->rules, &geometry);
	struct box room;
	if (get_room(popup, &room)) {
		int x, y;
		get_origin(popup, &x, &y);
		struct wlr_box constraint = {room.x - x, room.y - y, room.width, room.height};
		wlr_xdg_positioner_rules_unconstrain_box(&scheduled->rules, &constraint, &geometry);
	}
	scheduled->geometry = geometry;
	wlr_xdg_surface_schedule_configure(popup->wlr->base);
}

/* ---- the picture ---- */

static void set_rect(struct wlr_scene_rect *rect, int x, int y, int width, int height) {
	wlr_scene_node_set_position(&rect->node, x, y);
	wlr_scene_rect_set_size(rect, width, height);
}

/* The border around, and the content's origin at the tree's. */
static void draw(struct popup *popup) {
	const struct wlr_box *geometry = &popup->wlr->base->geometry;
	const struct box *content = &popup->content;
	const int edge = POPUP_BORDER_WIDTH;
	wlr_scene_node_set_position(&popup->tree->node, content->x, content->y);
	set_rect(popup->backing, 0, 0, content->width, content->height);
	set_rect(popup->border[0], -edge, -edge, content->width + 2 * edge, edge);
	set_rect(popup->border[1], -edge, content->height, content->width + 2 * edge, edge);
	set_rect(popup->border[2], -edge, 0, edge, content->height);
	set_rect(popup->border[3], content->width, 0, edge, content->height);
	clip_show(popup->clip, geometry->x, geometry->y, content->width, content->height);
}

/* Where its client acknowledged to be and as large as it drew itself, but inside the room whatever that was. */
static void place(struct popup *popup) {
	struct box room;
	bool shown = is_visible(popup) && get_room(popup, &room);
	wlr_scene_node_set_enabled(&popup->tree->node, shown);
	if (shown) {
		const struct wlr_box *wished = &popup->wlr->current.geometry;
		const struct wlr_box *drawn = &popup->wlr->base->geometry;
		int x, y;
		get_origin(popup, &x, &y);
		struct box *content = &popup->content;
		content->width = bound(drawn->width, 1, room.width);
		content->height = bound(drawn->height, 1, room.height);
		content->x = bound((int64_t)x + wished->x, room.x, (int64_t)room.x + room.width - content->width);
		content->y = bound((int64_t)y + wished->y, room.y, (int64_t)room.y + room.height - content->height);
		draw(popup);
	}
	struct popup *child;
	wl_list_for_each(child, &popup->nest->popups, link) {
		if (child->parent == popup) {
			place(child);
		}
	}
}

/* Its root moved, or the room it has did. */
static void follow(struct popup *popup) {
	if (popup->mapped && popup->wlr->current.reactive) {
		configure(popup);
	}
	place(popup);
}

static void color(struct nest *nest) {
	float rgba[4];
	scene_color(nest->instance->color, 1, rgba);
	nest->color = nest->instance->color;
	struct popup *popup;
	wl_list_for_each(popup, &nest->popups, link) {
		for (size_t i = 0; i < 4; i++) {
			wlr_scene_rect_set_color(popup->border[i], rgba);
		}
	}
}

static bool build(struct popup *popup) {
	float border[4], backing[4];
	scene_color(popup->nest->instance->color, 1, border);
	scene_color(COLOR_BAND, 1, backing);
	popup->tree = wlr_scene_tree_create(popup->nest->all->scene->popups);
	if (popup->tree == NULL) {
		return false;
	}
	wlr_scene_node_set_enabled(&popup->tree->node, false);
	node_attach(&popup->tree->node, NODE_POPUP, popup->nest->instance, popup);
	popup->backing = wlr_scene_rect_create(popup->tree, 0, 0, backing);
	popup->clip = popup->backing != NULL ? clip_create(popup->tree, popup->wlr->base->surface) : NULL;
	/* Above the content, which is clipped as well. */
	bool ok = popup->clip != NULL;
	for (size_t i = 0; i < 4 && ok; i++) {
		popup->border[i] = wlr_scene_rect_create(popup->tree, 0, 0, border);
		ok = popup->border[i] != NULL;
	}
	if (!ok) {
		clip_destroy(popup->clip);
		wlr_scene_node_destroy(&popup->tree->node);
	}
	return ok;
}

/* ---- the client's events ---- */

/*
 * wlroots aborts where a popup is repositioned before its first commit, which a client is free to try. To wlroots it
 * is always ready to be configured, and popup->configured says whether it has been.
 */
static void keep_initialized(struct popup *popup) {
	popup->wlr->base->initialized = true;
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, commit);
	keep_initialized(popup);
	if (popup->wlr->base->surface->unmap_commit) {
		return;
	}
	if (!popup->configured) {
		popup->configured = true;
		configure(popup);
	}
	if (popup->mapped) {
		place(popup);
	}
}

/* Where its instance has no focus there is nothing to grab: focus is the rule, and serials prove nothing. */
static bool is_grab_allowed(const struct popup *popup) {
	const struct instance *instance = popup->nest->instance;
	return instance->shell || popup->wlr->seat->keyboard_state.focused_client != NULL;
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, map);
	popup->mapped = true;
	popup->nest->instance->popups++;
	if (popup->wlr->seat != NULL && !is_grab_allowed(popup)) {
		wlr_xdg_popup_destroy(popup->wlr);
		return;
	}
	wlr_scene_node_raise_to_top(&popup->tree->node);
	place(popup);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, unmap);
	popup->mapped = popup->configured = false;
	popup->nest->instance->popups--;
	place(popup);
}

static void handle_reposition(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, reposition);
	configure(popup);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, destroy);
	struct popup *child;
	wl_list_for_each(child, &popup->nest->popups, link) {
		if (child->parent == popup) {
			child->parent = NULL;
		}
	}
	popup->wlr->base->data = NULL;
	wl_list_remove(&popup->commit.link);
	wl_list_remove(&popup->map.link);
	wl_list_remove(&popup->unmap.link);
	wl_list_remove(&popup->reposition.link);
	wl_list_remove(&popup->destroy.link);
	wl_list_remove(&popup->link);
	popup->nest->len--;
	clip_destroy(popup->clip);
	wlr_scene_node_destroy(&popup->tree->node);
	free(popup);
}

/* ---- an instance's popups ---- */

static void dismiss(struct nest *nest, bool only_grabbing) {
	/* The latest first, and from the end again after each: a popup takes those that hang on it along. */
	struct popup *popup;
	bool found = true;
	while (found) {
		found = false;
		wl_list_for_each_reverse(popup, &nest->popups, link) {
			if (!only_grabbing || popup->wlr->seat != NULL) {
				found = true;
				break;
			}
		}
		if (found) {
			wlr_xdg_popup_destroy(popup->wlr);
		}
	}
}

static struct wlr_xdg_popup_grab *find_grab(const struct nest *nest, const struct wlr_seat_pointer_grab *pointer_grab) {
	struct wlr_xdg_popup_grab *grab;
	wl_list_for_each(grab, &nest->all->shell->popup_grabs, link) {
		if (&grab->pointer_grab == pointer_grab) {
			return grab;
		}
	}
	return NULL;
}

/*
 * wlroots puts a popup into the grab's list once for every grab request; from the second on, the list leads back into
 * itself and the next walk along it never ends. So the list is made anew from what we know.
 */
static void handle_grab_begin(struct wl_listener *listener, void *data) {
	struct nest *nest = wl_container_of(listener, nest, grab_begin);
	struct wlr_xdg_popup_grab *grab = find_grab(nest, data);
	if (grab == NULL) {
		return;
	}
	wl_list_init(&grab->popups);
	struct popup *popup;
	wl_list_for_each(popup, &nest->popups, link) {
		if (popup->wlr->seat == grab->seat) {
			wl_list_insert(&grab->popups, &popup->wlr->grab_link);
		}
	}
}

static void handle_sweep(void *data) {
	struct nest *nest = data;
	nest->sweep = NULL;
	dismiss(nest, true);
}

/* Its popups have been told to go: whoever has stayed is gone soon after. Not now, wlroots still walks along them. */
static void handle_grab_end(struct wl_listener *listener, void *data) {
	struct nest *nest = wl_container_of(listener, nest, grab_end);
	if (find_grab(nest, data) != NULL && nest->sweep == NULL) {
		nest->sweep = wl_event_loop_add_idle(nest->all->loop, handle_sweep, nest);
	}
}

static void handle_instance_changed(struct wl_listener *listener, void *data) {
	struct nest *nest = wl_container_of(listener, nest, instance_changed);
	if (nest->color != nest->instance->color) {
		color(nest);
	}
}

static void nest_destroy(struct nest *nest) {
	dismiss(nest, false);
	if (nest->sweep != NULL) {
		wl_event_source_remove(nest->sweep);
	}
	wl_list_remove(&nest->instance_changed.link);
	wl_list_remove(&nest->seat_destroy.link);
	wl_list_remove(&nest->grab_begin.link);
	wl_list_remove(&nest->grab_end.link);
	wl_list_remove(&nest->link);
	free(nest);
}

/* Before the grab hears of it: wlroots' own clearing up frees the grab twice while a popup has it. */
static void handle_seat_destroy(struct wl_listener *listener, void *data) {
	struct nest *nest = wl_container_of(listener, nest, seat_destroy);
	nest_destroy(nest);
}

static struct nest *find_nest(struct popups *popups, const struct instance *instance) {
	struct nest *nest;
	wl_list_for_each(nest, &popups->nests, link) {
		if (nest->instance == instance) {
			return nest;
		}
	}
	return NULL;
}

static struct nest *get_nest(struct popups *popups, struct instance *instance) {
	struct nest *nest = find_nest(popups, instance);
	if (nest != NULL) {
		return nest;
	}
	struct wlr_seat *wlr_seat = instance->seat->wlr;
	nest = xcalloc(1, sizeof(*nest));
	nest->all = popups;
	nest->instance = instance;
	nest->color = instance->color;
	wl_list_init(&nest->popups);
	nest->instance_changed.notify = handle_instance_changed;
	wl_signal_add(&instance->events.changed, &nest->instance_changed);
	nest->seat_destroy.notify = handle_seat_destroy;
	wl_signal_add(&wlr_seat->events.destroy, &nest->seat_destroy);
	nest->grab_begin.notify = handle_grab_begin;
	wl_signal_add(&wlr_seat->events.pointer_grab_begin, &nest->grab_begin);
	nest->grab_end.notify = handle_grab_end;
	wl_signal_add(&wlr_seat->events.pointer_grab_end, &nest->grab_end);
	wl_list_insert(&popups->nests, &nest->link);
	return nest;
}

/* ---- new ones ---- */

/* On what it hangs. A shell's may still be given to a layer surface; to all others, nothing is no parent. */
static bool find_parent(struct popup *popup) {
	struct wlr_surface *surface = popup->wlr->parent;
	if (surface == NULL) {
		return popup->nest->instance->shell;
	}
	const struct wlr_xdg_surface *parent = wlr_xdg_surface_try_from_wlr_surface(surface);
	if (parent == NULL || parent == popup->wlr->base) {
		return false;
	}
	if (parent->role == WLR_XDG_SURFACE_ROLE_TOPLEVEL && parent->toplevel != NULL) {
		popup->window = parent->data;
		return popup->window != NULL;
	}
	if (parent->role == WLR_XDG_SURFACE_ROLE_POPUP && parent->popup != NULL) {
		popup->parent = parent->data;
	}
	if (popup->parent == NULL) {
		return false;
	}
	popup->depth = popup->parent->depth + 1;
	const struct popup *root = root_of(popup);
	return popup->depth <= POPUP_DEPTH_MAX && (root->window != NULL || root->layer != NULL);
}

/* Out of its parent's list first: one that names itself as its parent would be ended for ever. */
static void refuse(struct wlr_xdg_popup *wlr_popup) {
	wl_list_remove(&wlr_popup->link);
	wl_list_init(&wlr_popup->link);
	wlr_xdg_popup_destroy(wlr_popup);
}

static void handle_new_popup(struct wl_listener *listener, void *data) {
	struct popups *popups = wl_container_of(listener, popups, new_popup);
	struct wlr_xdg_popup *wlr_popup = data;
	struct instance *instance = resource_instance(wlr_popup->resource);
	if (instance == NULL || instance->seat == NULL) {
		refuse(wlr_popup);
		return;
	}
	struct popup *popup = xcalloc(1, sizeof(*popup));
	popup->nest = get_nest(popups, instance);
	popup->wlr = wlr_popup;
	if (popup->nest->len >= POPUPS_MAX || !find_parent(popup) || !build(popup)) {
		log_info("%s: a popup is refused: too many, too deep, or on nothing", instance->name);
		free(popup);
		refuse(wlr_popup);
		return;
	}
	wlr_popup->base->data = popup;
	keep_initialized(popup);
	wl_list_insert(popup->nest->popups.prev, &popup->link);
	popup->nest->len++;
	struct wlr_surface *surface = wlr_popup->base->surface;
	popup->commit.notify = handle_commit;
	wl_signal_add(&surface->events.commit, &popup->commit);
	popup->map.notify = handle_map;
	wl_signal_add(&surface->events.map, &popup->map);
	popup->unmap.notify = handle_unmap;
	wl_signal_add(&surface->events.unmap, &popup->unmap);
	popup->reposition.notify = handle_reposition;
	wl_signal_add(&wlr_popup->events.reposition, &popup->reposition);
	popup->destroy.notify = handle_destroy;
	wl_signal_add(&wlr_popup->events.destroy, &popup->destroy);
}

/* ---- what they hang on ---- */

static void handle_window_changed(struct wl_listener *listener, void *data) {
	struct popups *popups = wl_container_of(listener, popups, window_changed);
	const struct window *window = data;
	struct nest *nest = find_nest(popups, window->instance);
	struct popup *popup;
	if (nest != NULL) {
		wl_list_for_each(popup, &nest->popups, link) {
			if (popup->window == window) {
				follow(popup);
			}
		}
	}
}

static void handle_window_destroyed(struct wl_listener *listener, void *data) {
	struct popups *popups = wl_container_of(listener, popups, window_destroyed);
	const struct window *window = data;
	struct nest *nest = find_nest(popups, window->instance);
	struct popup *popup;
	if (nest != NULL) {
		wl_list_for_each(popup, &nest->popups, link) {
			if (popup->window == window) {
				popup->window = NULL;
				place(popup);
			}
		}
	}
}

static void handle_outputs_changed(struct wl_listener *listener, void *data) {
	struct popups *popups = wl_container_of(listener, popups, outputs_changed);
	struct nest *nest;
	struct popup *popup;
	wl_list_for_each(nest, &popups->nests, link) {
		wl_list_for_each(popup, &nest->popups, link) {
			if (popup->parent == NULL) {
				follow(popup);
			}
		}
	}
}

void popups_adopt(struct popups *popups, struct wlr_xdg_popup *wlr_popup, struct wlr_scene_tree *surface_tree,
		struct output *output, struct wlr_scene_tree *above) {
	struct popup *popup = wlr_popup->base->data;
	if (popup == NULL) {
		return;
	}
	popup->layer = surface_tree;
	popup->layer_output = output;
	wlr_scene_node_reparent(&popup->tree->node, above);
}

void popups_follow(struct popups *popups, const struct wlr_scene_tree *surface_tree) {
	struct nest *nest;
	struct popup *popup;
	wl_list_for_each(nest, &popups->nests, link) {
		wl_list_for_each(popup, &nest->popups, link) {
			if (popup->layer == surface_tree) {
				follow(popup);
			}
		}
	}
}

void popups_dismiss(struct popups *popups, struct instance *instance) {
	struct nest *nest;
	wl_list_for_each(nest, &popups->nests, link) {
		if (instance == NULL || nest->instance == instance) {
			dismiss(nest, false);
		}
	}
}

struct popups *popups_create(struct windows *windows, struct scene *scene, struct outputs *outputs) {
	struct popups *popups = xcalloc(1, sizeof(*popups));
	popups->scene = scene;
	popups->outputs = outputs;
	popups->shell = windows_get_shell(windows);
	popups->loop = wl_display_get_event_loop(wl_global_get_display(popups->shell->global));
	wl_list_init(&popups->nests);
	popups->new_popup.notify = handle_new_popup;
	wl_signal_add(&popups->shell->events.new_popup, &popups->new_popup);
	popups->window_changed.notify = handle_window_changed;
	wl_signal_add(&windows->events.changed, &popups->window_changed);
	popups->window_destroyed.notify = handle_window_destroyed;
	wl_signal_add(&windows->events.destroyed, &popups->window_destroyed);
	popups->outputs_changed.notify = handle_outputs_changed;
	wl_signal_add(&outputs->events.changed, &popups->outputs_changed);
	return popups;
}

void popups_destroy(struct popups *popups) {
	if (popups == NULL) {
		return;
	}
	struct nest *nest, *next;
	wl_list_for_each_safe(nest, next, &popups->nests, link) {
		nest_destroy(nest);
	}
	wl_list_remove(&popups->new_popup.link);
	wl_list_remove(&popups->window_changed.link);
	wl_list_remove(&popups->window_destroyed.link);
	wl_list_remove(&popups->outputs_changed.link);
	free(popups);
}
