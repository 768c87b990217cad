#include "tests/protocol/lib/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon.h>

#include "base/fd.h"
#include "base/memory.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"

#define XKB_OFFSET 8 /* between evdev's codes and xkb's */

static uint32_t now(void) {
	return (uint32_t)test_now();
}

/* ---- keyboard ---- */

struct virtual_keyboard {
	struct client *client;
	struct zwp_virtual_keyboard_v1 *object;
	struct xkb_context *context;
	struct xkb_keymap *keymap;
	struct xkb_state *state;
};

struct virtual_keyboard *virtual_keyboard_create(struct client *shell) {
	struct test *test = shell->test;
	struct virtual_keyboard *keyboard = xcalloc(1, sizeof(*keyboard));
	keyboard->client = shell;
	keyboard->context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	const struct xkb_rule_names names = { .layout = "us" };
	keyboard->keymap = xkb_keymap_new_from_names(keyboard->context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	CHECK(keyboard->keymap != NULL, "cannot make a keymap of layout us");
	keyboard->state = xkb_state_new(keyboard->keymap);

	struct zwp_virtual_keyboard_manager_v1 *manager = client_bind(shell, &zwp_virtual_keyboard_manager_v1_interface, 1);
	keyboard->object = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(manager, client_wl_seat(shell));
	zwp_virtual_keyboard_manager_v1_destroy(manager);
	char *text = xkb_keymap_get_as_string(keyboard->keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	size_t size = strlen(text) + 1;
	int fd = fd_sealed_memfd("test keymap", text, size);
	CHECK(fd >= 0, "cannot share the keymap: %s", strerror(errno));
	zwp_virtual_keyboard_v1_keymap(keyboard->object, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, (uint32_t)size);
	close(fd);
	free(text);
	client_roundtrip(shell);
	return keyboard;
}

void virtual_keyboard_key(struct virtual_keyboard *keyboard, uint32_t code, bool pressed) {
	zwp_virtual_keyboard_v1_key(
		keyboard->object, now(), code, pressed ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
	enum xkb_state_component changed = xkb_state_update_key(
		keyboard->state, code + XKB_OFFSET, pressed ? XKB_KEY_DOWN : XKB_KEY_UP);
	if (changed != 0) {
		zwp_virtual_keyboard_v1_modifiers(keyboard->object,
			xkb_state_serialize_mods(keyboard->state, XKB_STATE_MODS_DEPRESSED),
			xkb_state_serialize_mods(keyboard->state, XKB_STATE_MODS_LATCHED),
			xkb_state_serialize_mods(keyboard->state, XKB_STATE_MODS_LOCKED),
			xkb_state_serialize_layout(keyboard->state, XKB_STATE_LAYOUT_EFFECTIVE));
	}
	wl_display_flush(keyboard->client->display);
}

void virtual_keyboard_tap(struct virtual_keyboard *keyboard, uint32_t code) {
	virtual_keyboard_key(keyboard, code, true);
	virtual_keyboard_key(keyboard, code, false);
}

/* Finds the key, and whether it takes Shift, that makes a symbol in the keymap's first layout. */
static bool find_key(struct virtual_keyboard *keyboard, xkb_keysym_t wanted, uint32_t *code, bool *shift) {
	xkb_keycode_t max = xkb_keymap_max_keycode(keyboard->keymap);
	for (xkb_level_index_t level = 0; level < 2; level++) {
		for (xkb_keycode_t key = xkb_keymap_min_keycode(keyboard->keymap); key <= max; key++) {
			const xkb_keysym_t *symbols;
			int len = xkb_keymap_key_get_syms_by_level(keyboard->keymap, key, 0, level, &symbols);
			if (len == 1 && symbols[0] == wanted) {
				*code = key - XKB_OFFSET;
				*shift = level == 1;
				return true;
			}
		}
	}
	return false;
}

void virtual_keyboard_type(struct virtual_keyboard *keyboard, const char *text) {
	struct test *test = keyboard->client->test;
	for (; *text != '\0'; text++) {
		xkb_keysym_t symbol = *text == '\n' ? XKB_KEY_Return : xkb_utf32_to_keysym((unsigned char)*text);
		uint32_t code;
		bool shift;
		CHECK(find_key(keyboard, symbol, &code, &shift), "no key for “%c”", *text);
		if (shift) {
			virtual_keyboard_chord(keyboard, MOD_SHIFT, code);
		} else {
			virtual_keyboard_tap(keyboard, code);
		}
	}
}

void virtual_keyboard_chord(struct virtual_keyboard *keyboard, uint32_t modifiers, uint32_t code) {
	static const struct {
		uint32_t modifier, code;
	} keys[] = {
		{ MOD_CTRL, KEY_LEFTCTRL },
		{ MOD_ALT, KEY_LEFTALT },
		{ MOD_SHIFT, KEY_LEFTSHIFT },
		{ MOD_SUPER, KEY_LEFTMETA },
	};
	const size_t len = sizeof(keys) / sizeof(keys[0]);
	for (size_t i = 0; i < len; i++) {
		if ((modifiers & keys[i].modifier) != 0) {
			virtual_keyboard_key(keyboard, keys[i].code, true);
		}
	}
	virtual_keyboard_tap(keyboard, code);
	for (size_t i = len; i > 0; i--) {
		if ((modifiers & keys[i - 1].modifier) != 0) {
			virtual_keyboard_key(keyboard, keys[i - 1].code, false);
		}
	}
}

void virtual_keyboard_destroy(struct virtual_keyboard *keyboard) {
	zwp_virtual_keyboard_v1_destroy(keyboard->object);
	xkb_state_unref(keyboard->state);
	xkb_keymap_unref(keyboard->keymap);
	xkb_context_unref(keyboard->context);
	free(keyboard);
}

/* ---- pointer ---- */

struct virtual_pointer {
	struct client *client;
	struct zwlr_virtual_pointer_v1 *object;
	uint32_t width, height;
};

struct virtual_pointer *virtual_pointer_create(struct client *shell, int width, int height) {
	struct virtual_pointer *pointer = xcalloc(1, sizeof(*pointer));
	pointer->client = shell;
	pointer->width = (uint32_t)width;
	pointer->height = (uint32_t)height;
	struct zwlr_virtual_pointer_manager_v1 *manager = client_bind(shell, &zwlr_virtual_pointer_manager_v1_interface, 2);
	pointer->object = zwlr_virtual_pointer_manager_v1_create_virtual_pointer(manager, client_wl_seat(shell));
	zwlr_virtual_pointer_manager_v1_destroy(manager);
	client_roundtrip(shell);
	return pointer;
}

static void send_frame(struct virtual_pointer *pointer) {
	zwlr_virtual_pointer_v1_frame(pointer->object);
	wl_display_flush(pointer->client->display);
}

void virtual_pointer_move(struct virtual_pointer *pointer, int x, int y) {
	zwlr_virtual_pointer_v1_motion_absolute(
		pointer->object, now(), (uint32_t)x, (uint32_t)y, pointer->width, pointer->height);
	send_frame(pointer);
}

void virtual_pointer_step(struct virtual_pointer *pointer, int dx, int dy) {
	zwlr_virtual_pointer_v1_motion(pointer->object, now(), wl_fixed_from_int(dx), wl_fixed_from_int(dy));
	send_frame(pointer);
}

void virtual_pointer_button(struct virtual_pointer *pointer, uint32_t button, bool pressed) {
	zwlr_virtual_pointer_v1_button(
		pointer->object, now(), button, pressed ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED);
	send_frame(pointer);
}

void virtual_pointer_click(struct virtual_pointer *pointer, int x, int y, uint32_t button) {
	virtual_pointer_move(pointer, x, y);
	virtual_pointer_button(pointer, button, true);
	virtual_pointer_button(pointer, button, false);
}

void virtual_pointer_scroll(struct virtual_pointer *pointer, double value) {
	zwlr_virtual_pointer_v1_axis_source(pointer->object, WL_POINTER_AXIS_SOURCE_WHEEL);
	zwlr_virtual_pointer_v1_axis(pointer->object, now(), WL_POINTER_AXIS_VERTICAL_SCROLL, wl_fixed_from_double(value));
	send_frame(pointer);
}

void virtual_pointer_destroy(struct virtual_pointer *pointer) {
	zwlr_virtual_pointer_v1_destroy(pointer->object);
	free(pointer);
}
