#include "compositor/cursor.h"

#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor_shape_v1.h>
#include <wlr/types/wlr_xcursor_manager.h>

#include "base/log.h"
#include "base/memory.h"

#define CURSOR_SHAPE_VERSION 2
#define DEFAULT_SHAPE "default"

/* What the client inside whose pixels the pointer is wants to see there. */
enum wish { WISH_SHAPE, WISH_SURFACE, WISH_HIDDEN };

struct cursor {
	struct wlr_cursor *wlr;
	struct wlr_xcursor_manager *theme;
	struct wlr_cursor_shape_manager_v1 *shapes;

	const char *own; /* our own shape that is shown; NULL: what the client wishes */
	const struct instance *instance; /* only to compare */
	const struct wl_client *client;  /* only to compare */
	enum wish wish;
	const char *shape;           /* WISH_SHAPE */
	struct wlr_surface *surface; /* WISH_SURFACE; NULL otherwise */
	int32_t hotspot_x, hotspot_y;

	struct wl_listener surface_commit, surface_destroy;
	struct wl_listener request_cursor, request_shape;
};

static void show(struct cursor *cursor) {
	if (cursor->own != NULL) {
		wlr_cursor_set_xcursor(cursor->wlr, cursor->theme, cursor->own);
		return;
	}
	switch (cursor->wish) {
	case WISH_SHAPE:
		wlr_cursor_set_xcursor(cursor->wlr, cursor->theme, cursor->shape);
		break;
	case WISH_SURFACE:
		wlr_cursor_set_surface(cursor->wlr, cursor->surface, cursor->hotspot_x, cursor->hotspot_y);
		break;
	case WISH_HIDDEN:
		wlr_cursor_unset_image(cursor->wlr);
		break;
	}
}

static void forget_surface(struct cursor *cursor) {
	wl_list_remove(&cursor->surface_commit.link);
	wl_list_remove(&cursor->surface_destroy.link);
	wl_list_init(&cursor->surface_commit.link);
	wl_list_init(&cursor->surface_destroy.link);
	cursor->surface = NULL;
}

static void set_shape(struct cursor *cursor, const char *shape) {
	forget_surface(cursor);
	cursor->wish = WISH_SHAPE;
	cursor->shape = shape;
}

static void wish_shape(struct cursor *cursor, const char *shape) {
	set_shape(cursor, shape);
	show(cursor);
}

/* ---- a client's surface ---- */

static int32_t clamp(int32_t value, int32_t max) {
	return value < 0 ? 0 : value > max ? max : value;
}

static bool is_too_large(const struct wlr_surface *surface) {
	return surface->current.width > CURSOR_SIZE_MAX || surface->current.height > CURSOR_SIZE_MAX;
}

/* Of an offset: further than an image is large. */
static bool is_too_far(int32_t untrusted_offset) {
	return untrusted_offset < -CURSOR_SIZE_MAX || untrusted_offset > CURSOR_SIZE_MAX;
}

/* The hotspot is on the image, whatever the client says, or the person would click elsewhere than it seems. */
static void set_hotspot(struct cursor *cursor, int32_t untrusted_x, int32_t untrusted_y) {
	int32_t width = cursor->surface->current.width, height = cursor->surface->current.height;
	cursor->hotspot_x = clamp(untrusted_x, width > 0 ? width - 1 : CURSOR_SIZE_MAX - 1);
	cursor->hotspot_y = clamp(untrusted_y, height > 0 ? height - 1 : CURSOR_SIZE_MAX - 1);
}

/* This runs before wlroots looks at the commit: it was told of the surface after us. */
static void handle_surface_commit(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, surface_commit);
	const struct wlr_surface_state *state = &cursor->surface->current;
	if (is_too_large(cursor->surface) || is_too_far(state->dx) || is_too_far(state->dy)) {
		wish_shape(cursor, DEFAULT_SHAPE);
		return;
	}
	set_hotspot(cursor, cursor->hotspot_x - state->dx, cursor->hotspot_y - state->dy);
	if (cursor->own == NULL) {
		/* wlroots takes the offset off by itself afterwards, without a bound. */
		wlr_cursor_set_surface(
			cursor->wlr, cursor->surface, cursor->hotspot_x + state->dx, cursor->hotspot_y + state->dy);
	}
}

static void handle_surface_destroy(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, surface_destroy);
	wish_shape(cursor, DEFAULT_SHAPE);
}

static void wish_surface(struct cursor *cursor, struct wlr_surface *surface, int32_t untrusted_x, int32_t untrusted_y) {
	if (is_too_large(surface)) {
		wish_shape(cursor, DEFAULT_SHAPE);
		return;
	}
	if (cursor->surface != surface) {
		/* wlroots must hear of its commits after us: it has to let go of it, were it there already. */
		forget_surface(cursor);
		wlr_cursor_unset_image(cursor->wlr);
		cursor->surface = surface;
		wl_signal_add(&surface->events.commit, &cursor->surface_commit);
		wl_signal_add(&surface->events.destroy, &cursor->surface_destroy);
	}
	cursor->wish = WISH_SURFACE;
	set_hotspot(cursor, untrusted_x, untrusted_y);
	show(cursor);
}

/* ---- requests ---- */

/* A say over the image has only the client whose pixels the pointer is in. */
static bool may_wish(const struct cursor *cursor, const struct wlr_seat_client *seat_client) {
	const struct seat *seat = seat_client->seat->data;
	return cursor->instance != NULL && cursor->instance == seat->instance && cursor->client == seat_client->client &&
		seat_client == seat->wlr->pointer_state.focused_client;
}

static void handle_set_cursor(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, request_cursor);
	const struct wlr_seat_pointer_request_set_cursor_event *event = data;
	if (!may_wish(cursor, event->seat_client)) {
		return;
	}
	if (event->surface != NULL) {
		wish_surface(cursor, event->surface, event->hotspot_x, event->hotspot_y);
		return;
	}
	forget_surface(cursor);
	cursor->wish = WISH_HIDDEN;
	show(cursor);
}

static void handle_set_shape(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, request_shape);
	const struct wlr_cursor_shape_manager_v1_request_set_shape_event *event = data;
	if (event->device_type == WLR_CURSOR_SHAPE_MANAGER_V1_DEVICE_TYPE_POINTER && may_wish(cursor, event->seat_client)) {
		wish_shape(cursor, wlr_cursor_shape_v1_name(event->shape));
	}
}

/* ---- ours ---- */

void cursor_cover(struct cursor *cursor, const char *name) {
	if (cursor->own != name) {
		cursor->own = name;
		show(cursor);
	}
}

void cursor_show_own(struct cursor *cursor, const char *name) {
	cursor_cover(cursor, name);
	cursor->instance = NULL;
	cursor->client = NULL;
	set_shape(cursor, DEFAULT_SHAPE);
}

void cursor_show_client(struct cursor *cursor, const struct instance *instance, const struct wl_client *client) {
	bool is_other = cursor->instance != instance || cursor->client != client;
	if (!is_other && cursor->own == NULL) {
		return;
	}
	if (is_other) {
		cursor->instance = instance;
		cursor->client = client;
		set_shape(cursor, DEFAULT_SHAPE);
	}
	cursor->own = NULL;
	show(cursor);
}

void cursor_configure(struct cursor *cursor, const struct config_pointer *config) {
	struct wlr_xcursor_manager *before = cursor->theme;
	cursor->theme = wlr_xcursor_manager_create(
		config->cursor_theme[0] != '\0' ? config->cursor_theme : NULL, (uint32_t)config->cursor_size);
	if (cursor->theme == NULL || !wlr_xcursor_manager_load(cursor->theme, 1)) {
		log_warn("cursor theme \"%s\" cannot be loaded", config->cursor_theme);
		wlr_xcursor_manager_destroy(cursor->theme);
		cursor->theme = before;
		return;
	}
	show(cursor);
	wlr_xcursor_manager_destroy(before);
}

/* ---- lifetime ---- */

struct cursor *cursor_create(
	struct wl_display *display, struct gate *gate, struct seats *seats, struct wlr_cursor *wlr_cursor) {
	struct cursor *cursor = xcalloc(1, sizeof(*cursor));
	cursor->wlr = wlr_cursor;
	cursor->own = cursor->shape = DEFAULT_SHAPE;
	wl_list_init(&cursor->surface_commit.link);
	wl_list_init(&cursor->surface_destroy.link);
	cursor->surface_commit.notify = handle_surface_commit;
	cursor->surface_destroy.notify = handle_surface_destroy;
	gate_expect(gate, "wp_cursor_shape_manager_v1", NULL);
	cursor->shapes = wlr_cursor_shape_manager_v1_create(display, CURSOR_SHAPE_VERSION);
	cursor->theme = wlr_xcursor_manager_create(NULL, 24);
	if (cursor->shapes == NULL || cursor->theme == NULL) {
		log_error("out of memory for the cursor");
		abort();
	}
	gate_admit(gate, cursor->shapes->global);
	wlr_xcursor_manager_load(cursor->theme, 1);
	cursor->request_cursor.notify = handle_set_cursor;
	wl_signal_add(&seats->events.set_cursor, &cursor->request_cursor);
	cursor->request_shape.notify = handle_set_shape;
	wl_signal_add(&cursor->shapes->events.request_set_shape, &cursor->request_shape);
	show(cursor);
	return cursor;
}

void cursor_destroy(struct cursor *cursor) {
	if (cursor == NULL) {
		return;
	}
	forget_surface(cursor);
	wlr_cursor_unset_image(cursor->wlr);
	wl_list_remove(&cursor->request_cursor.link);
	wl_list_remove(&cursor->request_shape.link);
	wlr_xcursor_manager_destroy(cursor->theme);
	free(cursor);
}
