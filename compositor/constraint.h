#ifndef COMPOSITOR_CONSTRAINT_H
#define COMPOSITOR_CONSTRAINT_H

/*
 * Pointer locks and confinements (pointer-constraints-unstable-v1), for instances that are granted them. One is
 * active only while its surface has the pointer, its instance has the keyboard, and the person has clicked into that
 * instance since: what ended one (a focus switch, a modal, Super+Escape) is not undone by its client (attack F3).
 */

#include <wlr/types/wlr_cursor.h>
#include "compositor/focus.h"
#include "compositor/routing.h"
#include "compositor/scene.h"

struct constraints;

struct constraints *constraints_create(struct wl_display *display, struct gate *gate, struct scene *scene,
	struct focus *focus, struct routing *routing, struct wlr_cursor *wlr_cursor);
void constraints_destroy(struct constraints *constraints);

/* The person pressed a button inside pixels of this instance. */
void constraints_permit(struct constraints *constraints, const struct instance *instance);
/* After the pointer has been routed: ends what may no longer be, begins what may be. */
void constraints_update(struct constraints *constraints);
/* Ends what is active and takes the permission back. */
void constraints_end(struct constraints *constraints);
/* Takes off a motion of the pointer, in layout px, what a constraint does not let through. */
void constraints_limit(const struct constraints *constraints, double *dx, double *dy);

#endif
