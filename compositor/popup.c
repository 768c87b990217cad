#include "compositor/popup.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/client.h"
#include "compositor/limits.h"
#include "compositor/popup_frame.h"
#include "compositor/seat.h"

#define POPUP_DEPTH_MAX 64 /* the shell's; others have their limit, which is no higher */

/* ---- limits ---- */

/* How many levels of popups on popups there are. */
static void count_depth(const struct nest *nest) {
	int deepest = 0;
	const struct popup *popup;
	wl_list_for_each(popup, &nest->popups, link) {
		deepest = popup->depth + 1 > deepest ? popup->depth + 1 : deepest;
	}
	instance_use(nest->instance, LIMIT_POPUP_DEPTH,
		(int64_t)deepest - (int64_t)nest->instance->used[LIMIT_POPUP_DEPTH]);
}

/* What is over a limit ends its client, after the request under way: until then it does not come into being. */
static bool is_within_limits(const struct popup *popup) {
	const struct instance *instance = popup->nest->instance;
	uint64_t depth = (uint64_t)popup->depth + 1;
	if (depth > instance->used[LIMIT_POPUP_DEPTH]) {
		limits_use(wl_resource_get_client(popup->wlr->resource), LIMIT_POPUP_DEPTH,
			(int64_t)(depth - instance->used[LIMIT_POPUP_DEPTH]));
	}
	return depth <= POPUP_DEPTH_MAX && limits_allow(instance, LIMIT_POPUP_DEPTH, depth) &&
		limits_allow(instance, LIMIT_POPUPS, instance->used[LIMIT_POPUPS]);
}

/* ---- the client's events ---- */

/*
 * wlroots aborts where a popup is repositioned before its first commit, which a client is free to try. To wlroots it
 * is always ready to be configured, and popup->configured says whether it has been. True where wlroots had reset it.
 */
static bool keep_initialized(struct popup *popup) {
	bool is_reset = !popup->wlr->base->initialized;
	popup->wlr->base->initialized = true;
	return is_reset;
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, commit);
	if (keep_initialized(popup)) {
		return; /* it has just unmapped itself */
	}
	if (!popup->configured) {
		popup->configured = true;
		popup_configure(popup);
	}
	if (popup->mapped) {
		popup_place(popup);
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
	popup_place(popup);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, unmap);
	popup->mapped = popup->configured = false;
	popup->nest->instance->popups--;
	popup_place(popup);
}

static void handle_reposition(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, reposition);
	popup_configure(popup);
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
	count_depth(popup->nest);
	popup_frame_destroy(popup);
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

static struct wlr_xdg_popup_grab *find_grab(const struct nest *nest,
		const struct wlr_seat_pointer_grab *pointer_grab) {
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
		nest_color(nest);
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
	const struct popup *root = popup_root(popup);
	return root->window != NULL || root->layer != NULL;
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
	if (!find_parent(popup) || !is_within_limits(popup) || !popup_frame_create(popup)) {
		log_info("%s: a popup is refused: too many, too deep, or on nothing", instance->name);
		count_depth(popup->nest);
		free(popup);
		refuse(wlr_popup);
		return;
	}
	wlr_popup->base->data = popup;
	keep_initialized(popup);
	wl_list_insert(popup->nest->popups.prev, &popup->link);
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
				popup_follow(popup);
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
				popup_place(popup);
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
				popup_follow(popup);
			}
		}
	}
}

struct window *window_from_popup_node(const struct node *node) {
	return node != NULL && node->kind == NODE_POPUP ? popup_root(node->object)->window : NULL;
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
				popup_follow(popup);
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
