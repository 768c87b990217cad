#ifndef COMPOSITOR_GATE_H
#define COMPOSITOR_GATE_H

/*
 * The one filter of globals. Every global is admitted by pointer under its row of policy/protocols.c; a global
 * that nobody admitted is seen by nobody.
 */

#include <wayland-server-core.h>
#include "compositor/instance.h"

struct gate;

struct gate *gate_create(struct wl_display *display);
void gate_destroy(struct gate *gate);

/*
 * The filter runs while a global is being made, before its maker has the pointer: announce it first. owner is
 * the instance for PROTOCOL_OWN, else NULL. Aborts where the interface has no row in the policy's table.
 */
void gate_expect(struct gate *gate, const char *interface, struct instance *owner);
/* Ends what gate_expect() began. NULL aborts. The entry goes with the global's owner: gate_dismiss(). */
void gate_admit(struct gate *gate, struct wl_global *global);
void gate_dismiss(struct gate *gate, struct wl_global *global);
/*
 * Instead, where clients that may see the global live on: one that was told of it, and not yet of its end, may be about
 * to bind it, which would be an error of its own if the gate knew it no more. Call it before wlroots removes the global,
 * which it keeps for 5 seconds more (wlr_global_destroy_safe()); the entry goes before that. Not for PROTOCOL_OWN.
 */
void gate_retire(struct gate *gate, struct wl_global *global);

#endif
