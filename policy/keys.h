#ifndef POLICY_KEYS_H
#define POLICY_KEYS_H

/*
 * What a key event from a real device means: a chord of ours, something to swallow, or a key for the focused
 * instance. Pure bookkeeping of pressed keys by evdev code; no xkb state in here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "config/config.h"

#define KEYS_PRESSED_MAX 64

struct keys {
	struct {
		uint32_t code;
		bool sent;     /* the press went to the focused instance: its release must too */
		bool is_super; /* a Super key: while it is down, no press goes to anybody */
	} pressed[KEYS_PRESSED_MAX];
	size_t pressed_len;
};

enum keys_verdict {
	KEYS_SWALLOW, /* goes to nobody */
	KEYS_FORWARD, /* goes to the focused instance */
	KEYS_CHORD,   /* *bind was pressed: carry it out; goes to nobody */
	KEYS_OWNERS,  /* Super+Escape */
};

/*
 * The chord that these modifiers and this keysym are, or -1. Modifiers must be those of the bind and no others;
 * letters match in either case. Super+Escape is not among them.
 */
int keys_match(const struct config_bind *binds, size_t len, uint32_t modifiers, uint32_t keysym);

/*
 * A press. keysyms: the key's symbols to match against (level 0 of the active layout, and the translated one), the
 * first that fits wins. modifiers: enum config_modifier bits that were in effect before it. is_super: the key
 * itself is a Super key, which no client ever sees. *bind is set to the chord's index, else to -1.
 *
 * What is pressed while Super is held goes to nobody, bound or not: Super is ours alone, and a chord that is
 * mistyped must not become text. Super+Escape is KEYS_OWNERS whatever else is held. A second press of a key
 * that is down already is swallowed, as is every key past KEYS_PRESSED_MAX; Super+Escape works even then.
 */
enum keys_verdict keys_press(struct keys *keys, uint32_t code, bool is_super, uint32_t modifiers,
	const uint32_t *keysyms, size_t keysyms_len, const struct config_bind *binds, size_t binds_len, int *bind);

/*
 * The press that keys_press() said to forward went to nobody after all (a prompt took it, nothing has the focus):
 * its release is swallowed.
 */
void keys_withhold(struct keys *keys, uint32_t code);

/* A release: forwarded only where the press was, to the instance that got it. */
enum keys_verdict keys_release(struct keys *keys, uint32_t code);

/* Focus goes to another instance: what is held now is not told to it, and its releases are swallowed. */
void keys_switch(struct keys *keys);

/* Is any key down at all? A prompt asks before it takes an answer. */
bool keys_any_pressed(const struct keys *keys);

#endif
