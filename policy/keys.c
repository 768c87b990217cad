#include <xkbcommon/xkbcommon.h>

#include "policy/keys.h"

#define MODIFIERS_ALL (MODIFIER_SHIFT | MODIFIER_CTRL | MODIFIER_ALT | MODIFIER_SUPER)

/* ---- chords ---- */

static bool is_owners(uint32_t modifiers, uint32_t keysym) {
	return (modifiers & MODIFIER_SUPER) && keysym == XKB_KEY_Escape;
}

int keys_match(const struct config_bind *binds, size_t len, uint32_t modifiers, uint32_t keysym) {
	modifiers &= MODIFIERS_ALL;
	if (keysym == XKB_KEY_NoSymbol || is_owners(modifiers, keysym)) {
		return -1;
	}
	xkb_keysym_t folded = xkb_keysym_to_lower(keysym);
	for (size_t i = 0; i < len; i++) {
		if (binds[i].modifiers == modifiers && xkb_keysym_to_lower(binds[i].keysym) == folded) {
			return (int)i;
		}
	}
	return -1;
}

static bool any_is_owners(uint32_t modifiers, const uint32_t *keysyms, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (is_owners(modifiers, keysyms[i])) {
			return true;
		}
	}
	return false;
}

static int match_any(const struct config_bind *binds, size_t binds_len, uint32_t modifiers,
	const uint32_t *keysyms, size_t keysyms_len) {
	for (size_t i = 0; i < keysyms_len; i++) {
		int bind = keys_match(binds, binds_len, modifiers, keysyms[i]);
		if (bind >= 0) {
			return bind;
		}
	}
	return -1;
}

/* ---- what is held ---- */

/* The index of a held key, or pressed_len. */
static size_t find(const struct keys *keys, uint32_t code) {
	size_t i = 0;
	while (i < keys->pressed_len && keys->pressed[i].code != code) {
		i++;
	}
	return i;
}

static bool is_super_held(const struct keys *keys) {
	for (size_t i = 0; i < keys->pressed_len; i++) {
		if (keys->pressed[i].is_super) {
			return true;
		}
	}
	return false;
}

/* Notes that a key is down. Returns false where it was so before, or where there is no room. */
static bool hold(struct keys *keys, uint32_t code, bool is_super) {
	if (find(keys, code) < keys->pressed_len || keys->pressed_len == KEYS_PRESSED_MAX) {
		return false;
	}
	keys->pressed[keys->pressed_len].code = code;
	keys->pressed[keys->pressed_len].sent = false;
	keys->pressed[keys->pressed_len].is_super = is_super;
	keys->pressed_len++;
	return true;
}

enum keys_verdict keys_press(struct keys *keys, uint32_t code, bool is_super, uint32_t modifiers,
	const uint32_t *keysyms, size_t keysyms_len, const struct config_bind *binds, size_t binds_len, int *bind) {
	*bind = -1;
	/* The held keys know of Super too: a layout may have moved the modifier away from the key. */
	if (is_super_held(keys)) {
		modifiers |= MODIFIER_SUPER;
	}
	bool is_new = hold(keys, code, is_super);
	if (is_super) {
		return KEYS_SWALLOW;
	}
	/* Before anything that may say no: not even a table that is full of stuck keys takes it from the person. */
	if (any_is_owners(modifiers, keysyms, keysyms_len)) {
		return KEYS_OWNERS;
	}
	if (!is_new) {
		return KEYS_SWALLOW;
	}
	*bind = match_any(binds, binds_len, modifiers, keysyms, keysyms_len);
	if (*bind >= 0) {
		return KEYS_CHORD;
	}
	if (modifiers & MODIFIER_SUPER) {
		return KEYS_SWALLOW;
	}
	keys->pressed[keys->pressed_len - 1].sent = true;
	return KEYS_FORWARD;
}

void keys_withhold(struct keys *keys, uint32_t code) {
	size_t i = find(keys, code);
	if (i < keys->pressed_len) {
		keys->pressed[i].sent = false;
	}
}

enum keys_verdict keys_release(struct keys *keys, uint32_t code) {
	size_t i = find(keys, code);
	if (i == keys->pressed_len) {
		return KEYS_SWALLOW;
	}
	bool sent = keys->pressed[i].sent;
	keys->pressed[i] = keys->pressed[--keys->pressed_len];
	return sent ? KEYS_FORWARD : KEYS_SWALLOW;
}

void keys_switch(struct keys *keys) {
	for (size_t i = 0; i < keys->pressed_len; i++) {
		keys->pressed[i].sent = false;
	}
}

bool keys_any_pressed(const struct keys *keys) {
	return keys->pressed_len > 0;
}
