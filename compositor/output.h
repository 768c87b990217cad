#ifndef COMPOSITOR_OUTPUT_H
#define COMPOSITOR_OUTPUT_H

#include <wlr/backend.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include "compositor/gate.h"
#include "compositor/scene.h"
#include "config/config.h"
#include "policy/geometry.h"

struct outputs;

struct output {
	struct wlr_output *wlr;
	struct wlr_scene_output *scene_output;
	struct outputs *outputs;
	struct box full;        /* in layout coordinates */
	struct box below_strip; /* full less the strip */
	struct box usable;      /* below_strip less the shell's exclusive zones; written by layer.c */
	int number;             /* from 1, in the order in which connectors were first used; a connector keeps its own */
	struct {
		struct wl_signal changed; /* geometry, scale, usable */
		struct wl_signal destroy;
	} events;
	struct wl_list link; // outputs.list: only those that are enabled and have a place
};

struct outputs_private;

struct outputs {
	struct wl_list list; // output.link
	struct wlr_output_layout *layout;
	struct {
		struct wl_signal created; /* struct output * */
		struct wl_signal changed; /* struct output *, any of them, after its own signal */
		struct wl_signal painting; /* struct output *: a frame is about to be made; what it has to say may still be put right */
		struct wl_signal painted; /* struct output *: its next frame shows what the scene holds now */
		struct wl_signal gone;    /* NULL: the last monitor was taken away, or the last window closed by its host */
	} events;
	struct outputs_private *priv;
};

struct fairness;
struct recorder;
/* recorder: as in picture.h. */
struct outputs *outputs_create(struct wl_display *display, struct gate *gate, struct wlr_backend *backend,
	struct wlr_allocator *allocator, struct wlr_renderer *renderer, struct recorder *recorder, struct scene *scene,
	struct fairness *fairness);
void outputs_destroy(struct outputs *outputs);
/* To be called in each turn of the loop. Returns whether there is more to paint, so that the loop should not wait. */
bool outputs_paint(struct outputs *outputs);
/* config is borrowed until the next call. */
void outputs_configure(struct outputs *outputs, const struct config *config);

/* NULL only where there is no output at all. */
struct output *outputs_at(struct outputs *outputs, double lx, double ly);
struct output *outputs_first(struct outputs *outputs);
/* The connector's real name, as in the config: not for clients, who see a neutral one. */
const char *output_get_connector(const struct output *output);
struct output *output_from_wlr(struct wlr_output *wlr_output);
/* After writing output->usable. */
void output_notify(struct output *output);

#endif
