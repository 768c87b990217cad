#ifndef CONFIG_CHORD_H
#define CONFIG_CHORD_H

#include <stdint.h>

/*
 * A chord's text, such as Super+Shift+Return: modifiers and the name of a key as in xkbcommon-keysyms.h, letters in
 * either case. Returns NULL, with enum config_modifier bits and the keysym (lower case for letters), or says what
 * is wrong, which the caller frees. Refused is what would eat plain typing, and what is fixed.
 */
char *chord_parse(const char *untrusted_text, uint32_t *modifiers, uint32_t *keysym);

#endif
