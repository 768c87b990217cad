#include "tests/protocol/lib/window.h"

#include <stdlib.h>

#include "base/memory.h"

#define DEFAULT_WIDTH 320
#define DEFAULT_HEIGHT 240

/* ---- configures ---- */

static void handle_toplevel_configure(
	void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states) {
	struct window *window = data;
	window->pending_width = width;
	window->pending_height = height;
	window->pending_states = 0;
	uint32_t *state;
	wl_array_for_each(state, states) {
		window->pending_states |= *state < 32 ? 1u << *state : 0;
	}
}

static void handle_toplevel_close(void *data, struct xdg_toplevel *toplevel) {
	struct window *window = data;
	window->close_asked = true;
}

static void handle_configure_bounds(void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height) {
}

static void handle_wm_capabilities(void *data, struct xdg_toplevel *toplevel, struct wl_array *capabilities) {
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_toplevel_close,
	.configure_bounds = handle_configure_bounds,
	.wm_capabilities = handle_wm_capabilities,
};

static void handle_surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	struct window *window = data;
	window->serial = serial;
	window->configured_width = window->pending_width;
	window->configured_height = window->pending_height;
	window->states = window->pending_states;
	window->configures++;
	if (window->is_manual) {
		return;
	}
	window_acknowledge(window);
	int width = window->configured_width > 0 ? window->configured_width : window->width;
	int height = window->configured_height > 0 ? window->configured_height : window->height;
	window_draw(window, width, height, window->color);
}

static const struct xdg_surface_listener surface_listener = { .configure = handle_surface_configure };

bool window_has_state(const struct window *window, enum xdg_toplevel_state state) {
	return (window->states & (1u << state)) != 0;
}

/* ---- toplevels ---- */

struct window *window_create(struct client *client, const char *title, uint32_t color) {
	struct window *window = xcalloc(1, sizeof(*window));
	window->client = client;
	window->color = color;
	window->width = DEFAULT_WIDTH;
	window->height = DEFAULT_HEIGHT;
	window->surface = wl_compositor_create_surface(client_compositor(client));
	window->xdg_surface = xdg_wm_base_get_xdg_surface(client_wm_base(client), window->surface);
	xdg_surface_add_listener(window->xdg_surface, &surface_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	xdg_toplevel_set_title(window->toplevel, title);
	xdg_toplevel_set_app_id(window->toplevel, "test");
	return window;
}

void window_map(struct window *window) {
	struct test *test = window->client->test;
	size_t before = window->configures;
	wl_surface_commit(window->surface);
	WAIT_FOR(window->configures > before || window->client->is_dead, "no configure answers the first commit");
	client_roundtrip(window->client);
}

struct window *window_open(struct client *client, const char *title, uint32_t color) {
	struct window *window = window_create(client, title, color);
	window_map(window);
	/* The layout answers the first buffer with a configure, and that is drawn too. */
	test_settle(client->test);
	return window;
}

struct window *window_open_fixed(struct client *client, const char *title, uint32_t color, int width, int height) {
	struct window *window = window_create(client, title, color);
	window->width = width;
	window->height = height;
	xdg_toplevel_set_min_size(window->toplevel, width, height);
	xdg_toplevel_set_max_size(window->toplevel, width, height);
	window_map(window);
	test_settle(client->test);
	return window;
}

void window_acknowledge(struct window *window) {
	if (window->configures > 0 && window->acknowledged != window->serial) {
		xdg_surface_ack_configure(window->xdg_surface, window->serial);
		window->acknowledged = window->serial;
	}
}

void window_show(struct window *window, struct buffer *buffer) {
	wl_surface_attach(window->surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(window->surface, 0, 0, buffer->width, buffer->height);
	buffer->is_busy = true;
	wl_surface_commit(window->surface);
}

void window_draw(struct window *window, int width, int height, uint32_t color) {
	window->width = width;
	window->height = height;
	window->color = color;
	window_show(window, buffer_create(window->client, width, height, color));
}

void window_unmap(struct window *window) {
	wl_surface_attach(window->surface, NULL, 0, 0);
	wl_surface_commit(window->surface);
}

void window_destroy(struct window *window) {
	if (window->frame != NULL) {
		wl_callback_destroy(window->frame);
	}
	xdg_toplevel_destroy(window->toplevel);
	xdg_surface_destroy(window->xdg_surface);
	wl_surface_destroy(window->surface);
	free(window);
}

/* ---- frames ---- */

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time) {
	struct window *window = data;
	wl_callback_destroy(callback);
	window->frame = NULL;
	window->frames++;
	window_count_frames(window);
}

static const struct wl_callback_listener frame_listener = { .done = handle_frame };

void window_count_frames(struct window *window) {
	window->frame = wl_surface_frame(window->surface);
	wl_callback_add_listener(window->frame, &frame_listener, window);
	/* The same buffer again: what counts is that the compositor has something to show. */
	wl_surface_damage_buffer(window->surface, 0, 0, 1, 1);
	wl_surface_commit(window->surface);
}
