#ifndef COMPOSITOR_STRIP_H
#define COMPOSITOR_STRIP_H

/*
 * The line at the top of each output that no client ever covers: workspaces, the focused window's instance and
 * title, notices, what the clipboard holds, the keyboard layout, the time.
 */

#include "compositor/carry.h"
#include "compositor/desk.h"
#include "compositor/focus.h"
#include "compositor/paint.h"

struct strip;

struct strip *strip_create(struct wl_event_loop *loop, struct scene *scene, struct outputs *outputs,
	struct instances *instances, struct seats *seats, struct desk *desk, struct focus *focus, struct carry *carry,
	struct painter *painter);
void strip_destroy(struct strip *strip);

/* Shows a line for some seconds (a warning longer); a newer one replaces it. instance may be NULL. Copies, cleaned. */
void strip_notice(struct strip *strip, enum session_notice_level level, struct instance *instance, const char *text);
/* A prompt announces itself there and nowhere else; NULL ends it. Copies. */
void strip_announce(struct strip *strip, const char *text);
/* The person pressed a button on the strip at layout coordinates: the workspace number there, or 0. */
int strip_workspace_at(struct strip *strip, double lx, double ly);

#endif
