#include "compositor/drag.h"

#include <math.h>
#include <stdlib.h>
#include <wlr/types/wlr_data_device.h>

#include "base/memory.h"
#include "compositor/clip.h"
#include "compositor/paint.h"

struct drags {
	struct scene *scene;
	double pointer_x, pointer_y;
	struct wl_list list; // drag.link
	struct wl_listener start;
};

struct drag {
	struct drags *all;
	struct seat *seat;
	struct wlr_drag *wlr;
	/* The icon; all NULL where it has none, or no more. */
	struct wlr_surface *surface;
	struct wlr_scene_tree *tree; /* its origin is the icon's left upper corner */
	struct wlr_scene_rect *border[4];
	struct wlr_scene_rect *backing; /* what is below the icon neither shows in its frame nor has it painted anew */
	struct clip *clip;
	double at_x, at_y; /* the pointer or the finger; NAN: not known yet */
	int x, y;          /* from there to the icon's corner */
	struct wl_listener icon_commit, icon_destroy;
	struct wl_listener destroy;
	struct wl_listener client_destroy;
	struct wl_list link; // drags.list
};

static int clamp(int64_t value, int least, int most) {
	return value < least ? least : value > most ? most : (int)value;
}

/* ---- the icon ---- */

static void place_frame(const struct drag *drag, int width, int height) {
	const int edge = DRAG_ICON_BORDER_WIDTH;
	const struct wlr_box boxes[] = {
		{ -edge, -edge, width + 2 * edge, edge },
		{ -edge, height, width + 2 * edge, edge },
		{ -edge, 0, edge, height },
		{ width, 0, edge, height },
	};
	for (size_t i = 0; i < 4; i++) {
		wlr_scene_node_set_position(&drag->border[i]->node, boxes[i].x, boxes[i].y);
		wlr_scene_rect_set_size(drag->border[i], boxes[i].width, boxes[i].height);
	}
	wlr_scene_rect_set_size(drag->backing, width, height);
}

/* As large as its surface is now, and where its offsets put it, both within bounds. */
static void show_icon(struct drag *drag) {
	if (drag->tree == NULL) {
		return;
	}
	int width = clamp(drag->surface->current.width, 0, DRAG_ICON_SIZE_MAX);
	int height = clamp(drag->surface->current.height, 0, DRAG_ICON_SIZE_MAX);
	bool any = drag->surface->mapped && width > 0 && height > 0 && !isnan(drag->at_x);
	wlr_scene_node_set_enabled(&drag->tree->node, any);
	if (!any) {
		return;
	}
	drag->x = clamp(drag->x, -width - DRAG_ICON_DISTANCE, DRAG_ICON_DISTANCE);
	drag->y = clamp(drag->y, -height - DRAG_ICON_DISTANCE, DRAG_ICON_DISTANCE);
	wlr_scene_node_set_position(
		&drag->tree->node, (int)lround(drag->at_x) + drag->x, (int)lround(drag->at_y) + drag->y);
	place_frame(drag, width, height);
	clip_show(drag->clip, 0, 0, width, height);
}

static void forget_icon(struct drag *drag) {
	if (drag->tree == NULL) {
		return;
	}
	wl_list_remove(&drag->icon_commit.link);
	wl_list_remove(&drag->icon_destroy.link);
	clip_destroy(drag->clip);
	wlr_scene_node_destroy(&drag->tree->node);
	drag->tree = NULL;
	drag->surface = NULL;
}

static void handle_icon_commit(struct wl_listener *listener, void *data) {
	struct drag *drag = wl_container_of(listener, drag, icon_commit);
	const int far = DRAG_ICON_SIZE_MAX + DRAG_ICON_DISTANCE;
	drag->x = clamp((int64_t)drag->x + drag->surface->current.dx, -far, far);
	drag->y = clamp((int64_t)drag->y + drag->surface->current.dy, -far, far);
	show_icon(drag);
}

static void handle_icon_destroy(struct wl_listener *listener, void *data) {
	struct drag *drag = wl_container_of(listener, drag, icon_destroy);
	forget_icon(drag);
}

static bool create_nodes(struct drag *drag) {
	float color[4], backing[4];
	scene_color(drag->seat->instance->color, 1, color);
	scene_color(COLOR_BAND, 1, backing);
	drag->tree = wlr_scene_tree_create(drag->all->scene->drag);
	if (drag->tree == NULL) {
		return false;
	}
	drag->backing = wlr_scene_rect_create(drag->tree, 0, 0, backing);
	bool whole = drag->backing != NULL;
	for (size_t i = 0; i < 4; i++) {
		drag->border[i] = wlr_scene_rect_create(drag->tree, 0, 0, color);
		whole = whole && drag->border[i] != NULL;
	}
	drag->clip = whole ? clip_create(drag->tree, drag->surface) : NULL;
	if (drag->clip == NULL) {
		wlr_scene_node_destroy(&drag->tree->node);
		drag->tree = NULL;
	}
	return drag->clip != NULL;
}

static void create_icon(struct drag *drag) {
	struct wlr_drag_icon *icon = drag->wlr->icon;
	drag->surface = icon != NULL ? icon->surface : NULL;
	/* Without memory for it, the drag goes on without its icon. */
	if (icon == NULL || !create_nodes(drag)) {
		return;
	}
	drag->icon_commit.notify = handle_icon_commit;
	wl_signal_add(&icon->surface->events.commit, &drag->icon_commit);
	drag->icon_destroy.notify = handle_icon_destroy;
	wl_signal_add(&icon->events.destroy, &drag->icon_destroy);
	show_icon(drag);
}

/* ---- drags ---- */

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct drag *drag = wl_container_of(listener, drag, destroy);
	forget_icon(drag);
	wl_list_remove(&drag->destroy.link);
	wl_list_remove(&drag->client_destroy.link);
	wl_list_remove(&drag->link);
	free(drag);
}

/* wlroots keeps a drag without a source beyond its client, and that client's address with it. */
static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct drag *drag = wl_container_of(listener, drag, client_destroy);
	seat_end_drag(drag->seat);
}

static void handle_start(struct wl_listener *listener, void *data) {
	struct drags *drags = wl_container_of(listener, drags, start);
	struct drag *drag = xcalloc(1, sizeof(*drag));
	drag->all = drags;
	drag->wlr = data;
	drag->seat = drag->wlr->seat->data;
	bool by_touch = drag->wlr->grab_type == WLR_DRAG_GRAB_KEYBOARD_TOUCH;
	drag->at_x = by_touch ? NAN : drags->pointer_x;
	drag->at_y = by_touch ? NAN : drags->pointer_y;
	drag->destroy.notify = handle_destroy;
	wl_signal_add(&drag->wlr->events.destroy, &drag->destroy);
	drag->client_destroy.notify = handle_client_destroy;
	wl_signal_add(&drag->wlr->seat_client->events.destroy, &drag->client_destroy);
	wl_list_insert(&drags->list, &drag->link);
	create_icon(drag);
}

static void follow(struct drag *drag, double lx, double ly) {
	drag->at_x = lx;
	drag->at_y = ly;
	show_icon(drag);
}

void drags_follow_pointer(struct drags *drags, double lx, double ly) {
	drags->pointer_x = lx;
	drags->pointer_y = ly;
	struct drag *drag;
	wl_list_for_each(drag, &drags->list, link) {
		if (drag->wlr->grab_type != WLR_DRAG_GRAB_KEYBOARD_TOUCH) {
			follow(drag, lx, ly);
		}
	}
}

void drags_follow_touch(struct drags *drags, int32_t touch_id, double lx, double ly) {
	struct drag *drag;
	wl_list_for_each(drag, &drags->list, link) {
		if (drag->wlr->grab_type == WLR_DRAG_GRAB_KEYBOARD_TOUCH && drag->wlr->touch_id == touch_id) {
			follow(drag, lx, ly);
		}
	}
}

struct drags *drags_create(struct seats *seats, struct scene *scene) {
	struct drags *drags = xcalloc(1, sizeof(*drags));
	drags->scene = scene;
	wl_list_init(&drags->list);
	node_attach(&scene->drag->node, NODE_DRAG, NULL, NULL);
	drags->start.notify = handle_start;
	wl_signal_add(&seats->events.start_drag, &drags->start);
	return drags;
}

void drags_destroy(struct drags *drags) {
	if (drags == NULL) {
		return;
	}
	struct drag *drag, *next;
	wl_list_for_each_safe(drag, next, &drags->list, link) {
		handle_destroy(&drag->destroy, NULL);
	}
	wl_list_remove(&drags->start.link);
	free(drags);
}
