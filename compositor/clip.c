#include "compositor/clip.h"

#include <stdlib.h>
#include <wlr/types/wlr_subcompositor.h>

#include "base/memory.h"

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
	struct wl_listener commit;
	struct wl_listener new_subsurface;
	struct wl_listener destroy;
};

struct clip {
	struct wlr_scene_tree *box;  /* ours; its origin is the box's corner */
	struct wlr_scene_tree *tree; /* wlroots' for the surface; NULL once that is gone */
	struct piece *first;         /* NULL once the surface is gone */
	struct wlr_box shown;        /* in the surface */
};

static struct piece *piece_create(struct clip *clip, struct wlr_surface *surface, struct wlr_subsurface *subsurface);

static void piece_destroy(struct piece *piece) {
	struct piece *child, *next;
	wl_list_for_each_safe(child, next, &piece->children, link) {
		piece_destroy(child);
	}
	wl_list_remove(&piece->commit.link);
	wl_list_remove(&piece->new_subsurface.link);
	wl_list_remove(&piece->destroy.link);
	wl_list_remove(&piece->link);
	free(piece);
}

/* The whole tree, children of children included: setting the same clip again would do nothing. */
static void clip_again(struct clip *clip) {
	struct wlr_box other = clip->shown;
	other.width++;
	wlr_scene_subsurface_tree_set_clip(&clip->tree->node, &other);
	wlr_scene_subsurface_tree_set_clip(&clip->tree->node, &clip->shown);
}

/* After the scene's own handler: it was there first. */
static void handle_commit(struct wl_listener *listener, void *data) {
	struct piece *piece = wl_container_of(listener, piece, commit);
	struct clip *clip = piece->clip;
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
	if (stale && clip->tree != NULL && !wlr_box_empty(&clip->shown)) {
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
	piece->commit.notify = handle_commit;
	wl_signal_add(&surface->events.commit, &piece->commit);
	piece->new_subsurface.notify = handle_new_subsurface;
	wl_signal_add(&surface->events.new_subsurface, &piece->new_subsurface);
	piece->destroy.notify = subsurface != NULL ? handle_subsurface_destroy : handle_surface_destroy;
	wl_signal_add(subsurface != NULL ? &subsurface->events.destroy : &surface->events.destroy, &piece->destroy);
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
	wlr_scene_subsurface_tree_set_clip(&clip->tree->node, &shown);
}
