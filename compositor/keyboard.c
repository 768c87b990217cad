#include "compositor/keyboard.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compositor/actions.h"
#include "compositor/routing.h"

#define KEYSYMS_MAX 16

struct keyboards {
	struct focus *focus;
	struct routing *routing;
	struct modals *modals;
	struct idle *idle;
	struct actions *actions;
	struct prompts *prompts;
	struct wlr_session *session;
	struct xkb_keymap *keymap;
	const struct config *config;
	struct keys keys; /* of all keyboards together */
	const struct wlr_surface *surface; /* that had the keyboard when keys were last forwarded */
	struct wl_list list; // keyboard.link
	struct wl_listener focus_changed;
};

struct keyboard {
	struct keyboards *keyboards;
	struct wlr_keyboard *wlr;
	bool own_keymap;
	struct wl_listener key, modifiers, destroy;
	struct wl_list link; // keyboards.list
};

/* ---- what a key is ---- */

/* Held on any keyboard: a chord may be shared between two. */
static uint32_t chord_modifiers(const struct keyboards *keyboards) {
	static const struct {
		uint32_t wlr;
		uint32_t ours;
	} pairs[] = {
		{WLR_MODIFIER_SHIFT, MODIFIER_SHIFT},
		{WLR_MODIFIER_CTRL, MODIFIER_CTRL},
		{WLR_MODIFIER_ALT, MODIFIER_ALT},
		{WLR_MODIFIER_LOGO, MODIFIER_SUPER},
	};
	uint32_t held = 0, modifiers = 0;
	const struct keyboard *keyboard;
	wl_list_for_each(keyboard, &keyboards->list, link) {
		held |= wlr_keyboard_get_modifiers(keyboard->wlr);
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		modifiers |= held & pairs[i].wlr ? pairs[i].ours : 0;
	}
	return modifiers;
}

static size_t add_keysym(uint32_t *keysyms, size_t len, xkb_keysym_t keysym) {
	if (keysym != XKB_KEY_NoSymbol && len < KEYSYMS_MAX) {
		keysyms[len++] = keysym;
	}
	return len;
}

/* The symbol as typed first, then the plain one of every layout, so that a chord works in each of them. */
static size_t find_keysyms(const struct wlr_keyboard *wlr, uint32_t keycode, uint32_t *keysyms) {
	if (wlr->xkb_state == NULL) {
		return 0;
	}
	xkb_keycode_t code = keycode + 8;
	size_t len = add_keysym(keysyms, 0, xkb_state_key_get_one_sym(wlr->xkb_state, code));
	xkb_layout_index_t layouts = xkb_keymap_num_layouts_for_key(wlr->keymap, code);
	for (xkb_layout_index_t layout = 0; layout < layouts; layout++) {
		const xkb_keysym_t *plain;
		int count = xkb_keymap_key_get_syms_by_level(wlr->keymap, code, layout, 0, &plain);
		for (int i = 0; i < count; i++) {
			len = add_keysym(keysyms, len, plain[i]);
		}
	}
	return len;
}

static bool is_super(const uint32_t *keysyms, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (keysyms[i] == XKB_KEY_Super_L || keysyms[i] == XKB_KEY_Super_R) {
			return true;
		}
	}
	return false;
}

/* Ctrl+Alt+F1… on a text console. No client sees these either. */
static bool switch_console(struct keyboards *keyboards, const uint32_t *keysyms, size_t len) {
	if (keyboards->session == NULL || len == 0 || keysyms[0] < XKB_KEY_XF86Switch_VT_1 ||
			keysyms[0] > XKB_KEY_XF86Switch_VT_12) {
		return false;
	}
	wlr_session_change_vt(keyboards->session, keysyms[0] - XKB_KEY_XF86Switch_VT_1 + 1);
	return true;
}

/* ---- events ---- */

/* What a prompt understands: the first that is Latin or a key like Enter, so that F is F in every layout. */
static xkb_keysym_t plain_keysym(const uint32_t *keysyms, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (keysyms[i] < 0x100 || (keysyms[i] >= 0xff00 && keysyms[i] <= 0xffff)) {
			return keysyms[i];
		}
	}
	return XKB_KEY_NoSymbol;
}

static void forward(struct keyboard *keyboard, const struct wlr_keyboard_key_event *event, const uint32_t *keysyms,
		size_t len) {
	struct keyboards *keyboards = keyboard->keyboards;
	if (modals_is_open(keyboards->modals)) {
		keys_withhold(&keyboards->keys, event->keycode);
		modals_key(keyboards->modals, plain_keysym(keysyms, len));
		return;
	}
	routing_key(keyboards->routing, event->time_msec, event->keycode, true, keyboard->wlr->keymap);
}

static void press(struct keyboard *keyboard, const struct wlr_keyboard_key_event *event) {
	struct keyboards *keyboards = keyboard->keyboards;
	const struct config *config = keyboards->config;
	uint32_t keysyms[KEYSYMS_MAX];
	size_t len = find_keysyms(keyboard->wlr, event->keycode, keysyms);
	keyboards->focus->last_key = clock_now();
	int bind;
	enum keys_verdict verdict = keys_press(&keyboards->keys, event->keycode, is_super(keysyms, len),
		chord_modifiers(keyboards), keysyms, len, config != NULL ? config->binds : NULL,
		config != NULL ? config->binds_len : 0, &bind);
	if (verdict == KEYS_FORWARD && switch_console(keyboards, keysyms, len)) {
		keys_withhold(&keyboards->keys, event->keycode);
		return;
	}
	switch (verdict) {
	case KEYS_SWALLOW:
		break;
	case KEYS_FORWARD:
		forward(keyboard, event, keysyms, len);
		break;
	case KEYS_CHORD:
		/* While a prompt or the owners view is up, only Super+Escape means anything. */
		if (!modals_is_open(keyboards->modals) && keyboards->actions != NULL) {
			/* analyzer: without a config there are no binds, and no chord */
			actions_run(keyboards->actions, &config->binds[bind], bind);
		}
		break;
	case KEYS_OWNERS:
		if (keyboards->actions != NULL) {
			actions_owners(keyboards->actions);
		}
		break;
	}
}

static void tell_released(struct keyboards *keyboards) {
	if (keyboards->prompts != NULL && !keys_any_pressed(&keyboards->keys)) {
		prompts_keys_released(keyboards->prompts);
	}
}

static void handle_key(struct wl_listener *listener, void *data) {
	struct keyboard *keyboard = wl_container_of(listener, keyboard, key);
	struct keyboards *keyboards = keyboard->keyboards;
	const struct wlr_keyboard_key_event *event = data;
	idle_activity(keyboards->idle);
	if (event->state == WL_KEYBOARD_KEY_STATE_PRESSED) {
		press(keyboard, event);
		return;
	}
	if (keys_release(&keyboards->keys, event->keycode) == KEYS_FORWARD) {
		routing_key(keyboards->routing, event->time_msec, event->keycode, false, keyboard->wlr->keymap);
	}
	tell_released(keyboards);
}

/* A virtual keyboard may say its modifiers without a key; of a real one the seats learn through the keys alone. */
static void handle_modifiers(struct wl_listener *listener, void *data) {
	struct keyboard *keyboard = wl_container_of(listener, keyboard, modifiers);
	if (!keyboard->own_keymap) {
		return;
	}
	const struct wlr_keyboard *wlr = keyboard->wlr;
	struct wlr_keyboard_modifiers modifiers = wlr->modifiers;
	if (wlr->keymap != NULL && wlr->mod_indexes[6] != XKB_MOD_INVALID) {
		modifiers.depressed &= ~(1u << wlr->mod_indexes[6]); /* WLR_MODIFIER_LOGO: no client ever sees Super */
	}
	routing_modifiers(keyboard->keyboards->routing, &modifiers, wlr->keymap);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct keyboard *keyboard = wl_container_of(listener, keyboard, destroy);
	struct keyboards *keyboards = keyboard->keyboards;
	/* Keys that it held will never be released: let them go here. */
	for (size_t i = 0; i < keyboard->wlr->num_keycodes; i++) {
		uint32_t code = keyboard->wlr->keycodes[i];
		if (keys_release(&keyboards->keys, code) == KEYS_FORWARD) {
			routing_key(keyboards->routing, (uint32_t)clock_now(), code, false, NULL);
		}
	}
	tell_released(keyboards);
	wl_list_remove(&keyboard->key.link);
	wl_list_remove(&keyboard->modifiers.link);
	wl_list_remove(&keyboard->destroy.link);
	wl_list_remove(&keyboard->link);
	free(keyboard);
}

/* Another surface has the keyboard: keys held now were the other's, and their releases are nobody's. */
static void handle_focus_changed(struct wl_listener *listener, void *data) {
	struct keyboards *keyboards = wl_container_of(listener, keyboards, focus_changed);
	const struct focus *focus = keyboards->focus;
	const struct wlr_surface *surface = focus_is_held(focus) ? NULL :
		focus->layer != NULL ? focus->layer :
		focus->window != NULL ? focus->window->toplevel->base->surface : NULL;
	if (surface != keyboards->surface) {
		keyboards->surface = surface;
		keys_switch(&keyboards->keys);
	}
}

/* ---- lifetime ---- */

void keyboards_add(struct keyboards *keyboards, struct wlr_keyboard *wlr, bool own_keymap) {
	struct keyboard *keyboard = xcalloc(1, sizeof(*keyboard));
	keyboard->keyboards = keyboards;
	keyboard->wlr = wlr;
	keyboard->own_keymap = own_keymap;
	keyboard->key.notify = handle_key;
	wl_signal_add(&wlr->events.key, &keyboard->key);
	keyboard->modifiers.notify = handle_modifiers;
	wl_signal_add(&wlr->events.modifiers, &keyboard->modifiers);
	keyboard->destroy.notify = handle_destroy;
	wl_signal_add(&wlr->base.events.destroy, &keyboard->destroy);
	wl_list_insert(&keyboards->list, &keyboard->link);
	if (!own_keymap && keyboards->keymap != NULL) {
		wlr_keyboard_set_keymap(wlr, keyboards->keymap);
	}
}

void keyboards_configure(struct keyboards *keyboards, struct xkb_keymap *keymap, const struct config *config) {
	xkb_keymap_unref(keyboards->keymap);
	keyboards->keymap = xkb_keymap_ref(keymap);
	keyboards->config = config;
	struct keyboard *keyboard;
	wl_list_for_each(keyboard, &keyboards->list, link) {
		if (!keyboard->own_keymap) {
			wlr_keyboard_set_keymap(keyboard->wlr, keymap);
		}
	}
}

struct keyboards *keyboards_create(struct wl_display *display, struct focus *focus, struct routing *routing,
		struct modals *modals, struct idle *idle) {
	struct keyboards *keyboards = xcalloc(1, sizeof(*keyboards));
	keyboards->focus = focus;
	keyboards->routing = routing;
	keyboards->modals = modals;
	keyboards->idle = idle;
	wl_list_init(&keyboards->list);
	keyboards->focus_changed.notify = handle_focus_changed;
	wl_signal_add(&focus->events.changed, &keyboards->focus_changed);
	return keyboards;
}

void keyboards_destroy(struct keyboards *keyboards) {
	if (keyboards == NULL) {
		return;
	}
	struct keyboard *keyboard, *next;
	wl_list_for_each_safe(keyboard, next, &keyboards->list, link) {
		handle_destroy(&keyboard->destroy, NULL);
	}
	wl_list_remove(&keyboards->focus_changed.link);
	xkb_keymap_unref(keyboards->keymap);
	free(keyboards);
}

void keyboards_set_session(struct keyboards *keyboards, struct wlr_session *session) {
	keyboards->session = session;
}

void keyboards_set_actions(struct keyboards *keyboards, struct actions *actions, struct prompts *prompts) {
	keyboards->actions = actions;
	keyboards->prompts = prompts;
}

bool keyboards_any_pressed(const struct keyboards *keyboards) {
	return keys_any_pressed(&keyboards->keys);
}

bool keyboards_super_held(const struct keyboards *keyboards) {
	return chord_modifiers(keyboards) & MODIFIER_SUPER;
}
