#ifndef COMPOSITOR_POPUP_FRAME_H
#define COMPOSITOR_POPUP_FRAME_H

/*
 * What popup.c and popup_frame.c share of a popup: popup.c hears its client, popup_frame.c finds its place and shows
 * it there in its border.
 */

#include "compositor/clip.h"
#include "compositor/popup.h"

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

/* The popup at the start of the chain: only it hangs on a window or a layer surface. */
const struct popup *popup_root(const struct popup *popup);

/* Its nodes, hidden. False, with nothing left behind, where there is no memory. */
bool popup_frame_create(struct popup *popup);
void popup_frame_destroy(struct popup *popup);
/* Asks the client to be where its positioner puts it in the room there is. */
void popup_configure(struct popup *popup);
/* Shows it and those that hang on it where they belong now, or hides them. */
void popup_place(struct popup *popup);
/* What it hangs on has moved, or the room it has did. */
void popup_follow(struct popup *popup);
/* The instance's colour on all its popups. */
void nest_color(struct nest *nest);

#endif
