#include "compositor/pointer.h"

#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_relative_pointer_v1.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/click.h"
#include "compositor/constraint.h"
#include "compositor/device.h"
#include "compositor/drag.h"
#include "compositor/gesture.h"
#include "compositor/move.h"
#include "compositor/routing.h"
#include "compositor/touch.h"

#define HELD_MAX 32

/* A button that is down. */
struct held {
	const struct wlr_pointer *device;
	uint32_t button;
	bool sent; /* its press went to a client: its release must too */
};

struct pointer {
	struct wl_event_loop *loop;
	struct scene *scene;
	struct focus *focus;
	struct routing *routing;
	struct keyboards *keyboards;
	struct modals *modals;
	struct idle *idle;
	struct wlr_cursor *wlr;
	struct wlr_relative_pointer_manager_v1 *relative;
	struct cursor *cursor;
	struct devices *devices;
	struct clicks *clicks;
	struct move *move;
	struct drags *drags;
	struct constraints *constraints;
	struct gestures *gestures;
	struct touches *touches;

	struct held held[HELD_MAX];
	size_t held_len;
	bool modal_was_open;
	struct wl_event_source *rebase; /* due before the loop sleeps; NULL: not */

	struct wl_listener motion, motion_absolute, button, axis, frame;
	struct wl_listener request_move, request_resize;
	struct wl_listener focus_changed, desk_changed, painted;
};

static struct node_hit look(const struct pointer *pointer) {
	return node_at(pointer->scene->wlr, pointer->wlr->x, pointer->wlr->y);
}

/* ---- the image ---- */

static const char *own_shape(const struct pointer *pointer, const struct node_hit *hit) {
	const struct window *window = hit->node != NULL && hit->node->kind == NODE_WINDOW ? hit->node->object : NULL;
	if (window == NULL || !window->floating || window->fullscreen || window->maximized) {
		return "default";
	}
	uint32_t edges = move_edges_at(window, pointer->wlr->x, pointer->wlr->y);
	return edges != 0 ? move_edges_shape(edges) : "default";
}

static void show_cursor(struct pointer *pointer, const struct node_hit *hit) {
	const struct seat *seat = routing_pointer_seat(pointer->routing);
	bool inside = seat != NULL && hit->surface != NULL && hit->node->instance == seat->instance;
	if (modals_is_open(pointer->modals)) {
		cursor_show_own(pointer->cursor, "default");
	} else if (move_is_active(pointer->move)) {
		cursor_show_own(pointer->cursor, move_shape(pointer->move));
	} else if (routing_pointer_is_dragging(pointer->routing)) {
		cursor_show_own(pointer->cursor, inside ? "grabbing" : "not-allowed");
	} else if (inside && seat->wlr->pointer_state.focused_client != NULL) {
		cursor_show_client(pointer->cursor, seat->instance, seat->wlr->pointer_state.focused_client->client);
	} else if (routing_pointer_is_grabbed(pointer->routing)) {
		/* It may come back with its button still down, and then shows again what it showed. */
		cursor_cover(pointer->cursor, "default");
	} else {
		cursor_show_own(pointer->cursor, own_shape(pointer, hit));
	}
}

/* ---- where it is ---- */

static bool is_ours(const struct pointer *pointer) {
	return modals_is_open(pointer->modals) || move_is_active(pointer->move);
}

static void cancel_rebase(struct pointer *pointer) {
	if (pointer->rebase != NULL) {
		wl_event_source_remove(pointer->rebase);
		pointer->rebase = NULL;
	}
}

void pointer_rebase(struct pointer *pointer) {
	cancel_rebase(pointer);
	struct node_hit hit = look(pointer);
	if (!is_ours(pointer)) {
		routing_pointer_rebase(pointer->routing, (uint32_t)clock_now(), &hit, pointer->wlr->x, pointer->wlr->y);
		constraints_update(pointer->constraints);
	}
	show_cursor(pointer, &hit);
}

static void handle_rebase(void *data) {
	struct pointer *pointer = data;
	pointer->rebase = NULL;
	pointer_rebase(pointer);
}

static void schedule_rebase(struct pointer *pointer) {
	if (pointer->rebase == NULL) {
		pointer->rebase = wl_event_loop_add_idle(pointer->loop, handle_rebase, pointer);
	}
}

static void move_by(struct pointer *pointer, const struct wlr_pointer_motion_event *event) {
	double dx = event->delta_x, dy = event->delta_y;
	idle_activity(pointer->idle);
	if (!is_ours(pointer)) {
		routing_pointer_relative(pointer->routing, event);
		constraints_limit(pointer->constraints, &dx, &dy);
	}
	wlr_cursor_move(pointer->wlr, &event->pointer->base, dx, dy);
	double lx = pointer->wlr->x, ly = pointer->wlr->y;
	move_update(pointer->move, lx, ly);
	drags_follow_pointer(pointer->drags, lx, ly);
	struct node_hit hit = look(pointer);
	if (!is_ours(pointer)) {
		routing_pointer_motion(pointer->routing, event->time_msec, &hit, lx, ly);
		constraints_update(pointer->constraints);
	}
	show_cursor(pointer, &hit);
}

static void handle_motion(struct wl_listener *listener, void *data) {
	struct pointer *pointer = wl_container_of(listener, pointer, motion);
	move_by(pointer, data);
}

static void handle_motion_absolute(struct wl_listener *listener, void *data) {
	struct pointer *pointer = wl_container_of(listener, pointer, motion_absolute);
	const struct wlr_pointer_motion_absolute_event *event = data;
	double lx, ly;
	wlr_cursor_absolute_to_layout_coords(pointer->wlr, &event->pointer->base, event->x, event->y, &lx, &ly);
	struct wlr_pointer_motion_event motion = {
		.pointer = event->pointer,
		.time_msec = event->time_msec,
		.delta_x = lx - pointer->wlr->x,
		.delta_y = ly - pointer->wlr->y,
		.unaccel_dx = lx - pointer->wlr->x,
		.unaccel_dy = ly - pointer->wlr->y,
	};
	move_by(pointer, &motion);
}

/* ---- grabs of ours ---- */

/* Clients hear of no release of what is down now: their grabs have ended otherwise. */
static void take_from_clients(struct pointer *pointer) {
	for (size_t i = 0; i < pointer->held_len; i++) {
		pointer->held[i].sent = false;
	}
	routing_end_grabs(pointer->routing);
}

void pointer_end_grabs(struct pointer *pointer) {
	move_end(pointer->move);
	take_from_clients(pointer);
	constraints_end(pointer->constraints);
	schedule_rebase(pointer);
}

static void begin_move(struct pointer *pointer, struct window *window, uint32_t edges) {
	if (move_begin(pointer->move, window, edges, pointer->wlr->x, pointer->wlr->y)) {
		take_from_clients(pointer);
		schedule_rebase(pointer);
	}
}

/* Its own client asks, on a button that it was sent. Tiles stay where they are. */
static void begin_requested(struct pointer *pointer, const struct window_request *request, uint32_t edges) {
	struct window *window = request->window;
	if (window->floating && !is_ours(pointer) && pointer->held_len > 0 &&
		routing_pointer_is_grabbed(pointer->routing) && !routing_pointer_is_dragging(pointer->routing) &&
		routing_pointer_seat(pointer->routing) == window->instance->seat) {
		begin_move(pointer, window, edges);
	}
}

static void handle_request_move(struct wl_listener *listener, void *data) {
	struct pointer *pointer = wl_container_of(listener, pointer, request_move);
	begin_requested(pointer, data, 0);
}

static void handle_request_resize(struct wl_listener *listener, void *data) {
	struct pointer *pointer = wl_container_of(listener, pointer, request_resize);
	const struct window_request *request = data;
	if (request->edges != 0) {
		begin_requested(pointer, request, request->edges);
	}
}

/* ---- buttons ---- */

/* Super+left moves, Super+right sizes; Super with any other does nothing. No client hears of it (attack F4). */
static void press_with_super(struct pointer *pointer, uint32_t button) {
	struct node_hit hit = look(pointer);
	struct window *window = click_window(hit.node);
	if (window == NULL || (button != BTN_LEFT && button != BTN_RIGHT)) {
		return;
	}
	focus_choose(pointer->focus, window);
	uint32_t edges = button == BTN_RIGHT ? move_edges_near(window, pointer->wlr->x, pointer->wlr->y) : 0;
	begin_move(pointer, window, edges);
}

/* On a frame: a floating one is moved by its band and sized by its border. */
static void press_frame(struct pointer *pointer, struct window *window, uint32_t button) {
	if (button != BTN_LEFT || !window->floating || window->fullscreen) {
		return;
	}
	uint32_t edges = move_edges_at(window, pointer->wlr->x, pointer->wlr->y);
	if (edges != 0 || pointer->wlr->y < window->box.y + BORDER_WIDTH + BAND_HEIGHT) {
		begin_move(pointer, window, edges);
	}
}

/* Returns true where a client was sent it. */
static bool press(struct pointer *pointer, uint32_t time_msec, uint32_t button) {
	bool super = keyboards_super_held(pointer->keyboards) && !modals_is_open(pointer->modals);
	if (move_is_active(pointer->move)) {
		return false;
	}
	if (routing_pointer_is_grabbed(pointer->routing)) {
		/* One more button for who has the first. */
		if (!super) {
			routing_pointer_button(pointer->routing, time_msec, button, WL_POINTER_BUTTON_STATE_PRESSED);
		}
		return !super;
	}
	if (super) {
		press_with_super(pointer, button);
		return false;
	}
	struct node_hit hit = clicks_press(pointer->clicks, pointer->wlr->x, pointer->wlr->y);
	if (hit.surface == NULL) {
		if (hit.node != NULL && hit.node->kind == NODE_WINDOW) {
			press_frame(pointer, hit.node->object, button);
		}
		schedule_rebase(pointer);
		return false;
	}
	pointer_rebase(pointer);
	routing_pointer_button(pointer->routing, time_msec, button, WL_POINTER_BUTTON_STATE_PRESSED);
	constraints_permit(pointer->constraints, hit.node->instance);
	return true;
}

static void release(struct pointer *pointer, uint32_t time_msec, size_t index) {
	struct held held = pointer->held[index];
	pointer->held[index] = pointer->held[--pointer->held_len];
	if (held.sent) {
		routing_pointer_button(pointer->routing, time_msec, held.button, WL_POINTER_BUTTON_STATE_RELEASED);
	}
	if (pointer->held_len == 0) {
		move_end(pointer->move);
		/* What is under the pointer now may be another's. */
		schedule_rebase(pointer);
	}
}

static void handle_button(struct wl_listener *listener, void *data) {
	struct pointer *pointer = wl_container_of(listener, pointer, button);
	const struct wlr_pointer_button_event *event = data;
	idle_activity(pointer->idle);
	for (size_t i = 0; i < pointer->held_len; i++) {
		if (pointer->held[i].device == event->pointer && pointer->held[i].button == event->button) {
			if (event->state == WL_POINTER_BUTTON_STATE_RELEASED) {
				release(pointer, event->time_msec, i);
			}
			return;
		}
	}
	if (event->state == WL_POINTER_BUTTON_STATE_PRESSED && pointer->held_len < HELD_MAX) {
		struct held *held = &pointer->held[pointer->held_len++];
		*held = (struct held){ .device = event->pointer, .button = event->button };
		/* A grab that ends within the press takes it from the client again. */
		held->sent = true;
		bool sent = press(pointer, event->time_msec, event->button);
		held->sent = held->sent && sent;
	}
}

static void handle_axis(struct wl_listener *listener, void *data) {
	struct pointer *pointer = wl_container_of(listener, pointer, axis);
	idle_activity(pointer->idle);
	if (!is_ours(pointer)) {
		routing_pointer_axis(pointer->routing, data);
	}
}

static void handle_frame(struct wl_listener *listener, void *data) {
	struct pointer *pointer = wl_container_of(listener, pointer, frame);
	routing_pointer_frame(pointer->routing);
}

/* ---- what changes around it ---- */

static void handle_focus_changed(struct wl_listener *listener, void *data) {
	struct pointer *pointer = wl_container_of(listener, pointer, focus_changed);
	bool is_open = modals_is_open(pointer->modals);
	if (is_open && !pointer->modal_was_open) {
		pointer_end_grabs(pointer);
	}
	pointer->modal_was_open = is_open;
	schedule_rebase(pointer);
}

static void handle_desk_changed(struct wl_listener *listener, void *data) {
	struct pointer *pointer = wl_container_of(listener, pointer, desk_changed);
	schedule_rebase(pointer);
}

/* Whatever comes under a still pointer comes with a new picture. */
static void handle_painted(struct wl_listener *listener, void *data) {
	struct pointer *pointer = wl_container_of(listener, pointer, painted);
	const struct output *output = data;
	if (box_contains(&output->full, pointer->wlr->x, pointer->wlr->y)) {
		pointer_rebase(pointer);
	}
}

/* ---- lifetime ---- */

static void listen(struct wl_signal *signal, struct wl_listener *listener, wl_notify_func_t handler) {
	listener->notify = handler;
	wl_signal_add(signal, listener);
}

static void make_relative(struct pointer *pointer, struct wl_display *display, struct gate *gate) {
	gate_expect(gate, "zwp_relative_pointer_manager_v1", NULL);
	pointer->relative = wlr_relative_pointer_manager_v1_create(display);
	pointer->wlr = wlr_cursor_create();
	if (pointer->relative == NULL || pointer->wlr == NULL) {
		log_error("out of memory for the pointer");
		abort();
	}
	gate_admit(gate, pointer->relative->global);
}

struct pointer *pointer_create(struct wl_display *display, struct gate *gate, struct scene *scene,
	struct outputs *outputs, struct seats *seats, struct desk *desk, struct focus *focus, struct routing *routing,
	struct keyboards *keyboards, struct modals *modals, struct idle *idle) {
	struct pointer *pointer = xcalloc(1, sizeof(*pointer));
	pointer->loop = wl_display_get_event_loop(display);
	pointer->scene = scene;
	pointer->focus = focus;
	pointer->routing = routing;
	pointer->keyboards = keyboards;
	pointer->modals = modals;
	pointer->idle = idle;
	make_relative(pointer, display, gate);
	wlr_cursor_attach_output_layout(pointer->wlr, outputs->layout);
	pointer->cursor = cursor_create(display, gate, seats, pointer->wlr);
	pointer->devices = devices_create(pointer->wlr, outputs, seats);
	pointer->clicks = clicks_create(scene, seats, desk, focus, modals);
	pointer->move = move_create(desk, focus);
	pointer->drags = drags_create(seats, scene);
	pointer->constraints = constraints_create(display, gate, scene, focus, routing, pointer->wlr);
	pointer->gestures = gestures_create(display, gate, routing, pointer->wlr);
	pointer->touches = touches_create(
		pointer->wlr, pointer->devices, scene, pointer->clicks, pointer->drags, routing, idle);
	routing_set_managers(routing, gestures_get_manager(pointer->gestures), pointer->relative);
	listen(&pointer->wlr->events.motion, &pointer->motion, handle_motion);
	listen(&pointer->wlr->events.motion_absolute, &pointer->motion_absolute, handle_motion_absolute);
	listen(&pointer->wlr->events.button, &pointer->button, handle_button);
	listen(&pointer->wlr->events.axis, &pointer->axis, handle_axis);
	listen(&pointer->wlr->events.frame, &pointer->frame, handle_frame);
	listen(&desk->windows->events.request_move, &pointer->request_move, handle_request_move);
	listen(&desk->windows->events.request_resize, &pointer->request_resize, handle_request_resize);
	listen(&focus->events.changed, &pointer->focus_changed, handle_focus_changed);
	listen(&desk->events.changed, &pointer->desk_changed, handle_desk_changed);
	listen(&outputs->events.painted, &pointer->painted, handle_painted);
	return pointer;
}

void pointer_destroy(struct pointer *pointer) {
	if (pointer == NULL) {
		return;
	}
	struct wl_listener *listeners[] = {
		&pointer->motion,
		&pointer->motion_absolute,
		&pointer->button,
		&pointer->axis,
		&pointer->frame,
		&pointer->request_move,
		&pointer->request_resize,
		&pointer->focus_changed,
		&pointer->desk_changed,
		&pointer->painted,
	};
	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
		wl_list_remove(&listeners[i]->link);
	}
	routing_set_managers(pointer->routing, NULL, NULL);
	touches_destroy(pointer->touches);
	gestures_destroy(pointer->gestures);
	constraints_destroy(pointer->constraints);
	drags_destroy(pointer->drags);
	move_destroy(pointer->move);
	clicks_destroy(pointer->clicks);
	devices_destroy(pointer->devices);
	cancel_rebase(pointer);
	cursor_destroy(pointer->cursor);
	wlr_cursor_destroy(pointer->wlr);
	free(pointer);
}

void pointer_set_strip(struct pointer *pointer, struct strip *strip) {
	clicks_set_strip(pointer->clicks, strip);
}

void pointer_configure(struct pointer *pointer, const struct config *config) {
	cursor_configure(pointer->cursor, &config->pointer);
	devices_configure(pointer->devices, &config->pointer);
}

void pointer_add(struct pointer *pointer, struct wlr_input_device *device) {
	devices_add(pointer->devices, device);
}

void pointer_map(struct pointer *pointer, struct wlr_input_device *device, struct output *output) {
	devices_map(pointer->devices, device, output);
}

struct wlr_cursor *pointer_get_cursor(struct pointer *pointer) {
	return pointer->wlr;
}
