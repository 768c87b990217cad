#include "compositor/clip.h"

#include <stdlib.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/util/transform.h>

#include "base/memory.h"
#include "policy/geometry.h"

/* Far beyond any surface, and small enough that no sum of a few overflows an int. */
#define FAR (1 << 20)

/* A surface of the tree: the first one, or a subsurface. */
struct piece {
	struct clip *clip;
	struct wlr_surface *surface;
	struct wlr_subsurface *subsurface; /* NULL for the first */
	bool placed;
	int x, y;                          /* where it was in its parent at the last look, once placed */
	struct wl_list children;           // piece.link
	struct wl_list link;               // piece.children of the parent
	struct wl_listener client_commit;
	struct wl_listener commit;
	struct wl_listener new_subsurface;
	struct wl_listener destroy;
};

struct clip {
	struct wlr_scene_tree *box;  /* ours; its origin is the box's corner */
	struct wlr_scene_tree *tree; /* wlroots' for the surface; NULL once that is gone */
	struct piece *first;         /* NULL once the surface is gone */
	struct wlr_box shown;        /* in the surface; empty: nothing */
	/*
	 * A surface of the tree is or was turned or mirrored. wlroots 0.20 clips such ones by a sum of fractions that
	 * comes out below zero by a hair, and aborts: from then on the cutting is done here.
	 */
	bool by_hand;
};

static struct piece *piece_create(struct clip *clip, struct wlr_surface *surface, struct wlr_subsurface *subsurface);

static void piece_destroy(struct piece *piece) {
	struct piece *child, *next;
	wl_list_for_each_safe(child, next, &piece->children, link) {
		piece_destroy(child);
	}
	wl_list_remove(&piece->client_commit.link);
	wl_list_remove(&piece->commit.link);
	wl_list_remove(&piece->new_subsurface.link);
	wl_list_remove(&piece->destroy.link);
	wl_list_remove(&piece->link);
	free(piece);
}

/* ---- cutting by hand ---- */

static bool accepts_input(struct wlr_scene_buffer *buffer, double *sx, double *sy) {
	struct wlr_scene_surface *scene_surface = wlr_scene_surface_try_from_buffer(buffer);
	/* The node begins where the surface's part that shows does. */
	*sx += buffer->node.x;
	*sy += buffer->node.y;
	return wlr_surface_point_accepts_input(scene_surface->surface, *sx, *sy);
}

static double between(double value, double low, double high) {
	return value < low ? low : value > high ? high : value;
}

/* The part of the buffer that a part of the surface shows. */
static struct wlr_fbox source_of(struct wlr_surface *surface, const struct box *part) {
	const struct wlr_surface_state *state = &surface->current;
	struct wlr_fbox source;
	wlr_surface_get_buffer_source_box(surface, &source);
	int width = state->buffer_width, height = state->buffer_height;
	wlr_fbox_transform(&source, &source, state->transform, width, height);
	wlr_output_transform_coords(state->transform, &width, &height);
	source.x += part->x * source.width / state->width;
	source.y += part->y * source.height / state->height;
	source.width *= (double)part->width / state->width;
	source.height *= (double)part->height / state->height;
	wlr_fbox_transform(&source, &source, wlr_output_transform_invert(state->transform), width, height);
	source.x = between(source.x, 0, state->buffer_width);
	source.y = between(source.y, 0, state->buffer_height);
	source.width = between(source.width, 0, state->buffer_width - source.x);
	source.height = between(source.height, 0, state->buffer_height - source.y);
	return source;
}

/* x, y: of the surface's corner in the surface that the box belongs to. */
static void cut_buffer(const struct clip *clip, struct wlr_scene_buffer *buffer, int64_t x, int64_t y) {
	struct wlr_scene_surface *scene_surface = wlr_scene_surface_try_from_buffer(buffer);
	struct wlr_surface *surface = scene_surface->surface;
	/* One that is further away than this touches no box. */
	struct box shown = {
		(int)between((double)(clip->shown.x - x), -FAR, FAR), (int)between((double)(clip->shown.y - y), -FAR, FAR),
		clip->shown.width, clip->shown.height,
	};
	struct box part = {0, 0, surface->current.width, surface->current.height};
	bool any = box_intersect(&part, &part, &shown);
	wlr_scene_node_set_enabled(&buffer->node, any);
	if (!any) {
		return;
	}
	struct wlr_fbox source = source_of(surface, &part);
	wlr_scene_buffer_set_source_box(buffer, &source);
	wlr_scene_buffer_set_dest_size(buffer, part.width, part.height);
	/* Said to be nowhere opaque: what is behind it is painted in vain, and that is all. */
	pixman_region32_t none;
	pixman_region32_init(&none);
	wlr_scene_buffer_set_opaque_region(buffer, &none);
	pixman_region32_fini(&none);
	wlr_scene_node_set_position(&buffer->node, part.x, part.y);
	buffer->point_accepts_input = accepts_input;
}

static void cut_tree(const struct clip *clip, struct wlr_scene_tree *tree, int64_t x, int64_t y) {
	struct wlr_scene_node *node;
	wl_list_for_each(node, &tree->children, link) {
		if (node->type == WLR_SCENE_NODE_TREE) {
			cut_tree(clip, wlr_scene_tree_from_node(node), x + node->x, y + node->y);
		} else if (node->type == WLR_SCENE_NODE_BUFFER) {
			cut_buffer(clip, wlr_scene_buffer_from_node(node), x, y);
		}
	}
}

static bool is_turned(const struct wlr_surface *surface) {
	const struct wlr_surface_state *cached;
	wl_list_for_each(cached, &surface->cached, cached_state_link) {
		if (cached->transform != WL_OUTPUT_TRANSFORM_NORMAL) {
			return true;
		}
	}
	return surface->current.transform != WL_OUTPUT_TRANSFORM_NORMAL ||
		surface->pending.transform != WL_OUTPUT_TRANSFORM_NORMAL;
}

/* Before wlroots has looked at the surface as it is turned: its own clip goes, for good. */
static void check_turned(struct piece *piece) {
	struct clip *clip = piece->clip;
	if (!clip->by_hand && is_turned(piece->surface)) {
		clip->by_hand = true;
		wlr_scene_subsurface_tree_set_clip(&clip->tree->node, &(struct wlr_box){0});
	}
}

/* ---- following the tree ---- */

/* The whole tree, children of children included: setting the same clip again would do nothing. */
static void clip_again(struct clip *clip) {
	struct wlr_box other = clip->shown;
	other.width++;
	wlr_scene_subsurface_tree_set_clip(&clip->tree->node, &other);
	wlr_scene_subsurface_tree_set_clip(&clip->tree->node, &clip->shown);
}

static void handle_client_commit(struct wl_listener *listener, void *data) {
	struct piece *piece = wl_container_of(listener, piece, client_commit);
	check_turned(piece);
}

/*
 * Every commit is followed by a frame, also one that shows nothing new: what its client asked to be told of it is told
 * then (see output.c), and not when somebody else has something to show (attack F8).
 */
static void schedule_frame(const struct piece *piece) {
	int x, y;
	if (!wlr_scene_node_coords(&piece->clip->box->node, &x, &y)) {
		return; /* it is not shown at all */
	}
	const struct wlr_surface_output *entered;
	wl_list_for_each(entered, &piece->surface->current_outputs, link) {
		wlr_output_schedule_frame(entered->output);
	}
}

/* After the scene's own handler: it was there first. */
static void handle_commit(struct wl_listener *listener, void *data) {
	struct piece *piece = wl_container_of(listener, piece, commit);
	struct clip *clip = piece->clip;
	schedule_frame(piece);
	bool stale = false;
	struct piece *child;
	wl_list_for_each(child, &piece->children, link) {
		const struct wlr_subsurface_parent_state *state = &child->subsurface->current;
		if (!child->placed || state->x != child->x || state->y != child->y) {
			child->placed = true;
			child->x = state->x;
			child->y = state->y;
			stale |= !wl_list_empty(&child->children);
		}
	}
	if (clip->tree == NULL || wlr_box_empty(&clip->shown)) {
		return;
	}
	if (clip->by_hand) {
		cut_tree(clip, clip->tree, 0, 0);
	} else if (stale) {
		clip_again(clip);
	}
}

static void add_child(struct piece *piece, struct wlr_subsurface *subsurface) {
	struct piece *child;
	wl_list_for_each(child, &piece->children, link) {
		if (child->subsurface == subsurface) {
			return;
		}
	}
	child = piece_create(piece->clip, subsurface->surface, subsurface);
	wl_list_insert(&piece->children, &child->link);
}

static void handle_new_subsurface(struct wl_listener *listener, void *data) {
	struct piece *piece = wl_container_of(listener, piece, new_subsurface);
	add_child(piece, data);
}

static void handle_subsurface_destroy(struct wl_listener *listener, void *data) {
	struct piece *piece = wl_container_of(listener, piece, destroy);
	piece_destroy(piece);
}

static void handle_surface_destroy(struct wl_listener *listener, void *data) {
	struct piece *piece = wl_container_of(listener, piece, destroy);
	piece->clip->tree = NULL;
	piece->clip->first = NULL;
	piece_destroy(piece);
}

static struct piece *piece_create(struct clip *clip, struct wlr_surface *surface, struct wlr_subsurface *subsurface) {
	struct piece *piece = xcalloc(1, sizeof(*piece));
	piece->clip = clip;
	piece->surface = surface;
	piece->subsurface = subsurface;
	wl_list_init(&piece->children);
	wl_list_init(&piece->link);
	piece->client_commit.notify = handle_client_commit;
	wl_signal_add(&surface->events.client_commit, &piece->client_commit);
	piece->commit.notify = handle_commit;
	wl_signal_add(&surface->events.commit, &piece->commit);
	piece->new_subsurface.notify = handle_new_subsurface;
	wl_signal_add(&surface->events.new_subsurface, &piece->new_subsurface);
	piece->destroy.notify = subsurface != NULL ? handle_subsurface_destroy : handle_surface_destroy;
	wl_signal_add(subsurface != NULL ? &subsurface->events.destroy : &surface->events.destroy, &piece->destroy);
	check_turned(piece);
	struct wlr_subsurface *child;
	wl_list_for_each(child, &surface->current.subsurfaces_below, current.link) {
		add_child(piece, child);
	}
	wl_list_for_each(child, &surface->current.subsurfaces_above, current.link) {
		add_child(piece, child);
	}
	return piece;
}

struct clip *clip_create(struct wlr_scene_tree *parent, struct wlr_surface *surface) {
	struct clip *clip = xcalloc(1, sizeof(*clip));
	clip->box = wlr_scene_tree_create(parent);
	if (clip->box == NULL) {
		free(clip);
		return NULL;
	}
	wlr_scene_node_set_enabled(&clip->box->node, false);
	clip->tree = wlr_scene_subsurface_tree_create(clip->box, surface);
	if (clip->tree == NULL) {
		wlr_scene_node_destroy(&clip->box->node);
		free(clip);
		return NULL;
	}
	clip->first = piece_create(clip, surface, NULL);
	return clip;
}

void clip_destroy(struct clip *clip) {
	if (clip == NULL) {
		return;
	}
	if (clip->first != NULL) {
		piece_destroy(clip->first);
	}
	wlr_scene_node_destroy(&clip->box->node);
	free(clip);
}

static int bound(int value) {
	return value < -FAR ? -FAR : value > FAR ? FAR : value;
}

void clip_show(struct clip *clip, int x, int y, int width, int height) {
	struct wlr_box shown = {bound(x), bound(y), bound(width), bound(height)};
	/* To wlroots, an empty clip is no clip. */
	bool any = clip->tree != NULL && !wlr_box_empty(&shown);
	wlr_scene_node_set_enabled(&clip->box->node, any);
	if (!any) {
		clip->shown = (struct wlr_box){0};
		return;
	}
	clip->shown = shown;
	wlr_scene_node_set_position(&clip->tree->node, -shown.x, -shown.y);
	if (clip->by_hand) {
		cut_tree(clip, clip->tree, 0, 0);
	} else {
		wlr_scene_subsurface_tree_set_clip(&clip->tree->node, &shown);
	}
}
