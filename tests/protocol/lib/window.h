#ifndef WINDOW_H
#define WINDOW_H

/*
 * Surfaces and their roles. A window is honest unless told otherwise: it acknowledges each configure and draws
 * itself in its colour at the size asked for. The structs are open, since hostile tests use the raw objects.
 */

#include <stdint.h>

#include "tests/protocol/lib/buffer.h"
#include "tests/protocol/lib/client.h"
#include "xdg-shell-client-protocol.h"

struct window {
	struct client *client;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	uint32_t color;
	int width, height; /* as last drawn */
	bool is_manual; /* the test draws and acknowledges; configures are noted all the same */

	/* The last configure. */
	uint32_t serial;
	int configured_width, configured_height;
	uint32_t states; /* bit for each enum xdg_toplevel_state */
	size_t configures;
	uint32_t acknowledged; /* the serial that window_acknowledge() sent last */
	int pending_width, pending_height;
	uint32_t pending_states;
	bool close_asked;

	struct wl_callback *frame; /* see window_count_frames() */
	size_t frames;
};

/* A toplevel with role and title; nothing is committed. A window without a size of its own wants 320 by 240. */
struct window *window_create(struct client *client, const char *title, uint32_t color);
/* The first commit, the configure that answers it, the first buffer. */
void window_map(struct window *window);
/* Both, and waits until what the compositor makes of it has come back. */
struct window *window_open(struct client *client, const char *title, uint32_t color);
/* With equal minimum and maximum size: such a window floats. */
struct window *window_open_fixed(struct client *client, const char *title, uint32_t color, int width, int height);

/* For a manual window: acknowledges the last configure, where that is not done. */
void window_acknowledge(struct window *window);
/* Attaches a plain buffer, damages all, commits. */
void window_draw(struct window *window, int width, int height, uint32_t color);
/* Attaches this buffer, damages all, commits. */
void window_show(struct window *window, struct buffer *buffer);
void window_unmap(struct window *window);
void window_destroy(struct window *window);
/* From now on each frame callback makes the next frame: the window repaints as fast as it is let. */
void window_count_frames(struct window *window);

bool window_has_state(const struct window *window, enum xdg_toplevel_state state);

/* ---- parts ---- */

struct subsurface {
	struct wl_surface *surface;
	struct wl_subsurface *wl_subsurface;
};

/* A mapped, desynchronised child surface; it shows with the parent's next commit, which the caller makes. */
struct subsurface *subsurface_create(
	struct client *client, struct wl_surface *parent, int x, int y, int width, int height, uint32_t color);

struct popup {
	struct client *client;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_popup *xdg_popup;
	uint32_t color;
	int width, height; /* as it wants to be */
	bool is_oversized; /* drawn so, whatever the configure says */
	bool is_manual;
	/* The last configure: relative to the parent's window geometry. */
	int x, y, configured_width, configured_height;
	size_t configures;
	bool is_done; /* the compositor dismissed it */
};

struct popup_options {
	int x, y; /* of its top left corner in the parent's window geometry */
	int width, height;
	uint32_t color;
	uint32_t constraint_adjustment; /* of xdg_positioner */
	struct wl_seat *grab; /* with grab_serial, or NULL */
	uint32_t grab_serial;
	bool is_oversized; /* draw width and height, whatever the configure says */
};

/* A popup of a window or of a popup; mapped when its configure comes. */
struct popup *popup_create(struct client *client, struct xdg_surface *parent, const struct popup_options *options);
/* And waits until it is mapped, or dismissed. */
struct popup *popup_open(struct client *client, struct xdg_surface *parent, const struct popup_options *options);
void popup_destroy(struct popup *popup);

#endif
