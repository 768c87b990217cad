#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon.h>
#include "base/memory.h"
#include "config/chord.h"
#include "config/errors.h"
#include "config/parser.h"

static const struct word modifier_words[] = {
	{ .name = "super", .value = MODIFIER_SUPER },
	{ .name = "shift", .value = MODIFIER_SHIFT },
	{ .name = "ctrl", .value = MODIFIER_CTRL },
	{ .name = "alt", .value = MODIFIER_ALT },
	{ 0 },
};

struct range {
	uint32_t first, last;
};

/* Keys that hold or lock a modifier: no chord ends in one. */
static const struct range modifier_keys[] = {
	{ XKB_KEY_Mode_switch, XKB_KEY_Num_Lock },
	{ XKB_KEY_Shift_L, XKB_KEY_Hyper_R },
	{ XKB_KEY_ISO_Lock, XKB_KEY_ISO_Last_Group_Lock },
	{ XKB_KEY_ISO_Level5_Shift, XKB_KEY_ISO_Level5_Lock },
};

/* Keys that nobody types a text with: these may be bound without a modifier. */
static const struct range quiet_keys[] = {
	{ XKB_KEY_F1, XKB_KEY_F35 },
	{ XKB_KEY_Print, XKB_KEY_Print },
	{ XKB_KEY_Pause, XKB_KEY_Sys_Req }, /* Scroll_Lock is between them */
	{ XKB_KEY_Break, XKB_KEY_Break },
	{ 0x10080000, 0x1008ffff }, /* XF86…: volume, brightness, media */
};

/* Chords that mean one thing always. modifiers: all of these, and with exact no other. */
static const struct {
	uint32_t modifiers;
	bool exact;
	struct range keys;
	const char *why;
} fixed[] = {
	{ MODIFIER_SUPER, true, { XKB_KEY_Escape, XKB_KEY_Escape }, "always shows whose each window is" },
	{ MODIFIER_CTRL | MODIFIER_ALT, false, { XKB_KEY_F1, XKB_KEY_F12 }, "switches the virtual terminal" },
	{ 0, false, { XKB_KEY_XF86Switch_VT_1, XKB_KEY_XF86Switch_VT_12 }, "switches the virtual terminal" },
};

static bool is_in(uint32_t keysym, const struct range *ranges, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (keysym >= ranges[i].first && keysym <= ranges[i].last) {
			return true;
		}
	}
	return false;
}
#define IS_IN(keysym, ranges) is_in(keysym, ranges, sizeof(ranges) / sizeof((ranges)[0]))

/* Reads the words before the last '+', and returns what stands after it in *untrusted_key. */
static char *read_modifiers(const char *untrusted_text, uint32_t *modifiers, const char **untrusted_key) {
	const char *c = untrusted_text;
	for (const char *plus; (plus = strchr(c, '+')) != NULL; c = plus + 1) {
		char *name = xstrndup(c, (size_t)(plus - c));
		for (char *letter = name; *letter != '\0'; letter++) {
			*letter |= *letter >= 'A' && *letter <= 'Z' ? 0x20 : 0;
		}
		const struct word *word = word_find(modifier_words, name);
		free(name);
		if (word == NULL) {
			char quoted[QUOTE_SIZE];
			return xasprintf("expected Super, Shift, Ctrl or Alt before each '+' of a chord, not %s",
				errors_quote(untrusted_text, quoted));
		}
		*modifiers |= (uint32_t)word->value;
	}
	*untrusted_key = c;
	return NULL;
}

char *chord_parse(const char *untrusted_text, uint32_t *modifiers, uint32_t *keysym) {
	char quoted[QUOTE_SIZE];
	const char *untrusted_key = untrusted_text;
	*modifiers = 0;
	char *error = read_modifiers(untrusted_text, modifiers, &untrusted_key);
	if (error != NULL) {
		return error;
	}
	*keysym = xkb_keysym_to_lower(xkb_keysym_from_name(untrusted_key, XKB_KEYSYM_CASE_INSENSITIVE));
	if (*keysym == XKB_KEY_NoSymbol || *keysym == XKB_KEY_VoidSymbol) {
		return xasprintf(
			"expected the name of a key, such as Return, comma or F1, not %s", errors_quote(untrusted_key, quoted));
	}
	if (IS_IN(*keysym, modifier_keys)) {
		return xasprintf(
			"expected a key that is no modifier at the end of a chord, not %s", errors_quote(untrusted_key, quoted));
	}

	errors_quote(untrusted_text, quoted);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		uint32_t held = fixed[i].exact ? *modifiers : *modifiers & fixed[i].modifiers;
		if (held == fixed[i].modifiers && is_in(*keysym, &fixed[i].keys, 1)) {
			return xasprintf("%s %s: expected another chord", quoted, fixed[i].why);
		}
	}
	uint32_t ctrl_alt = MODIFIER_CTRL | MODIFIER_ALT;
	bool safe = (*modifiers & MODIFIER_SUPER) != 0 || (*modifiers & ctrl_alt) == ctrl_alt;
	if (!safe && !IS_IN(*keysym, quiet_keys)) {
		return xasprintf("%s would take a key from programs: expected Super+ or Ctrl+Alt+, "
						 "or a key that types nothing, such as F1 or Print",
			quoted);
	}
	return NULL;
}
