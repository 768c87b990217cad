#ifndef COMPOSITOR_OWNERS_H
#define COMPOSITOR_OWNERS_H

/*
 * Super+Escape: ends grabs, locks, confinements and drags, covers every window in its instance's colour with the
 * name in large letters, and offers to freeze or kill one instance: one that has a window to be seen, or any other
 * that has some life. Works whatever any client does.
 */

#include "compositor/desk.h"
#include "compositor/focus.h"
#include "compositor/modal.h"
#include "compositor/paint.h"
#include "compositor/popup.h"

struct owners;

struct owners_handler {
	/* It has just opened: whatever holds the pointer lets go. May be NULL. */
	void (*opened)(void *data);
	/* The person wants this instance (never the shell) frozen, thawed or killed. */
	void (*order)(void *data, struct instance *instance, enum session_order order);
};

struct owners *owners_create(struct wl_event_loop *loop, struct scene *scene, struct outputs *outputs,
	struct instances *instances, struct desk *desk, struct focus *focus, struct popups *popups, struct painter *painter,
	struct modals *modals, const struct owners_handler *handler, void *data);
void owners_destroy(struct owners *owners);
/* Opens it, or closes it where it is open. */
void owners_toggle(struct owners *owners);

#endif
