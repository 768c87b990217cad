#ifndef COMPOSITOR_WINDOW_H
#define COMPOSITOR_WINDOW_H

/* A toplevel of an instance in its frame: lifetime, states, sizes. Where it stands is the desk's business. */

#include <stdbool.h>
#include <wlr/types/wlr_xdg_shell.h>
#include "compositor/frame.h"
#include "compositor/instance.h"
#include "compositor/output.h"
#include "policy/label.h"

struct workspace;
struct windows;

struct window {
	uint32_t id;
	struct windows *windows;
	struct instance *instance;
	struct wlr_xdg_toplevel *toplevel;
	struct frame *frame;
	struct workspace *workspace; /* set by the desk while mapped, else NULL */
	struct box box;              /* the frame's place, layout coordinates; set through window_place() */
	struct box floating_box;     /* where it floats, or would: as the person or the layout placed it */
	int floating_width, floating_height; /* of the frame: as its client has chosen since */
	bool mapped, visible;
	bool floating, fullscreen, maximized; /* set by the desk */
	bool focused, urgent, not_answering;
	char title[LABEL_SIZE], app_id[LABEL_SIZE]; /* cleaned */
	struct wl_list workspace_link; // workspace.windows, in layout order
	struct wl_list focus_link;     // workspace.focus_order, latest first
};

struct window_request {
	struct window *window;
	uint32_t edges; /* enum wlr_edges, for a resize */
};

struct windows {
	struct {
		struct wl_signal created;        /* struct window *: not mapped yet */
		struct wl_signal destroyed;      /* struct window *: unmapped before */
		struct wl_signal map, unmap;     /* struct window * */
		struct wl_signal changed;        /* struct window *: title, urgency, states, place: for strip and lists */
		struct wl_signal request_state;  /* struct window *: the client's wishes are in toplevel->requested */
		struct wl_signal resized;        /* struct window *: a floating one's client chose another size (content box) */
		/* Only where a button of this instance's seat is down on the window (attack F10). */
		struct wl_signal request_move;   /* struct window_request * */
		struct wl_signal request_resize; /* struct window_request * */
	} events;
	struct windows_private *priv;
};

struct windows *windows_create(struct wl_display *display, struct gate *gate, struct instances *instances,
	struct scene *scene, struct outputs *outputs, struct painter *painter);
void windows_destroy(struct windows *windows);
struct wlr_xdg_shell *windows_get_shell(struct windows *windows);
/* Calls with every window, mapped or not. */
void windows_for_each(struct windows *windows, void (*handler)(struct window *window, void *data), void *data);
struct window *window_from_surface(struct wlr_surface *surface); /* of a toplevel's own surface, or NULL */

/* Puts the frame there and asks the client for the content's size. */
void window_place(struct window *window, const struct box *box);
void window_set_visible(struct window *window, bool visible);
void window_set_focused(struct window *window, bool focused);
void window_set_urgent(struct window *window, bool urgent);
/* tiled, floating, fullscreen: tells the client, and moves the frame to its layer. */
void window_set_states(struct window *window, bool floating, bool fullscreen, bool maximized);
void window_set_resizing(struct window *window, bool resizing);
void window_raise(struct window *window); /* above the others of its layer */
void window_lower(struct window *window); /* below them */
void window_close(struct window *window);
bool window_wants_floating(const struct window *window); /* dialogs, fixed sizes */
struct window *window_get_parent(const struct window *window); /* or NULL */
/* Where in the frame the client's pixels are, in layout coordinates; empty where the frame leaves it no room. */
struct box window_get_content_box(const struct window *window);
/* The size its client last drew, bounded: what the content box of a floating one follows. */
void window_get_content_size(const struct window *window, int *width, int *height);
/* Fullscreen as `cover` shows it. */
bool window_covers(const struct window *window);

#endif
