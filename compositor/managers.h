#ifndef COMPOSITOR_MANAGERS_H
#define COMPOSITOR_MANAGERS_H

/*
 * The globals that need no more of us than to exist: wlroots does their work, the scene shows it. Each is made
 * once, behind the gate. Managers with a policy of their own stand in the file of that policy.
 */

#include <wlr/backend.h>
#include <wlr/render/wlr_renderer.h>
#include "compositor/gate.h"
#include "compositor/output.h"
#include "compositor/scene.h"

struct managers;

/* Returns NULL where one of them could not be made. */
struct managers *managers_create(struct wl_display *display, struct gate *gate, struct wlr_backend *backend,
	struct wlr_renderer *renderer, struct scene *scene, struct outputs *outputs);
void managers_destroy(struct managers *managers);

#endif
