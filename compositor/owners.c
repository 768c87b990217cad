#include "compositor/owners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compositor/covers.h"
#include "compositor/facts.h"
#include "compositor/pace.h"
#include "compositor/panel.h"
#include "compositor/shade.h"

#define SHADE_OPACITY 0.55f
#define PANEL_BOTTOM 26
#define PANEL_MARGIN 16
#define DRAW_INTERVAL_MS 100

struct owners {
	struct scene *scene;
	struct outputs *outputs;
	struct instances *instances;
	struct desk *desk;
	struct focus *focus;
	struct popups *popups;
	struct painter *painter;
	struct modals *modals;
	const struct owners_handler *handler;
	void *data;

	bool is_open;
	struct pace *pace;
	struct choices choices;
	bool kill_asked; /* K was the last key: once more, and it is done */
	struct wlr_scene_tree *tree;
	struct wl_listener outputs_changed, instance_changed;
	struct wl_listener desk_changed, windows_changed;
	struct wl_listener font_changed;
};

/* ---- the panel ---- */

static bool can_freeze(const struct instance *instance) {
	return !instance->shell && instance->state == INSTANCE_RUNNING;
}

static bool can_kill(const struct instance *instance) {
	bool runs = instance->state != INSTANCE_STOPPED && instance->state != INSTANCE_FAILED;
	return !instance->shell && (runs || instance->clients > 0);
}

static const char *describe_keys(struct owners *owners, char *out, size_t size) {
	struct choice *choice = choices_selected(&owners->choices);
	const struct instance *instance = choice != NULL ? instances_find(owners->instances, choice->name) : NULL;
	if (instance == NULL) {
		snprintf(out, size, "nothing is running · Esc back");
		return out;
	}
	if (owners->kill_asked) {
		snprintf(out, size, "K again kills %s and all that runs in it · any other key does not", instance->name);
		return out;
	}
	bool has_window = choice_get_window(choice, owners->instances, owners->desk) != NULL;
	snprintf(out, size, "%s%s%s%sEsc back", owners->choices.len > 1 ? "Tab next · " : "",
		!can_freeze(instance) ? "" : instance->frozen ? "F thaw · " : "F freeze · ",
		can_kill(instance) ? "K kill · " : "", has_window ? "Enter go there · " : "");
	return out;
}

/* The panel, where it stands, and what its tags point into. */
struct owners_panel {
	struct panel panel;
	struct panel_layout layout;
	struct panel_tag *tags;
	char keys[160], facts[FACTS_SIZE];
	struct box box; /* layout coordinates */
};

static void describe_panel(struct owners *owners, struct owners_panel *shown) {
	struct choices *choices = &owners->choices;
	shown->tags = xcalloc(choices->len + 1, sizeof(*shown->tags));
	shown->panel = (struct panel){
		.tags = shown->tags, .keys = describe_keys(owners, shown->keys, sizeof(shown->keys)),
		.warning = owners->kill_asked,
	};
	for (size_t i = choices_first_tag(choices); i < choices->len; i++) {
		const struct instance *instance = instances_find(owners->instances, choices->list[i].name);
		shown->tags[shown->panel.tags_len++] = (struct panel_tag){
			.name = instance->name, .color = instance->color, .text_color = instance->text_color,
			.selected = i == choices->selected,
			.outlined = instance->state == INSTANCE_FAILED || instance->state == INSTANCE_STOPPED,
		};
		if (i == choices->selected) {
			shown->panel.facts = facts_of(instance, shown->facts, sizeof(shown->facts));
		}
	}
}

/* At the bottom of the output. The choices learn where their tags are. */
static void place_panel(struct owners *owners, const struct output *output, struct owners_panel *shown) {
	const struct box *full = &output->full;
	panel_lay_out(owners->painter, &shown->panel, full->width - 2 * PANEL_MARGIN, &shown->layout);
	shown->box = (struct box){
		.x = full->x + (full->width - shown->layout.width) / 2,
		.y = full->y + full->height - PANEL_BOTTOM - shown->layout.height,
		.width = shown->layout.width,
		.height = shown->layout.height,
	};
	size_t first = choices_first_tag(&owners->choices);
	for (size_t i = 0; i < shown->panel.tags_len; i++) {
		struct box *place = &owners->choices.list[first + i].box;
		*place = shown->layout.tags[i];
		place->x += shown->box.x;
		place->y += shown->box.y;
	}
}

static void draw_panel(struct owners *owners, const struct output *output, const struct owners_panel *shown) {
	const struct box *box = &shown->box;
	struct paint paint;
	struct wlr_scene_buffer *node = wlr_scene_buffer_create(owners->tree, NULL);
	if (node == NULL || !paint_begin(&paint, owners->painter, box->x - output->full.x, box->y - output->full.y,
			box->width, box->height, output->wlr->scale)) {
		return;
	}
	panel_draw(&paint, &shown->panel, &shown->layout);
	paint_show(&paint, node, true);
	wlr_scene_node_set_position(&node->node, box->x, box->y);
}

/* ---- showing it ---- */

static void destroy_picture(struct owners *owners) {
	if (owners->tree != NULL) {
		wlr_scene_node_destroy(&owners->tree->node);
		owners->tree = NULL;
	}
}

/* Draws what is there now. */
static void show(struct owners *owners) {
	pace_rest(owners->pace);
	if (!choices_update(&owners->choices, owners->instances, owners->desk)) {
		owners->kill_asked = false;
	}
	destroy_picture(owners);
	owners->tree = shade_create(owners->scene, owners->outputs, SHADE_OPACITY);
	if (owners->tree == NULL) {
		return;
	}
	struct output *attended = desk_get_output(owners->desk), *output;
	struct owners_panel panel = {0};
	if (attended != NULL) {
		describe_panel(owners, &panel);
		place_panel(owners, attended, &panel);
	}
	wl_list_for_each(output, &owners->outputs->list, link) {
		covers_add(owners->tree, owners->painter, owners->desk, output, &owners->choices,
			output == attended ? &panel.box : NULL);
	}
	if (attended != NULL) {
		draw_panel(owners, attended, &panel);
		panel_finish(&panel.layout);
		free(panel.tags);
	}
}

static void handle_pace(void *data) {
	show(data);
}

/* ---- keys and clicks ---- */

static void freeze_or_thaw(struct owners *owners, struct instance *instance) {
	if (can_freeze(instance)) {
		owners->handler->order(owners->data, instance, instance->frozen ? ORDER_THAW : ORDER_FREEZE);
	}
}

/* The first asks, the second does it. Returns whether the next K is the second. */
static bool kill_key(struct owners *owners, struct instance *instance, bool asked) {
	if (asked && can_kill(instance)) {
		owners->handler->order(owners->data, instance, ORDER_KILL);
	}
	return !asked && can_kill(instance);
}

static void go_there(struct owners *owners) {
	struct window *window =
		choice_get_window(choices_selected(&owners->choices), owners->instances, owners->desk);
	if (window != NULL) {
		/* First, while the keyboard is still held: so the window that had it is not entered in between. */
		focus_choose(owners->focus, window);
		modals_close(owners->modals);
	}
}

static void handle_key(void *data, xkb_keysym_t keysym) {
	struct owners *owners = data;
	bool kill_asked = owners->kill_asked;
	owners->kill_asked = false;
	if (keysym == XKB_KEY_Escape) {
		modals_close(owners->modals);
		return;
	}
	const struct choice *choice = choices_selected(&owners->choices);
	struct instance *instance = choice != NULL ? instances_find(owners->instances, choice->name) : NULL;
	if (instance == NULL) {
		return;
	}
	switch (keysym) {
	case XKB_KEY_Tab:
	case XKB_KEY_Right:
	case XKB_KEY_Down:
		choices_step(&owners->choices, true);
		break;
	case XKB_KEY_ISO_Left_Tab:
	case XKB_KEY_Left:
	case XKB_KEY_Up:
		choices_step(&owners->choices, false);
		break;
	case XKB_KEY_f:
	case XKB_KEY_F:
		freeze_or_thaw(owners, instance);
		break;
	case XKB_KEY_k:
	case XKB_KEY_K:
		owners->kill_asked = kill_key(owners, instance, kill_asked);
		break;
	case XKB_KEY_Return:
	case XKB_KEY_KP_Enter:
	case XKB_KEY_ISO_Enter:
		go_there(owners);
		break;
	default:
		break;
	}
	if (owners->is_open) {
		show(owners);
	}
}

static void handle_click(void *data, double lx, double ly) {
	struct owners *owners = data;
	if (choices_select_at(&owners->choices, lx, ly) != NULL) {
		owners->kill_asked = false;
		show(owners);
	}
}

static void handle_closed(void *data) {
	struct owners *owners = data;
	owners->is_open = false;
	choices_finish(&owners->choices);
	pace_rest(owners->pace);
	destroy_picture(owners);
}

static const struct modal_impl owners_impl = {.key = handle_key, .click = handle_click, .closed = handle_closed};

void owners_toggle(struct owners *owners) {
	if (owners->is_open) {
		modals_close(owners->modals);
		return;
	}
	modals_open(owners->modals, &owners_impl, owners);
	owners->is_open = true;
	owners->kill_asked = false;
	popups_dismiss(owners->popups, NULL);
	if (owners->handler->opened != NULL) {
		owners->handler->opened(owners->data);
	}
	choices_update(&owners->choices, owners->instances, owners->desk);
	const struct window *focused = owners->focus->window;
	const struct choice *choice = focused != NULL ? choices_of_window(&owners->choices, focused->id) : NULL;
	if (choice != NULL) {
		owners->choices.selected = (size_t)(choice - owners->choices.list);
	}
	show(owners);
}

/* ---- lifetime ---- */

static void wake(struct owners *owners) {
	if (owners->is_open) {
		pace_wake(owners->pace);
	}
}

#define WAKE_ON(name) \
	static void handle_##name(struct wl_listener *listener, void *data) { \
		struct owners *owners = wl_container_of(listener, owners, name); \
		wake(owners); \
	}
WAKE_ON(outputs_changed)
WAKE_ON(instance_changed)
WAKE_ON(desk_changed)
WAKE_ON(windows_changed)
WAKE_ON(font_changed)
#undef WAKE_ON

static void listen(struct wl_signal *signal, struct wl_listener *listener, wl_notify_func_t handler) {
	listener->notify = handler;
	wl_signal_add(signal, listener);
}

struct owners *owners_create(struct wl_event_loop *loop, struct scene *scene, struct outputs *outputs,
		struct instances *instances, struct desk *desk, struct focus *focus, struct popups *popups,
		struct painter *painter, struct modals *modals, const struct owners_handler *handler, void *data) {
	struct owners *owners = xcalloc(1, sizeof(*owners));
	owners->scene = scene;
	owners->outputs = outputs;
	owners->instances = instances;
	owners->desk = desk;
	owners->focus = focus;
	owners->popups = popups;
	owners->painter = painter;
	owners->modals = modals;
	owners->handler = handler;
	owners->data = data;
	owners->pace = pace_create(loop, DRAW_INTERVAL_MS, handle_pace, owners);
	listen(&outputs->events.changed, &owners->outputs_changed, handle_outputs_changed);
	listen(&instances->events.changed, &owners->instance_changed, handle_instance_changed);
	listen(&desk->events.changed, &owners->desk_changed, handle_desk_changed);
	listen(&desk->windows->events.changed, &owners->windows_changed, handle_windows_changed);
	listen(painter_get_changed(painter), &owners->font_changed, handle_font_changed);
	return owners;
}

void owners_destroy(struct owners *owners) {
	if (owners == NULL) {
		return;
	}
	if (owners->is_open) {
		modals_close(owners->modals);
	}
	wl_list_remove(&owners->outputs_changed.link);
	wl_list_remove(&owners->instance_changed.link);
	wl_list_remove(&owners->desk_changed.link);
	wl_list_remove(&owners->windows_changed.link);
	wl_list_remove(&owners->font_changed.link);
	pace_destroy(owners->pace);
	choices_finish(&owners->choices);
	free(owners);
}
