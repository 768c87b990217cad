#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon.h>
#include "base/memory.h"
#include "config/keymap.h"

#define REASON_SIZE 256

/* Keeps the first thing that libxkbcommon complains of; what follows is what came of it. */
static void handle_log(struct xkb_context *context, enum xkb_log_level level, const char *format, va_list arguments) {
	char *reason = xkb_context_get_user_data(context);
	if (reason[0] != '\0' || level > XKB_LOG_LEVEL_ERROR) {
		return;
	}
	char line[REASON_SIZE];
	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	copy_string(reason, REASON_SIZE, line);
}

/* "layout 'us', variant 'x'": those names that are given. */
static char *describe(const struct config_keyboard *keyboard) {
	const struct {
		const char *what, *name;
	} parts[] = {
		{ "rules", keyboard->rules },
		{ "model", keyboard->model },
		{ "layout", keyboard->layout },
		{ "variant", keyboard->variant },
		{ "options", keyboard->options },
	};
	char *text = xstrdup("");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].name[0] == '\0') {
			continue;
		}
		char *longer = xasprintf("%s%s%s '%s'", text, text[0] != '\0' ? ", " : "", parts[i].what, parts[i].name);
		free(text);
		text = longer;
	}
	return text;
}

char *config_keymap_text(const struct config_keyboard *keyboard, char **error) {
	const struct xkb_rule_names names = {
		.rules = keyboard->rules,
		.model = keyboard->model,
		.layout = keyboard->layout,
		.variant = keyboard->variant,
		.options = keyboard->options,
	};
	char reason[REASON_SIZE] = "";
	char *text = NULL;
	*error = NULL;
	/* The include paths come after the log function, so that nothing goes to stderr. */
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES);
	if (context == NULL) {
		*error = xstrdup("no keymap can be made: out of memory");
		return NULL;
	}
	xkb_context_set_user_data(context, reason);
	xkb_context_set_log_level(context, XKB_LOG_LEVEL_ERROR);
	xkb_context_set_log_fn(context, handle_log);
	if (!xkb_context_include_path_append_default(context)) {
		*error = xstrdup("no keyboard data is found: install xkeyboard-config (xkb-data)");
		xkb_context_unref(context);
		return NULL;
	}
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	if (keymap != NULL) {
		text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
		xkb_keymap_unref(keymap);
	}
	if (text == NULL) {
		char *given = describe(keyboard);
		*error = xasprintf("input: expected xkb names that the system has, not %s (%s)",
			given[0] != '\0' ? given : "its own defaults", reason[0] != '\0' ? reason : "no reason given");
		free(given);
	}
	xkb_context_unref(context);
	return text;
}
