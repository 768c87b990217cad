#include "compositor/click.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compositor/layer.h"
#include "compositor/popup.h"
#include "compositor/strip.h"

struct clicks {
	struct scene *scene;
	struct seats *seats;
	struct desk *desk;
	struct focus *focus;
	struct modals *modals;
	struct strip *strip; /* NULL until it is made */
};

struct window *click_window(const struct node *node) {
	if (node == NULL) {
		return NULL;
	}
	return node->kind == NODE_WINDOW ? node->object : window_from_popup_node(node);
}

/* The output there has the person's attention, and with it the window that was focused there last. */
static void attend(struct clicks *clicks, double lx, double ly) {
	desk_set_output(clicks->desk, outputs_at(clicks->desk->outputs, lx, ly));
	focus_refresh(clicks->focus);
}

static void press_strip(struct clicks *clicks, double lx, double ly) {
	int number = clicks->strip != NULL ? strip_workspace_at(clicks->strip, lx, ly) : 0;
	if (number > 0) {
		desk_set_output(clicks->desk, outputs_at(clicks->desk->outputs, lx, ly));
		desk_show(clicks->desk, number);
		focus_refresh(clicks->focus);
	}
}

static void press_layer(struct clicks *clicks, const struct node *node) {
	struct layer *layer = layer_from_node(node);
	if (layer != NULL) {
		layer_clicked(layer);
	}
}

/* A popup of the instance that has the keyboard leaves it where it is: its client is in the middle of a menu. */
static void press_popup(struct clicks *clicks, const struct node *node) {
	struct window *window = click_window(node);
	if (window != NULL && clicks->focus->instance != node->instance) {
		focus_choose(clicks->focus, window);
	}
}

static void press_node(struct clicks *clicks, const struct node *node, double lx, double ly) {
	if (node == NULL) {
		attend(clicks, lx, ly);
		return;
	}
	switch (node->kind) {
	case NODE_WINDOW:
		focus_choose(clicks->focus, node->object);
		break;
	case NODE_POPUP:
		press_popup(clicks, node);
		break;
	case NODE_LAYER:
		press_layer(clicks, node);
		break;
	case NODE_STRIP:
		press_strip(clicks, lx, ly);
		break;
	case NODE_MODAL:
	case NODE_DRAG:
		break;
	}
}

struct node_hit clicks_press(struct clicks *clicks, double lx, double ly) {
	if (modals_is_open(clicks->modals)) {
		modals_click(clicks->modals, lx, ly);
		return (struct node_hit){ 0 };
	}
	struct node_hit hit = node_at(clicks->scene->wlr, lx, ly);
	bool is_inside = hit.node != NULL && (hit.surface != NULL || hit.node->kind == NODE_POPUP);
	seats_end_popup_grabs(clicks->seats, is_inside ? hit.node->instance->seat : NULL);
	/* What was there may be gone with the popups, and may go with the focus. */
	hit = node_at(clicks->scene->wlr, lx, ly);
	press_node(clicks, hit.node, lx, ly);
	return node_at(clicks->scene->wlr, lx, ly);
}

struct clicks *clicks_create(
	struct scene *scene, struct seats *seats, struct desk *desk, struct focus *focus, struct modals *modals) {
	struct clicks *clicks = xcalloc(1, sizeof(*clicks));
	clicks->scene = scene;
	clicks->seats = seats;
	clicks->desk = desk;
	clicks->focus = focus;
	clicks->modals = modals;
	return clicks;
}

void clicks_destroy(struct clicks *clicks) {
	free(clicks);
}

void clicks_set_strip(struct clicks *clicks, struct strip *strip) {
	clicks->strip = strip;
}
