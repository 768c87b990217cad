#ifndef COMPOSITOR_WINDOW_STATE_H
#define COMPOSITOR_WINDOW_STATE_H

/*
 * What window.c and window_state.c share of a window: window.c hears its client, window_state.c shows it and tells
 * the client its states and size.
 */

#include "compositor/clip.h"
#include "compositor/window.h"

struct windows_private {
	struct windows *windows;
	struct instances *instances;
	struct scene *scene;
	struct outputs *outputs;
	struct painter *painter;
	struct wlr_xdg_shell *shell;
	struct wl_list list; // entry.link
	uint32_t last_id;
	struct wl_event_source *pace;
	bool is_pacing; /* the timer is armed: an entry has something pending */
	struct wl_listener new_toplevel;
	struct wl_listener outputs_changed;
	struct wl_listener instances_changed;
};

enum pending {
	PENDING_LABELS = 1 << 0,
	PENDING_STATES = 1 << 1,
	PENDING_SIZE = 1 << 2,
};

/* A window, and what is nobody else's business. */
struct entry {
	struct window window;
	struct windows_private *all;
	struct clip *clip;
	bool resizing;
	uint32_t pending;   /* enum pending */
	int64_t settled;    /* ms: when pending changes were last looked at */
	uint32_t serial;    /* of the last configure that asked for something */
	uint32_t color;     /* as its frame has it */
	bool frozen;
	struct box told;    /* the frame's place and size… */
	int told_width, told_height; /* …and the client's size, when `resized` was last emitted */
	struct wl_list link; // windows_private.list

	struct wl_listener commit, map, unmap;
	struct wl_listener destroy, set_parent, set_title, set_app_id;
	struct wl_listener request_maximize, request_fullscreen, request_minimize, request_move, request_resize;
	struct wl_listener ping_timeout, ack_configure;
};

struct entry *entry_of(struct window *window);
void entry_notify(struct entry *entry);

/* Puts the frame into its layer, shows or hides it, paints it where it is seen, shows the client's part of it. */
void entry_choose_layer(struct entry *entry);
void entry_show(struct entry *entry);
void entry_show_frame(struct entry *entry);
void entry_show_content(struct entry *entry);

/* Tells the client what it has not been told yet. Its first configure leaves the size to it. */
void entry_configure(struct entry *entry);
void entry_configure_first(struct entry *entry);
void entry_set_not_answering(struct entry *entry, bool not_answering);

#endif
