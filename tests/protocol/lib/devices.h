#ifndef DEVICES_H
#define DEVICES_H

/*
 * The person's hands: a keyboard and a pointer made on the trusted shell's socket, which count as real devices.
 * Nothing waits in here, except that each call is sent; test_settle() follows where the effect matters.
 */

#include <linux/input-event-codes.h>
#include <stdint.h>

#include "tests/protocol/lib/client.h"

/* ---- keyboard: layout us ---- */

enum modifier { MOD_NONE = 0, MOD_SHIFT = 1, MOD_CTRL = 2, MOD_ALT = 4, MOD_SUPER = 8 };

struct virtual_keyboard;

struct virtual_keyboard *virtual_keyboard_create(struct client *shell);
/* Presses or releases a key by its evdev code, and sends the modifiers that follow from it. */
void virtual_keyboard_key(struct virtual_keyboard *keyboard, uint32_t code, bool pressed);
void virtual_keyboard_tap(struct virtual_keyboard *keyboard, uint32_t code);
/* Printable ASCII and newline, with Shift where it takes that. */
void virtual_keyboard_type(struct virtual_keyboard *keyboard, const char *text);
/* The modifier keys down, the key down and up, the modifier keys up in reverse order: enum modifier bits. */
void virtual_keyboard_chord(struct virtual_keyboard *keyboard, uint32_t modifiers, uint32_t code);
void virtual_keyboard_destroy(struct virtual_keyboard *keyboard);

/* ---- pointer ---- */

struct virtual_pointer;

/* width and height: of the layout in logical pixels. */
struct virtual_pointer *virtual_pointer_create(struct client *shell, int width, int height);
void virtual_pointer_move(struct virtual_pointer *pointer, int x, int y);
/* By so many pixels, as a mouse does. */
void virtual_pointer_step(struct virtual_pointer *pointer, int dx, int dy);
/* BTN_LEFT and so on. */
void virtual_pointer_button(struct virtual_pointer *pointer, uint32_t button, bool pressed);
void virtual_pointer_click(struct virtual_pointer *pointer, int x, int y, uint32_t button);
void virtual_pointer_scroll(struct virtual_pointer *pointer, double value);
void virtual_pointer_destroy(struct virtual_pointer *pointer);

#endif
