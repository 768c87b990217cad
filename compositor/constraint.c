#include "compositor/constraint.h"

#include <math.h>
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_pointer_constraints_v1.h>
#include <wlr/util/region.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/node.h"

struct constraints {
	struct scene *scene;
	struct focus *focus;
	struct routing *routing;
	struct wlr_cursor *cursor;
	struct wlr_pointer_constraints_v1 *wlr;
	const struct instance *permitted; /* only to compare; a focus switch takes it back */
	struct wlr_pointer_constraint_v1 *active;
	struct wl_listener active_destroy;
	struct wl_listener created;
	struct wl_listener focus_changed, switched;
};

/* Where on its surface it holds; the caller ends the region. wlroots fills its own in at the next commit only. */
static void init_region(pixman_region32_t *region, struct wlr_pointer_constraint_v1 *constraint) {
	pixman_region32_init(region);
	pixman_region32_copy(region, &constraint->surface->input_region);
	if (!pixman_region32_empty(&constraint->current.region)) {
		pixman_region32_intersect(region, region, &constraint->current.region);
	}
}

static struct wlr_pointer_constraint_v1 *find_wanted(const struct constraints *constraints) {
	const struct seat *seat = routing_pointer_seat(constraints->routing);
	if (seat == NULL || constraints->permitted != seat->instance || constraints->focus->instance != seat->instance ||
		focus_is_held(constraints->focus)) {
		return NULL;
	}
	const struct wlr_seat_pointer_state *state = &seat->wlr->pointer_state;
	if (state->focused_surface == NULL) {
		return NULL;
	}
	struct wlr_pointer_constraint_v1 *constraint = wlr_pointer_constraints_v1_constraint_for_surface(
		constraints->wlr, state->focused_surface, seat->wlr);
	if (constraint == NULL) {
		return NULL;
	}
	pixman_region32_t region;
	init_region(&region, constraint);
	bool inside = pixman_region32_contains_point(&region, (int)floor(state->sx), (int)floor(state->sy), NULL);
	pixman_region32_fini(&region);
	return inside ? constraint : NULL;
}

static void forget_active(struct constraints *constraints) {
	constraints->active = NULL;
	wl_list_remove(&constraints->active_destroy.link);
	wl_list_init(&constraints->active_destroy.link);
}

static void deactivate(struct constraints *constraints) {
	struct wlr_pointer_constraint_v1 *constraint = constraints->active;
	if (constraint != NULL) {
		forget_active(constraints);
		/* It may be gone after this. */
		wlr_pointer_constraint_v1_send_deactivated(constraint);
	}
}

/*
 * A client that ends its own lock may say where on its surface the pointer should be by now. That is granted inside the
 * pixels which that surface shows there, and nowhere else.
 */
static void follow_hint(const struct constraints *constraints, const struct wlr_pointer_constraint_v1 *constraint) {
	const struct seat *seat = routing_pointer_seat(constraints->routing);
	if (constraint->type != WLR_POINTER_CONSTRAINT_V1_LOCKED || !constraint->current.cursor_hint.enabled ||
		seat == NULL || seat->wlr->pointer_state.focused_surface != constraint->surface) {
		return;
	}
	double untrusted_x = constraint->current.cursor_hint.x, untrusted_y = constraint->current.cursor_hint.y;
	double lx = constraints->cursor->x - seat->wlr->pointer_state.sx + untrusted_x;
	double ly = constraints->cursor->y - seat->wlr->pointer_state.sy + untrusted_y;
	struct node_hit hit = node_at(constraints->scene->wlr, lx, ly);
	if (hit.surface == constraint->surface && wlr_cursor_warp(constraints->cursor, NULL, lx, ly)) {
		routing_pointer_warp(constraints->routing, hit.sx, hit.sy);
	}
}

static void handle_active_destroy(struct wl_listener *listener, void *data) {
	struct constraints *constraints = wl_container_of(listener, constraints, active_destroy);
	const struct wlr_pointer_constraint_v1 *constraint = constraints->active;
	forget_active(constraints);
	follow_hint(constraints, constraint);
}

void constraints_update(struct constraints *constraints) {
	struct wlr_pointer_constraint_v1 *wanted = find_wanted(constraints);
	if (wanted == constraints->active) {
		return;
	}
	deactivate(constraints);
	if (wanted != NULL) {
		constraints->active = wanted;
		wl_signal_add(&wanted->events.destroy, &constraints->active_destroy);
		wlr_pointer_constraint_v1_send_activated(wanted);
	}
}

void constraints_permit(struct constraints *constraints, const struct instance *instance) {
	constraints->permitted = instance;
	constraints_update(constraints);
}

void constraints_end(struct constraints *constraints) {
	constraints->permitted = NULL;
	deactivate(constraints);
}

void constraints_limit(const struct constraints *constraints, double *dx, double *dy) {
	struct wlr_pointer_constraint_v1 *constraint = constraints->active;
	if (constraint == NULL) {
		return;
	}
	if (constraint->type == WLR_POINTER_CONSTRAINT_V1_LOCKED) {
		*dx = *dy = 0;
		return;
	}
	const struct wlr_seat_pointer_state *state = &constraint->seat->pointer_state;
	pixman_region32_t region;
	init_region(&region, constraint);
	double x, y;
	if (wlr_region_confine(&region, state->sx, state->sy, state->sx + *dx, state->sy + *dy, &x, &y)) {
		*dx = x - state->sx;
		*dy = y - state->sy;
	}
	pixman_region32_fini(&region);
}

static void handle_created(struct wl_listener *listener, void *data) {
	struct constraints *constraints = wl_container_of(listener, constraints, created);
	constraints_update(constraints);
}

static void handle_focus_changed(struct wl_listener *listener, void *data) {
	struct constraints *constraints = wl_container_of(listener, constraints, focus_changed);
	if (focus_is_held(constraints->focus)) {
		constraints_end(constraints);
	} else {
		constraints_update(constraints);
	}
}

static void handle_switched(struct wl_listener *listener, void *data) {
	struct constraints *constraints = wl_container_of(listener, constraints, switched);
	constraints_end(constraints);
}

struct constraints *constraints_create(struct wl_display *display, struct gate *gate, struct scene *scene,
	struct focus *focus, struct routing *routing, struct wlr_cursor *wlr_cursor) {
	struct constraints *constraints = xcalloc(1, sizeof(*constraints));
	constraints->scene = scene;
	constraints->focus = focus;
	constraints->routing = routing;
	constraints->cursor = wlr_cursor;
	gate_expect(gate, "zwp_pointer_constraints_v1", NULL);
	constraints->wlr = wlr_pointer_constraints_v1_create(display);
	if (constraints->wlr == NULL) {
		log_error("out of memory for pointer constraints");
		abort();
	}
	gate_admit(gate, constraints->wlr->global);
	wl_list_init(&constraints->active_destroy.link);
	constraints->active_destroy.notify = handle_active_destroy;
	constraints->created.notify = handle_created;
	wl_signal_add(&constraints->wlr->events.new_constraint, &constraints->created);
	constraints->focus_changed.notify = handle_focus_changed;
	wl_signal_add(&focus->events.changed, &constraints->focus_changed);
	constraints->switched.notify = handle_switched;
	wl_signal_add(&focus->events.switched, &constraints->switched);
	return constraints;
}

void constraints_destroy(struct constraints *constraints) {
	if (constraints == NULL) {
		return;
	}
	constraints_end(constraints);
	wl_list_remove(&constraints->created.link);
	wl_list_remove(&constraints->focus_changed.link);
	wl_list_remove(&constraints->switched.link);
	free(constraints);
}
