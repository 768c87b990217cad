#ifndef COMPOSITOR_DESK_H
#define COMPOSITOR_DESK_H

/* Nine workspaces over the outputs: which window is where, and what the person does to it. */

#include "compositor/workspace.h"

#define WORKSPACES 9

struct desk {
	struct workspace workspaces[WORKSPACES];
	struct outputs *outputs;
	struct windows *windows;
	struct {
		struct wl_signal changed; /* which workspace is where, urgency, emptiness: for the strip */
		struct wl_signal map;     /* struct window *: it has its place; focus decides next */
		struct wl_signal unmap;   /* struct window *: it has just left its workspace (window->workspace still set) */
	} events;
	struct desk_private *priv;
};

struct desk *desk_create(struct windows *windows, struct outputs *outputs);
void desk_destroy(struct desk *desk);
void desk_configure(struct desk *desk, const struct config *config);

struct workspace *desk_on_output(struct desk *desk, struct output *output);
/* The output that has the person's attention: of the focused window, else of the pointer. */
struct output *desk_get_output(struct desk *desk);
void desk_set_output(struct desk *desk, struct output *output);
/* Shows workspace number on the attended output, or attends the output that shows it already. */
void desk_show(struct desk *desk, int number);
void desk_send(struct desk *desk, struct window *window, int number);
void desk_send_output(struct desk *desk, struct window *window, struct output *output);

void desk_set_floating(struct desk *desk, struct window *window, bool floating);
void desk_set_fullscreen(struct desk *desk, struct window *window, bool fullscreen);
/* The person turned to this window: fullscreen ones that would hide it leave fullscreen. */
void desk_reveal(struct desk *desk, struct window *window);
void desk_set_maximized(struct desk *desk, struct window *window, bool maximized);
void desk_move_floating(struct desk *desk, struct window *window, const struct box *box); /* kept visible */
void desk_swap(struct desk *desk, struct window *window, enum config_direction direction);
void desk_main_ratio(struct desk *desk, int percent_points);
void desk_main_count(struct desk *desk, int difference);

#endif
