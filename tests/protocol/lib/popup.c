#include <stdlib.h>

#include "base/memory.h"
#include "tests/protocol/lib/window.h"

/* ---- subsurfaces ---- */

struct subsurface *subsurface_create(
	struct client *client, struct wl_surface *parent, int x, int y, int width, int height, uint32_t color) {
	struct subsurface *subsurface = xcalloc(1, sizeof(*subsurface));
	subsurface->surface = wl_compositor_create_surface(client_compositor(client));
	subsurface->wl_subsurface = wl_subcompositor_get_subsurface(
		client_subcompositor(client), subsurface->surface, parent);
	wl_subsurface_set_position(subsurface->wl_subsurface, x, y);
	wl_subsurface_set_desync(subsurface->wl_subsurface);
	struct buffer *buffer = buffer_create(client, width, height, color);
	wl_surface_attach(subsurface->surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(subsurface->surface, 0, 0, width, height);
	wl_surface_commit(subsurface->surface);
	return subsurface;
}

/* ---- popups ---- */

static void handle_popup_configure(
	void *data, struct xdg_popup *xdg_popup, int32_t x, int32_t y, int32_t width, int32_t height) {
	struct popup *popup = data;
	popup->x = x;
	popup->y = y;
	popup->configured_width = width;
	popup->configured_height = height;
}

static void handle_popup_done(void *data, struct xdg_popup *xdg_popup) {
	struct popup *popup = data;
	popup->is_done = true;
}

static void handle_repositioned(void *data, struct xdg_popup *xdg_popup, uint32_t token) {
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_popup_done,
	.repositioned = handle_repositioned,
};

static void handle_surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	struct popup *popup = data;
	popup->configures++;
	xdg_surface_ack_configure(xdg_surface, serial);
	if (popup->is_manual) {
		return;
	}
	bool is_told = popup->configured_width > 0 && popup->configured_height > 0;
	bool is_obedient = is_told && !popup->is_oversized;
	int width = is_obedient ? popup->configured_width : popup->width;
	int height = is_obedient ? popup->configured_height : popup->height;
	struct buffer *buffer = buffer_create(popup->client, width, height, popup->color);
	wl_surface_attach(popup->surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(popup->surface, 0, 0, width, height);
	wl_surface_commit(popup->surface);
}

static const struct xdg_surface_listener surface_listener = { .configure = handle_surface_configure };

struct popup *popup_create(struct client *client, struct xdg_surface *parent, const struct popup_options *options) {
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(client_wm_base(client));
	xdg_positioner_set_size(positioner, options->width, options->height);
	/* A pixel at the wanted corner, with the popup hanging from it down and to the right. */
	xdg_positioner_set_anchor_rect(positioner, 0, 0, 1, 1);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_TOP_LEFT);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	xdg_positioner_set_offset(positioner, options->x, options->y);
	xdg_positioner_set_constraint_adjustment(positioner, options->constraint_adjustment);

	struct popup *popup = xcalloc(1, sizeof(*popup));
	popup->client = client;
	popup->color = options->color;
	popup->is_oversized = options->is_oversized;
	popup->width = options->width;
	popup->height = options->height;
	popup->surface = wl_compositor_create_surface(client_compositor(client));
	popup->xdg_surface = xdg_wm_base_get_xdg_surface(client_wm_base(client), popup->surface);
	xdg_surface_add_listener(popup->xdg_surface, &surface_listener, popup);
	popup->xdg_popup = xdg_surface_get_popup(popup->xdg_surface, parent, positioner);
	xdg_popup_add_listener(popup->xdg_popup, &popup_listener, popup);
	xdg_positioner_destroy(positioner);
	if (options->grab != NULL) {
		xdg_popup_grab(popup->xdg_popup, options->grab, options->grab_serial);
	}
	wl_surface_commit(popup->surface);
	return popup;
}

struct popup *popup_open(struct client *client, struct xdg_surface *parent, const struct popup_options *options) {
	struct test *test = client->test;
	struct popup *popup = popup_create(client, parent, options);
	WAIT_FOR(popup->configures > 0 || popup->is_done || client->is_dead, "the popup is not answered");
	client_roundtrip(client);
	return popup;
}

void popup_destroy(struct popup *popup) {
	xdg_popup_destroy(popup->xdg_popup);
	xdg_surface_destroy(popup->xdg_surface);
	wl_surface_destroy(popup->surface);
	free(popup);
}
