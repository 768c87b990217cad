#include "compositor/layer.h"

#include <stdlib.h>
#include <wlr/types/wlr_layer_shell_v1.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/client.h"

#define LAYER_SHELL_VERSION 5

struct layers {
	struct scene *scene;
	struct outputs *outputs;
	struct focus *focus;
	struct popups *popups;
	struct wlr_layer_shell_v1 *shell;
	struct wl_list list;   // layer.link, in the order they were made
	struct wl_list places; // place.link
	struct wl_listener new_surface;
	struct wl_listener output_created;
	struct wl_listener outputs_changed;
};

/* An output as it was when its layers were last arranged. */
struct place {
	struct layers *layers;
	struct output *output;
	struct box below_strip, usable;
	struct wl_listener destroy;
	struct wl_list link; // layers.places
};

struct layer {
	struct layers *layers;
	struct wlr_layer_surface_v1 *wlr;
	struct wlr_scene_layer_surface_v1 *scene;
	struct output *output;
	bool leaving; /* it is being unmapped: wlroots forgets its configures next */
	struct wl_list link; // layers.list
	struct wl_listener commit, map, unmap, destroy, new_popup;
};

/* ---- place ---- */

static struct wlr_scene_tree *tree_of(const struct layers *layers, enum zwlr_layer_shell_v1_layer which) {
	switch (which) {
	case ZWLR_LAYER_SHELL_V1_LAYER_BACKGROUND:
		return layers->scene->shell_background;
	case ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM:
		return layers->scene->shell_bottom;
	case ZWLR_LAYER_SHELL_V1_LAYER_TOP:
		return layers->scene->shell_top;
	case ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY:
		break;
	}
	return layers->scene->shell_overlay;
}

static void configure_some(struct layers *layers, const struct output *output, const struct wlr_box *full,
		struct wlr_box *usable, bool exclusive) {
	static const enum zwlr_layer_shell_v1_layer order[] = {
		ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY, ZWLR_LAYER_SHELL_V1_LAYER_TOP, ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM,
		ZWLR_LAYER_SHELL_V1_LAYER_BACKGROUND,
	};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct layer *layer;
		wl_list_for_each(layer, &layers->list, link) {
			const struct wlr_layer_surface_v1_state *state = &layer->wlr->current;
			if (layer->output == output && layer->wlr->initialized && !layer->leaving && state->layer == order[i] &&
					(state->exclusive_zone > 0) == exclusive) {
				wlr_scene_layer_surface_v1_configure(layer->scene, full, usable);
				popups_follow(layers->popups, layer->scene->tree);
			}
		}
	}
}

static struct box from_wlr(const struct wlr_box *box) {
	return (struct box){box->x, box->y, box->width, box->height};
}

static bool is_same(const struct box *a, const struct box *b) {
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

static struct place *find_place(struct layers *layers, const struct output *output) {
	struct place *place;
	wl_list_for_each(place, &layers->places, link) {
		if (place->output == output) {
			return place;
		}
	}
	return NULL;
}

/* Those with a zone of their own first, from the top layer down: the others share what is left. */
static void arrange(struct layers *layers, struct output *output) {
	struct place *place = find_place(layers, output);
	if (place == NULL) {
		return;
	}
	const struct box *below = &output->below_strip;
	const struct wlr_box full = {below->x, below->y, below->width, below->height};
	struct wlr_box usable = full;
	configure_some(layers, output, &full, &usable, true);
	configure_some(layers, output, &full, &usable, false);
	/* Noted first: the outputs' signal comes back here. */
	place->below_strip = *below;
	place->usable = from_wlr(&usable);
	if (!is_same(&place->usable, &output->usable)) {
		output->usable = place->usable;
		output_notify(output);
	}
}

/* ---- the keyboard ---- */

/* Shown above windows, and wants the keyboard for as long as it is. */
static bool is_exclusive(const struct layer *layer) {
	const struct wlr_layer_surface_v1_state *state = &layer->wlr->current;
	return layer->wlr->surface->mapped && state->layer >= ZWLR_LAYER_SHELL_V1_LAYER_TOP &&
		state->keyboard_interactive == ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_EXCLUSIVE;
}

static bool wants_keyboard(const struct layer *layer) {
	return layer->wlr->surface->mapped && layer->wlr->current.keyboard_interactive !=
		ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_NONE;
}

/* Its keyboard goes to the latest that must have it, else back to the windows. */
static void give_back(struct layer *layer) {
	struct layers *layers = layer->layers;
	if (layers->focus->layer != layer->wlr->surface) {
		return;
	}
	struct layer *other;
	wl_list_for_each_reverse(other, &layers->list, link) {
		if (other != layer && is_exclusive(other)) {
			focus_layer(layers->focus, other->wlr->surface);
			return;
		}
	}
	focus_layer(layers->focus, NULL);
}

void layer_clicked(struct layer *layer) {
	if (wants_keyboard(layer)) {
		focus_layer(layer->layers->focus, layer->wlr->surface);
	}
}

struct layer *layer_from_node(const struct node *node) {
	return node != NULL && node->kind == NODE_LAYER ? node->object : NULL;
}

/* ---- the client's events ---- */

static void handle_commit(struct wl_listener *listener, void *data) {
	struct layer *layer = wl_container_of(listener, layer, commit);
	const struct wlr_layer_surface_v1 *wlr_layer = layer->wlr;
	uint32_t committed = wlr_layer->current.committed;
	if (!wlr_layer->initial_commit && committed == 0) {
		return;
	}
	if (committed & WLR_LAYER_SURFACE_V1_STATE_LAYER) {
		wlr_scene_node_reparent(&layer->scene->tree->node, tree_of(layer->layers, wlr_layer->current.layer));
	}
	arrange(layer->layers, layer->output);
	if (committed & (WLR_LAYER_SURFACE_V1_STATE_KEYBOARD_INTERACTIVITY | WLR_LAYER_SURFACE_V1_STATE_LAYER)) {
		if (is_exclusive(layer)) {
			focus_layer(layer->layers->focus, wlr_layer->surface);
		} else if (!wants_keyboard(layer)) {
			give_back(layer);
		}
	}
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct layer *layer = wl_container_of(listener, layer, map);
	/* Only now does its zone count. */
	arrange(layer->layers, layer->output);
	if (is_exclusive(layer)) {
		focus_layer(layer->layers->focus, layer->wlr->surface);
	}
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct layer *layer = wl_container_of(listener, layer, unmap);
	give_back(layer);
	layer->leaving = true;
	arrange(layer->layers, layer->output);
	layer->leaving = false;
}

static void handle_new_popup(struct wl_listener *listener, void *data) {
	struct layer *layer = wl_container_of(listener, layer, new_popup);
	struct scene *scene = layer->layers->scene;
	/* Above all windows, as all popups are, and above their own layer surface. */
	struct wlr_scene_tree *above = layer->wlr->current.layer == ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY ?
		scene->shell_overlay : scene->popups;
	popups_adopt(layer->layers->popups, data, layer->scene->tree, layer->output, above);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct layer *layer = wl_container_of(listener, layer, destroy);
	wl_list_remove(&layer->commit.link);
	wl_list_remove(&layer->map.link);
	wl_list_remove(&layer->unmap.link);
	wl_list_remove(&layer->destroy.link);
	wl_list_remove(&layer->new_popup.link);
	wl_list_remove(&layer->link);
	free(layer);
}

static struct output *output_for(struct layers *layers, struct wlr_output *wanted) {
	struct output *output = output_from_wlr(wanted);
	if (wanted == NULL) {
		const struct window *window = layers->focus->window;
		output = window != NULL && window->workspace != NULL ? window->workspace->output : NULL;
		output = output != NULL ? output : outputs_first(layers->outputs);
	}
	return output != NULL && find_place(layers, output) != NULL ? output : NULL;
}

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct layers *layers = wl_container_of(listener, layers, new_surface);
	struct wlr_layer_surface_v1 *wlr_layer = data;
	struct output *output = output_for(layers, wlr_layer->output);
	struct wlr_scene_layer_surface_v1 *scene = output == NULL ? NULL :
		wlr_scene_layer_surface_v1_create(tree_of(layers, wlr_layer->pending.layer), wlr_layer);
	if (scene == NULL) {
		wlr_layer_surface_v1_destroy(wlr_layer);
		return;
	}
	wlr_layer->output = output->wlr;
	struct layer *layer = xcalloc(1, sizeof(*layer));
	layer->layers = layers;
	layer->wlr = wlr_layer;
	layer->scene = scene;
	layer->output = output;
	node_attach(&scene->tree->node, NODE_LAYER, resource_instance(wlr_layer->resource), layer);
	layer->commit.notify = handle_commit;
	wl_signal_add(&wlr_layer->surface->events.commit, &layer->commit);
	layer->map.notify = handle_map;
	wl_signal_add(&wlr_layer->surface->events.map, &layer->map);
	layer->unmap.notify = handle_unmap;
	wl_signal_add(&wlr_layer->surface->events.unmap, &layer->unmap);
	layer->new_popup.notify = handle_new_popup;
	wl_signal_add(&wlr_layer->events.new_popup, &layer->new_popup);
	layer->destroy.notify = handle_destroy;
	wl_signal_add(&wlr_layer->events.destroy, &layer->destroy);
	wl_list_insert(layers->list.prev, &layer->link);
}

/* ---- outputs ---- */

static void place_destroy(struct place *place) {
	wl_list_remove(&place->destroy.link);
	wl_list_remove(&place->link);
	free(place);
}

/* Its layer surfaces are closed; their programs may make them anew elsewhere. */
static void handle_output_destroy(struct wl_listener *listener, void *data) {
	struct place *place = wl_container_of(listener, place, destroy);
	struct layers *layers = place->layers;
	struct output *output = place->output;
	/* First: nothing is arranged on it any more while they go. */
	place_destroy(place);
	struct layer *layer, *next;
	wl_list_for_each_safe(layer, next, &layers->list, link) {
		if (layer->output == output) {
			wlr_layer_surface_v1_destroy(layer->wlr);
		}
	}
}

static void add_place(struct layers *layers, struct output *output) {
	struct place *place = xcalloc(1, sizeof(*place));
	place->layers = layers;
	place->output = output;
	place->below_strip = output->below_strip;
	place->usable = output->usable;
	place->destroy.notify = handle_output_destroy;
	wl_signal_add(&output->events.destroy, &place->destroy);
	wl_list_insert(&layers->places, &place->link);
}

static void handle_output_created(struct wl_listener *listener, void *data) {
	struct layers *layers = wl_container_of(listener, layers, output_created);
	add_place(layers, data);
}

static void handle_outputs_changed(struct wl_listener *listener, void *data) {
	struct layers *layers = wl_container_of(listener, layers, outputs_changed);
	struct output *output = data;
	const struct place *place = find_place(layers, output);
	/* output.c starts again from all below the strip where the output's box has changed. */
	if (place != NULL && (!is_same(&place->below_strip, &output->below_strip) ||
			!is_same(&place->usable, &output->usable))) {
		arrange(layers, output);
	}
}

struct layers *layers_create(struct wl_display *display, struct gate *gate, struct scene *scene,
		struct outputs *outputs, struct focus *focus, struct popups *popups) {
	struct layers *layers = xcalloc(1, sizeof(*layers));
	layers->scene = scene;
	layers->outputs = outputs;
	layers->focus = focus;
	layers->popups = popups;
	wl_list_init(&layers->list);
	wl_list_init(&layers->places);
	gate_expect(gate, "zwlr_layer_shell_v1", NULL);
	layers->shell = wlr_layer_shell_v1_create(display, LAYER_SHELL_VERSION);
	if (layers->shell == NULL) {
		log_error("out of memory for zwlr_layer_shell_v1");
		abort();
	}
	gate_admit(gate, layers->shell->global);
	layers->new_surface.notify = handle_new_surface;
	wl_signal_add(&layers->shell->events.new_surface, &layers->new_surface);
	layers->output_created.notify = handle_output_created;
	wl_signal_add(&outputs->events.created, &layers->output_created);
	layers->outputs_changed.notify = handle_outputs_changed;
	wl_signal_add(&outputs->events.changed, &layers->outputs_changed);
	struct output *output;
	wl_list_for_each(output, &outputs->list, link) {
		add_place(layers, output);
	}
	return layers;
}

void layers_destroy(struct layers *layers) {
	if (layers == NULL) {
		return;
	}
	struct place *place, *next;
	wl_list_for_each_safe(place, next, &layers->places, link) {
		place_destroy(place);
	}
	wl_list_remove(&layers->new_surface.link);
	wl_list_remove(&layers->output_created.link);
	wl_list_remove(&layers->outputs_changed.link);
	free(layers);
}
