#ifndef COMPOSITOR_WORKSPACE_H
#define COMPOSITOR_WORKSPACE_H

/* One workspace: its windows in their order, what each of them is given of the output, and who stands beside whom. */

#include "compositor/output.h"
#include "compositor/window.h"
#include "config/config.h"
#include "policy/tiling.h"

struct workspace {
	int number; /* 1 and up */
	struct output *output; /* that shows it, or NULL; set by the desk, as tiling is */
	struct wl_list windows;     // window.workspace_link, in layout order
	struct wl_list focus_order; // window.focus_link, latest first
	struct tiling tiling;
};

void workspace_init(struct workspace *workspace, int number, const struct tiling *tiling);

/* Puts the window last in the layout, and in the order of focus first or last. It is on no other workspace. */
void workspace_add(struct workspace *workspace, struct window *window, bool latest);
/* Takes it from its workspace. */
void workspace_remove(struct window *window);
/* Changes places with another one of the same workspace. */
void workspace_swap(struct window *window, struct window *other);

/* Places all windows, and shows them where an output shows the workspace. */
void workspace_arrange(struct workspace *workspace);
bool workspace_is_tiled(const struct window *window);
/* Where it floats from now on, or would; its client's size is this one. */
void workspace_set_floating_box(struct window *window, const struct box *box);
/* Where it floats on its output, by the size that its client has chosen since; as it was told where none shows it. */
struct box workspace_find_floating_place(const struct window *window);
/* Those in fullscreen that would hide the window leave it. Returns whether any did. */
bool workspace_uncover(struct window *window);

void workspace_change_main_ratio(struct workspace *workspace, int percent_points);
void workspace_change_main_count(struct workspace *workspace, int difference);

/* The window that focus would go to from this one, or NULL. */
struct window *workspace_neighbour(struct window *window, enum config_direction direction);
/* The most recently focused visible window of this workspace, of this instance where not NULL. */
struct window *workspace_latest(struct workspace *workspace, struct instance *instance);

#endif
