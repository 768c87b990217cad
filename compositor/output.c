#include "compositor/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/backend/wayland.h>
#include <wlr/config.h>
#include <wlr/render/allocator.h>
#include <wlr/render/wlr_renderer.h>

#if WLR_HAS_X11_BACKEND
#include <wlr/backend/x11.h>
#endif

#include "base/log.h"
#include "base/memory.h"
#include "compositor/paint.h"
#include "compositor/picture.h"

struct outputs_private {
	struct outputs *outputs;
	struct gate *gate;
	struct wlr_allocator *allocator;
	struct wlr_renderer *renderer;
	struct scene *scene;
	struct pictures *pictures;
	struct wlr_scene_output_layout *scene_layout;
	const struct config *config;
	struct wl_list descriptors; // descriptor.link
	char **connectors; /* all that ever were: the number is the index, from 1 */
	int connectors_len;
	struct wl_listener new_output;
	struct wl_listener backend_destroy;
	struct wl_listener layout_change;
};

/* What belongs to an output and is nobody else's. */
struct descriptor {
	struct output output;
	char *connector; /* its real name; clients only see output.wlr->name, which is neutral */
	bool attached;   /* enabled, with a place in the layout: only then it is in outputs.list */
	struct wlr_scene_rect *desktop; /* what shows where nothing else does */
	struct picture *picture; /* NULL while it is not attached */
	struct wl_listener frame;
	struct wl_listener request_state;
	struct wl_listener destroy;
	struct wl_list link; // outputs_private.descriptors
};

static struct descriptor *descriptor_of(struct output *output) {
	return wl_container_of(output, (struct descriptor *)NULL, output);
}

const char *output_get_connector(const struct output *output) {
	const struct descriptor *descriptor = wl_container_of(output, descriptor, output);
	return descriptor->connector;
}

static bool box_is_same(const struct box *a, const struct box *b) {
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

/* Reads the layout; usable starts as all below the strip, and the shell's panels take theirs off again. */
static void update_boxes(struct output *output) {
	struct wlr_box box;
	wlr_output_layout_get_box(output->outputs->layout, output->wlr, &box);
	struct box full = {box.x, box.y, box.width, box.height};
	if (box_is_empty(&full) || box_is_same(&full, &output->full)) {
		return;
	}
	output->full = full;
	output->below_strip = (struct box){full.x, full.y + STRIP_HEIGHT, full.width, full.height - STRIP_HEIGHT};
	output->usable = output->below_strip;
	struct wlr_scene_rect *desktop = descriptor_of(output)->desktop;
	wlr_scene_node_set_position(&desktop->node, full.x, full.y);
	wlr_scene_rect_set_size(desktop, full.width, full.height);
	output_notify(output);
}

void output_notify(struct output *output) {
	wl_signal_emit_mutable(&output->events.changed, output);
	wl_signal_emit_mutable(&output->outputs->events.changed, output);
}

/* From the monitor's density, in quarters: 96 dpi is 1, and what gives no size is 1. */
static double automatic_scale(const struct wlr_output *wlr_output) {
	if (wlr_output->phys_width <= 0 || wlr_output->width <= 0) {
		return 1;
	}
	double dpi = wlr_output->width / (wlr_output->phys_width / 25.4);
	double scale = round(dpi / 110 * 4) / 4;
	return scale < 1 ? 1 : scale > 3 ? 3 : scale;
}

static const struct config_output *find_config(const struct config *config, const char *connector) {
	const struct config_output *any = NULL;
	for (size_t i = 0; config != NULL && i < config->outputs_len; i++) {
		if (strcmp(config->outputs[i].name, connector) == 0) {
			return &config->outputs[i];
		}
		if (strcmp(config->outputs[i].name, "*") == 0) {
			any = &config->outputs[i];
		}
	}
	return any;
}

static void choose_mode(struct wlr_output *wlr_output, const struct config_output *wanted,
		struct wlr_output_state *state) {
	if (wanted == NULL || !wanted->has_mode) {
		struct wlr_output_mode *preferred = wlr_output_preferred_mode(wlr_output);
		if (preferred != NULL) {
			wlr_output_state_set_mode(state, preferred);
		}
		return;
	}
	struct wlr_output_mode *best = NULL, *mode;
	wl_list_for_each(mode, &wlr_output->modes, link) {
		if (mode->width != wanted->mode_width || mode->height != wanted->mode_height) {
			continue;
		}
		double wish = wanted->mode_refresh > 0 ? wanted->mode_refresh * 1000 : INT32_MAX;
		if (best == NULL || fabs(mode->refresh - wish) < fabs(best->refresh - wish)) {
			best = mode;
		}
	}
	if (best != NULL) {
		wlr_output_state_set_mode(state, best);
	} else {
		wlr_output_state_set_custom_mode(state, wanted->mode_width, wanted->mode_height,
			(int32_t)(wanted->mode_refresh * 1000));
	}
}

static bool apply_state(struct output *output, const struct config_output *wanted) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	bool enabled = wanted == NULL || wanted->enabled;
	wlr_output_state_set_enabled(&state, enabled);
	if (enabled) {
		choose_mode(output->wlr, wanted, &state);
		double scale = wanted != NULL && wanted->scale > 0 ? wanted->scale : automatic_scale(output->wlr);
		wlr_output_state_set_scale(&state, (float)scale);
		wlr_output_state_set_transform(&state,
			wanted != NULL ? (enum wl_output_transform)wanted->transform : WL_OUTPUT_TRANSFORM_NORMAL);
	}
	bool ok = wlr_output_commit_state(output->wlr, &state);
	wlr_output_state_finish(&state);
	return ok;
}

static void handle_taking(void *data) {
	struct output *output = data;
	wl_signal_emit_mutable(&output->outputs->events.painting, output);
}

static void handle_taken(void *data) {
	struct output *output = data;
	wl_signal_emit_mutable(&output->outputs->events.painted, output);
}

static const struct picture_handler picture_handler = {.taking = handle_taking, .taken = handle_taken};

static void attach(struct output *output, const struct config_output *wanted) {
	struct outputs *outputs = output->outputs;
	struct outputs_private *priv = outputs->priv;
	bool is_new = !descriptor_of(output)->attached;
	if (is_new) {
		/* The layout makes the wl_output global. */
		gate_expect(priv->gate, "wl_output", NULL);
	}
	struct wlr_output_layout_output *layout_output = wanted != NULL && wanted->has_position ?
		wlr_output_layout_add(outputs->layout, output->wlr, wanted->x, wanted->y) :
		wlr_output_layout_add_auto(outputs->layout, output->wlr);
	if (is_new) {
		gate_admit(priv->gate, output->wlr->global);
		output->scene_output = wlr_scene_output_create(priv->scene->wlr, output->wlr);
		wlr_scene_output_layout_add_output(priv->scene_layout, layout_output, output->scene_output);
		float color[4];
		scene_color(COLOR_DESKTOP, 1, color);
		descriptor_of(output)->desktop = wlr_scene_rect_create(priv->scene->background, 0, 0, color);
		descriptor_of(output)->picture = picture_create(priv->pictures, output->scene_output, &picture_handler, output);
		descriptor_of(output)->attached = true;
		wl_list_insert(outputs->list.prev, &output->link);
	}
	update_boxes(output);
	if (is_new) {
		wl_signal_emit_mutable(&outputs->events.created, output);
		output_notify(output);
	}
}

static void detach(struct output *output) {
	struct outputs *outputs = output->outputs;
	if (!descriptor_of(output)->attached) {
		return;
	}
	descriptor_of(output)->attached = false;
	wl_list_remove(&output->link);
	wl_list_init(&output->link);
	wl_signal_emit_mutable(&output->events.destroy, output);
	if (output->wlr->global != NULL) {
		gate_retire(outputs->priv->gate, output->wlr->global);
	}
	wlr_output_layout_remove(outputs->layout, output->wlr);
	picture_destroy(descriptor_of(output)->picture);
	descriptor_of(output)->picture = NULL;
	wlr_scene_output_destroy(output->scene_output);
	output->scene_output = NULL;
	wlr_scene_node_destroy(&descriptor_of(output)->desktop->node);
	output->full = (struct box){0};
	wl_signal_emit_mutable(&outputs->events.changed, output);
}

static void apply_config(struct output *output) {
	const char *connector = descriptor_of(output)->connector;
	const struct config_output *wanted = find_config(output->outputs->priv->config, connector);
	if (!apply_state(output, wanted)) {
		log_error("output %s: its mode or scale was refused; trying its own preference", connector);
		if (wanted == NULL || !apply_state(output, NULL)) {
			log_error("output %s cannot be used", connector);
			detach(output);
			return;
		}
	}
	if (output->wlr->enabled) {
		attach(output, wanted);
	} else {
		detach(output);
	}
}

static void handle_frame(struct wl_listener *listener, void *data) {
	struct descriptor *descriptor = wl_container_of(listener, descriptor, frame);
	if (descriptor->picture != NULL) {
		picture_want(descriptor->picture);
	}
}

/* A nested window was resized by its host. */
static void handle_request_state(struct wl_listener *listener, void *data) {
	struct descriptor *descriptor = wl_container_of(listener, descriptor, request_state);
	const struct wlr_output_event_request_state *event = data;
	wlr_output_commit_state(descriptor->output.wlr, event->state);
}

static void destroy(struct descriptor *descriptor) {
	detach(&descriptor->output);
	wl_list_remove(&descriptor->link);
	wl_list_remove(&descriptor->frame.link);
	wl_list_remove(&descriptor->request_state.link);
	wl_list_remove(&descriptor->destroy.link);
	free(descriptor->connector);
	free(descriptor);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct descriptor *descriptor = wl_container_of(listener, descriptor, destroy);
	struct outputs *outputs = descriptor->output.outputs;
	destroy(descriptor);
	if (wl_list_empty(&outputs->priv->descriptors)) {
		wl_signal_emit_mutable(&outputs->events.gone, NULL);
	}
}

static bool is_numbered(const struct outputs_private *priv, int number) {
	const struct descriptor *descriptor;
	wl_list_for_each(descriptor, &priv->descriptors, link) {
		if (descriptor->output.number == number) {
			return true;
		}
	}
	return false;
}

/* All outputs go and come back whenever the person switches consoles: they shall be the same ones then. */
static int find_number(struct outputs_private *priv, const char *connector) {
	for (int i = 0; i < priv->connectors_len; i++) {
		if (strcmp(priv->connectors[i], connector) == 0 && !is_numbered(priv, i + 1)) {
			return i + 1;
		}
	}
	priv->connectors = xrealloc_array(priv->connectors, priv->connectors_len + 1, sizeof(priv->connectors[0]));
	priv->connectors[priv->connectors_len++] = xstrdup(connector);
	return priv->connectors_len;
}

/* Clients learn nothing of the hardware (attack F9): the same words for every monitor of every maker. */
static void make_neutral(struct wlr_output *wlr_output, int number) {
	char name[32];
	snprintf(name, sizeof(name), "output-%d", number);
	wlr_output_set_name(wlr_output, name);
	wlr_output_set_description(wlr_output, name);
	free(wlr_output->make);
	free(wlr_output->model);
	free(wlr_output->serial);
	wlr_output->make = xstrdup("cofferdam");
	wlr_output->model = xstrdup("screen");
	wlr_output->serial = NULL;
}

/* What another desktop calls the window that shows this output. */
static void name_window(struct wlr_output *wlr_output) {
	if (wlr_output_is_wl(wlr_output)) {
		wlr_wl_output_set_title(wlr_output, "Cofferdam");
		wlr_wl_output_set_app_id(wlr_output, "cofferdam");
	}
#if WLR_HAS_X11_BACKEND
	if (wlr_output_is_x11(wlr_output)) {
		wlr_x11_output_set_title(wlr_output, "Cofferdam");
	}
#endif
}

static void handle_new_output(struct wl_listener *listener, void *data) {
	struct outputs_private *priv = wl_container_of(listener, priv, new_output);
	struct wlr_output *wlr_output = data;
	if (wlr_output->non_desktop || !wlr_output_init_render(wlr_output, priv->allocator, priv->renderer)) {
		log_warn("output %s is not used", wlr_output->name);
		return;
	}
	struct descriptor *descriptor = xcalloc(1, sizeof(*descriptor));
	struct output *output = &descriptor->output;
	descriptor->connector = xstrdup(wlr_output->name);
	output->wlr = wlr_output;
	output->outputs = priv->outputs;
	output->number = find_number(priv, descriptor->connector);
	wlr_output->data = output;
	wl_list_init(&output->link);
	wl_signal_init(&output->events.changed);
	wl_signal_init(&output->events.destroy);
	make_neutral(wlr_output, output->number);
	name_window(wlr_output);
	descriptor->frame.notify = handle_frame;
	wl_signal_add(&wlr_output->events.frame, &descriptor->frame);
	descriptor->request_state.notify = handle_request_state;
	wl_signal_add(&wlr_output->events.request_state, &descriptor->request_state);
	descriptor->destroy.notify = handle_destroy;
	wl_signal_add(&wlr_output->events.destroy, &descriptor->destroy);
	wl_list_insert(priv->descriptors.prev, &descriptor->link);
	apply_config(output);
	log_info("output %s is %s: %dx%d at scale %.2f", descriptor->connector, wlr_output->name, output->full.width,
		output->full.height, wlr_output->scale);
}

static void handle_backend_destroy(struct wl_listener *listener, void *data) {
	struct outputs_private *priv = wl_container_of(listener, priv, backend_destroy);
	wl_list_remove(&priv->new_output.link);
	wl_list_init(&priv->new_output.link);
	wl_list_remove(&priv->backend_destroy.link);
	wl_list_init(&priv->backend_destroy.link);
}

static void handle_layout_change(struct wl_listener *listener, void *data) {
	struct outputs_private *priv = wl_container_of(listener, priv, layout_change);
	struct descriptor *descriptor;
	wl_list_for_each(descriptor, &priv->descriptors, link) {
		if (descriptor->attached) {
			update_boxes(&descriptor->output);
		}
	}
}

struct outputs *outputs_create(struct wl_display *display, struct gate *gate, struct wlr_backend *backend,
		struct wlr_allocator *allocator, struct wlr_renderer *renderer, struct recorder *recorder, struct scene *scene,
		struct fairness *fairness) {
	struct outputs *outputs = xcalloc(1, sizeof(*outputs));
	struct outputs_private *priv = outputs->priv = xcalloc(1, sizeof(*priv));
	priv->outputs = outputs;
	priv->gate = gate;
	priv->allocator = allocator;
	priv->renderer = renderer;
	priv->scene = scene;
	priv->pictures = pictures_create(wl_display_get_event_loop(display), fairness, recorder, NULL);
	wl_list_init(&outputs->list);
	wl_list_init(&priv->descriptors);
	wl_signal_init(&outputs->events.created);
	wl_signal_init(&outputs->events.changed);
	wl_signal_init(&outputs->events.painting);
	wl_signal_init(&outputs->events.painted);
	wl_signal_init(&outputs->events.gone);
	outputs->layout = wlr_output_layout_create(display);
	priv->scene_layout = wlr_scene_attach_output_layout(scene->wlr, outputs->layout);
	priv->layout_change.notify = handle_layout_change;
	wl_signal_add(&outputs->layout->events.change, &priv->layout_change);
	priv->new_output.notify = handle_new_output;
	wl_signal_add(&backend->events.new_output, &priv->new_output);
	priv->backend_destroy.notify = handle_backend_destroy;
	wl_signal_add(&backend->events.destroy, &priv->backend_destroy);
	return outputs;
}

void outputs_destroy(struct outputs *outputs) {
	if (outputs == NULL) {
		return;
	}
	struct outputs_private *priv = outputs->priv;
	struct descriptor *descriptor, *next;
	wl_list_for_each_safe(descriptor, next, &priv->descriptors, link) {
		destroy(descriptor);
	}
	wl_list_remove(&priv->layout_change.link);
	wl_list_remove(&priv->new_output.link);
	wl_list_remove(&priv->backend_destroy.link);
	wlr_output_layout_destroy(outputs->layout);
	pictures_destroy(priv->pictures);
	for (int i = 0; i < priv->connectors_len; i++) {
		free(priv->connectors[i]);
	}
	free(priv->connectors);
	free(priv);
	free(outputs);
}

bool outputs_paint(struct outputs *outputs) {
	return pictures_turn(outputs->priv->pictures);
}

void outputs_configure(struct outputs *outputs, const struct config *config) {
	outputs->priv->config = config;
	struct descriptor *descriptor;
	wl_list_for_each(descriptor, &outputs->priv->descriptors, link) {
		apply_config(&descriptor->output);
	}
}

struct output *output_from_wlr(struct wlr_output *wlr_output) {
	return wlr_output != NULL ? wlr_output->data : NULL;
}

struct output *outputs_first(struct outputs *outputs) {
	struct output *output;
	wl_list_for_each(output, &outputs->list, link) {
		return output;
	}
	return NULL;
}

struct output *outputs_at(struct outputs *outputs, double lx, double ly) {
	double x, y;
	wlr_output_layout_closest_point(outputs->layout, NULL, lx, ly, &x, &y);
	struct output *output = output_from_wlr(wlr_output_layout_output_at(outputs->layout, x, y));
	return output != NULL ? output : outputs_first(outputs);
}
