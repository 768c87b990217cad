#include "compositor/popup_frame.h"

#include "compositor/node.h"

#define FAR (1 << 20) /* beyond any place on any desk; sums of it are far from the ends of int */

static int bound(int64_t value, int64_t low, int64_t high) {
	return (int)(value < low ? low : value > high ? high : value);
}

/* ---- where it may be ---- */

const struct popup *popup_root(const struct popup *popup) {
	while (popup->parent != NULL) {
		popup = popup->parent;
	}
	return popup;
}

static bool is_visible(const struct popup *popup) {
	const struct popup *root = popup_root(popup);
	for (; popup != NULL; popup = popup->parent) {
		if (!popup->mapped) {
			return false;
		}
	}
	return root->layer != NULL || (root->window != NULL && root->window->mapped && root->window->visible);
}

/* What the positioner's coordinates are counted from, in the layout. */
static void get_origin(const struct popup *popup, int *x, int *y) {
	struct box content = {0};
	if (popup->parent != NULL) {
		content = popup->parent->content;
	} else if (popup->window != NULL) {
		content = window_get_content_box(popup->window);
	} else if (popup->layer != NULL) {
		wlr_scene_node_coords(&popup->layer->node, &content.x, &content.y);
	}
	*x = content.x;
	*y = content.y;
}

/* Of a window on two outputs, the one that the popup was asked for on: near its anchor, inside the window. */
static struct output *find_output(const struct popup *popup) {
	const struct popup *root = popup_root(popup);
	if (root->window == NULL) {
		return root->layer_output;
	}
	int x, y;
	get_origin(root, &x, &y);
	const struct wlr_box *anchor = &root->wlr->scheduled.rules.anchor_rect;
	const struct box *frame = &root->window->box;
	return outputs_at(root->nest->all->outputs,
		bound((int64_t)x + anchor->x, frame->x, (int64_t)frame->x + frame->width - 1),
		bound((int64_t)y + anchor->y, frame->y, (int64_t)frame->y + frame->height - 1));
}

/* The place for contents: all below the strip, less the borders. False where there is none. */
static bool get_room(const struct popup *popup, struct box *room) {
	const struct output *output = find_output(popup);
	if (output == NULL) {
		return false;
	}
	*room = output->below_strip;
	room->x += POPUP_BORDER_WIDTH;
	room->y += POPUP_BORDER_WIDTH;
	room->width -= 2 * POPUP_BORDER_WIDTH;
	room->height -= 2 * POPUP_BORDER_WIDTH;
	return !box_is_empty(room);
}

/* Numbers of the client's choice, brought to where sums and differences of them are safe. */
static void bound_rules(struct wlr_xdg_positioner_rules *rules) {
	rules->anchor_rect.x = bound(rules->anchor_rect.x, -FAR, FAR);
	rules->anchor_rect.y = bound(rules->anchor_rect.y, -FAR, FAR);
	rules->anchor_rect.width = bound(rules->anchor_rect.width, 0, FAR);
	rules->anchor_rect.height = bound(rules->anchor_rect.height, 0, FAR);
	rules->offset.x = bound(rules->offset.x, -FAR, FAR);
	rules->offset.y = bound(rules->offset.y, -FAR, FAR);
	rules->size.width = bound(rules->size.width, 1, WINDOW_SIZE_MAX);
	rules->size.height = bound(rules->size.height, 1, WINDOW_SIZE_MAX);
}

void popup_configure(struct popup *popup) {
	struct wlr_xdg_popup_configure *scheduled = &popup->wlr->scheduled;
	bound_rules(&scheduled->rules);
	struct wlr_box geometry;
	wlr_xdg_positioner_rules_get_geometry(&scheduled->rules, &geometry);
	struct box room;
	if (get_room(popup, &room)) {
		int x, y;
		get_origin(popup, &x, &y);
		struct wlr_box constraint = {room.x - x, room.y - y, room.width, room.height};
		wlr_xdg_positioner_rules_unconstrain_box(&scheduled->rules, &constraint, &geometry);
	}
	scheduled->geometry = geometry;
	wlr_xdg_surface_schedule_configure(popup->wlr->base);
}

/* ---- the picture ---- */

static void set_rect(struct wlr_scene_rect *rect, int x, int y, int width, int height) {
	wlr_scene_node_set_position(&rect->node, x, y);
	wlr_scene_rect_set_size(rect, width, height);
}

/* The border around, and the content's origin at the tree's. */
static void draw(struct popup *popup) {
	const struct wlr_box *geometry = &popup->wlr->base->geometry;
	const struct box *content = &popup->content;
	const int edge = POPUP_BORDER_WIDTH;
	wlr_scene_node_set_position(&popup->tree->node, content->x, content->y);
	set_rect(popup->backing, 0, 0, content->width, content->height);
	set_rect(popup->border[0], -edge, -edge, content->width + 2 * edge, edge);
	set_rect(popup->border[1], -edge, content->height, content->width + 2 * edge, edge);
	set_rect(popup->border[2], -edge, 0, edge, content->height);
	set_rect(popup->border[3], content->width, 0, edge, content->height);
	clip_show(popup->clip, geometry->x, geometry->y, content->width, content->height);
}

/* Where its client acknowledged to be and as large as it drew itself, but inside the room whatever that was. */
void popup_place(struct popup *popup) {
	struct box room;
	bool shown = is_visible(popup) && get_room(popup, &room);
	wlr_scene_node_set_enabled(&popup->tree->node, shown);
	if (shown) {
		const struct wlr_box *wished = &popup->wlr->current.geometry;
		const struct wlr_box *drawn = &popup->wlr->base->geometry;
		int x, y;
		get_origin(popup, &x, &y);
		struct box *content = &popup->content;
		content->width = bound(drawn->width, 1, room.width);
		content->height = bound(drawn->height, 1, room.height);
		content->x = bound((int64_t)x + wished->x, room.x, (int64_t)room.x + room.width - content->width);
		content->y = bound((int64_t)y + wished->y, room.y, (int64_t)room.y + room.height - content->height);
		draw(popup);
	}
	struct popup *child;
	wl_list_for_each(child, &popup->nest->popups, link) {
		if (child->parent == popup) {
			popup_place(child);
		}
	}
}

void popup_follow(struct popup *popup) {
	if (popup->mapped && popup->wlr->current.reactive) {
		popup_configure(popup);
	}
	popup_place(popup);
}

void nest_color(struct nest *nest) {
	float rgba[4];
	scene_color(nest->instance->color, 1, rgba);
	nest->color = nest->instance->color;
	struct popup *popup;
	wl_list_for_each(popup, &nest->popups, link) {
		for (size_t i = 0; i < 4; i++) {
			wlr_scene_rect_set_color(popup->border[i], rgba);
		}
	}
}

bool popup_frame_create(struct popup *popup) {
	float border[4], backing[4];
	scene_color(popup->nest->instance->color, 1, border);
	scene_color(COLOR_BAND, 1, backing);
	popup->tree = wlr_scene_tree_create(popup->nest->all->scene->popups);
	if (popup->tree == NULL) {
		return false;
	}
	wlr_scene_node_set_enabled(&popup->tree->node, false);
	node_attach(&popup->tree->node, NODE_POPUP, popup->nest->instance, popup);
	popup->backing = wlr_scene_rect_create(popup->tree, 0, 0, backing);
	popup->clip = popup->backing != NULL ? clip_create(popup->tree, popup->wlr->base->surface) : NULL;
	/* Above the content, which is clipped as well. */
	bool ok = popup->clip != NULL;
	for (size_t i = 0; i < 4 && ok; i++) {
		popup->border[i] = wlr_scene_rect_create(popup->tree, 0, 0, border);
		ok = popup->border[i] != NULL;
	}
	if (!ok) {
		popup_frame_destroy(popup);
	}
	return ok;
}

void popup_frame_destroy(struct popup *popup) {
	clip_destroy(popup->clip);
	wlr_scene_node_destroy(&popup->tree->node);
}
