#ifndef COMPOSITOR_KEYBOARD_H
#define COMPOSITOR_KEYBOARD_H

/* Real keyboards (and the shell's virtual ones): chords of ours first, else a key for the focused instance's seat. */

#include <wlr/backend/session.h>
#include <wlr/types/wlr_keyboard.h>
#include "compositor/focus.h"
#include "compositor/idle.h"
#include "compositor/modal.h"
#include "compositor/prompt.h"
#include "policy/keys.h"

struct keyboards;
struct actions;

struct routing;
struct keyboards *keyboards_create(struct wl_display *display, struct focus *focus, struct routing *routing,
	struct modals *modals, struct idle *idle);
void keyboards_destroy(struct keyboards *keyboards);
/* For the consoles' own chords (Ctrl+Alt+F1…); NULL where there is no session. */
void keyboards_set_session(struct keyboards *keyboards, struct wlr_session *session);
void keyboards_set_actions(struct keyboards *keyboards, struct actions *actions, struct prompts *prompts);
/* keymap is from the supervisor; binds are borrowed until the next call. */
void keyboards_configure(struct keyboards *keyboards, struct xkb_keymap *keymap, const struct config *config);
/* own_keymap: a virtual keyboard brings its own. */
void keyboards_add(struct keyboards *keyboards, struct wlr_keyboard *keyboard, bool own_keymap);
bool keyboards_any_pressed(const struct keyboards *keyboards);
/* Super is held: pointer buttons move and resize. */
bool keyboards_super_held(const struct keyboards *keyboards);

#endif
