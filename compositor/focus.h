#ifndef COMPOSITOR_FOCUS_H
#define COMPOSITOR_FOCUS_H

/*
 * Who has the keyboard. It moves by the person alone, and the rules for what happens without the person's hand
 * are in policy/focus.h. At any time keys go to exactly one of: nobody, one window's instance, one layer surface
 * of the shell, the compositor itself (a modal).
 */

#include "compositor/desk.h"
#include "compositor/instance.h"
#include "compositor/window.h"

struct focus {
	struct window *window;      /* or NULL */
	struct wlr_surface *layer;  /* a shell surface that has the keyboard, or NULL */
	struct instance *instance;  /* whose seat gets keys: the window's, the shell for a layer, or NULL */
	int64_t last_key;           /* ms: a press from a real device, whoever got it; written by keyboard.c */
	struct {
		struct wl_signal changed;  /* window, layer or instance */
		struct wl_signal switched; /* struct instance * (may be NULL): another instance has the keyboard now */
	} events;
	struct focus_private *priv;
};

struct focus *focus_create(struct wl_event_loop *loop, struct desk *desk, struct instances *instances);
void focus_destroy(struct focus *focus);

/* The person chose it (chord, click). NULL: none. Raises a floating one. */
void focus_choose(struct focus *focus, struct window *window);
/* A shell surface takes or gives back the keyboard (layer shell's keyboard interactivity). */
void focus_layer(struct focus *focus, struct wlr_surface *surface);
/* The compositor holds all input while a modal is up. */
void focus_hold(struct focus *focus, bool held);
bool focus_is_held(const struct focus *focus);
/* A workspace was switched or a window moved away: the latest window there, by the person's hand. */
void focus_refresh(struct focus *focus);

#endif
