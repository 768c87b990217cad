#ifndef CONFIG_KEYMAP_H
#define CONFIG_KEYMAP_H

#include "config/config.h"

/*
 * The keyboard's keymap as text of XKB_KEYMAP_FORMAT_TEXT_V1, made with libxkbcommon from the xkb names; what is ""
 * comes from the environment (XKB_DEFAULT_LAYOUT and so on) or the system's default. The caller frees it. Returns
 * NULL where there is none of these names, with one line in *error that says so, and that the caller frees.
 */
char *config_keymap_text(const struct config_keyboard *keyboard, char **error);

#endif
