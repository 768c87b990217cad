#ifndef DESKTOP_H
#define DESKTOP_H

/* What stands where, as `coffer` tells it, and the person's ways to act on it. */

#include <stdbool.h>
#include <stddef.h>

#include "policy/geometry.h"
#include "tests/protocol/lib/picture.h"
#include "tests/protocol/lib/session.h"

#define DESKTOP_WINDOWS_MAX 64

struct desktop_window {
	long id;
	char instance[64];
	char title[1024], app_id[1024]; /* as shown, cleaned */
	char output[64];
	int workspace;
	struct box frame, content; /* layout coordinates */
	bool focused, floating, fullscreen, maximized, urgent, visible;
};

/* `coffer windows --json`. Returns how many. */
size_t desktop_windows(struct session *session, struct desktop_window windows[DESKTOP_WINDOWS_MAX]);
/* Finds by instance, and by title where it is not NULL. */
bool desktop_find(struct session *session, const char *instance, const char *title, struct desktop_window *window);
/* Waits until it is there. */
struct desktop_window desktop_wait(struct session *session, const char *instance, const char *title);
/* The instance of the focused window, "" where none is; valid until the next call. */
const char *desktop_focused(struct session *session);
/* The person clicks its band, and waits until it has the focus. */
void desktop_focus(struct session *session, const char *instance, const char *title);
/*
 * Waits until nothing moves any more: two looks, with everybody's roundtrips between them, are the same. On a peer,
 * of which nobody tells where windows are, two pictures.
 */
void desktop_wait_still(struct session *session);

/* `coffer clipboard status --json`. */
struct desktop_clipboard {
	bool held;
	char source[64];
	long size; /* bytes */
	long seconds; /* left; -1 where it never expires */
};
struct desktop_clipboard desktop_clipboard(struct session *session);

/* A picture of the screen with everything in it that was sent before. The caller destroys it. */
struct picture *desktop_picture(struct session *session);

/* The strip, and all that is below it. */
struct box desktop_strip(void);
struct box desktop_below_strip(void);

/* Fails the case unless the window's border is whole and of this colour, in the picture. */
void desktop_check_frame(
	struct session *session, const struct picture *picture, const struct desktop_window *window, uint32_t color);

#endif
