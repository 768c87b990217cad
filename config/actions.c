#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "config/actions.h"
#include "config/chord.h"
#include "config/errors.h"
#include "config/values.h"

/* Of `bind CHORD ACTION PARAMETER…`, where an action's own parameters begin. */
#define FIRST 2

static const struct word directions[] = {
	{ .name = "next", .value = DIRECTION_NEXT },
	{ .name = "prev", .value = DIRECTION_PREV },
	{ .name = "left", .value = DIRECTION_LEFT },
	{ .name = "right", .value = DIRECTION_RIGHT },
	{ .name = "up", .value = DIRECTION_UP },
	{ .name = "down", .value = DIRECTION_DOWN },
	{ 0 },
};

static const struct word turns[] = {
	{ .name = "next", .value = DIRECTION_NEXT },
	{ .name = "prev", .value = DIRECTION_PREV },
	{ 0 },
};

#define ACTION_SETTER(name) \
	static void name(struct parser *parser, const struct action *action, const struct scfg_directive *untrusted_line, \
		struct config_bind *bind)

/* INSTANCE APP, or INSTANCE -- COMMAND… */
ACTION_SETTER(set_run) {
	char *const *untrusted_words = untrusted_line->params + FIRST;
	size_t len = untrusted_line->params_len - FIRST;
	bool command = strcmp(untrusted_words[1], "--") == 0;
	if (command ? len < 3 : len > 2) {
		parser_error(parser, untrusted_line, "run: expected INSTANCE and an app's name, or INSTANCE -- COMMAND");
		return;
	}
	if (command && !argv_set(parser, untrusted_line, untrusted_words + 2, len - 2, &bind->argv)) {
		return;
	}
	bind->instance = xstrdup(untrusted_words[0]);
	bind->app = command ? NULL : xstrdup(untrusted_words[1]);
	parser_refer(parser, bind->line, untrusted_line->name, bind->instance, bind->app);
}

ACTION_SETTER(set_command) {
	argv_set(parser, untrusted_line, untrusted_line->params + FIRST, untrusted_line->params_len - FIRST, &bind->argv);
}

ACTION_SETTER(set_direction) {
	const struct word *word = word_expect(parser, action->words, untrusted_line, untrusted_line->params[FIRST]);
	if (word != NULL) {
		bind->direction = (enum config_direction)word->value;
	}
}

ACTION_SETTER(set_count) {
	const char *untrusted_number = untrusted_line->params[FIRST];
	char quoted[QUOTE_SIZE];
	if (!value_integer(untrusted_number, &bind->number) || bind->number < action->min || bind->number > action->max) {
		parser_error(parser, untrusted_line, "%s: expected a whole number from %d to %d, not %s", action->name,
			action->min, action->max, errors_quote(untrusted_number, quoted));
	}
}

/* One row, a few lines, the same order in each. */
const struct action actions[] = {
	{ ACTION_RUN, "run", "INSTANCE APP|-- COMMAND...", 2, CONFIG_WORDS_MAX, set_run,
		.doc = "start an app of an instance, or any command in it" },
	{ ACTION_EXEC, "exec", "COMMAND...", 1, CONFIG_WORDS_MAX, set_command,
		.doc = "start a trusted program, outside of every instance" },
	{ ACTION_MENU, "menu", "", .doc = "choose an app to start, by the menu of the shell block" },
	{ ACTION_CLIPBOARD_TAKE, "clipboard-take", "", .doc = "take what the focused instance has copied" },
	{ ACTION_CLIPBOARD_GIVE, "clipboard-give", "", .doc = "give what was taken to the focused instance" },
	{ ACTION_CLIPBOARD_CLEAR, "clipboard-clear", "", .doc = "forget what was taken" },
	{ ACTION_CLOSE, "close", "", .doc = "ask the focused window to close" },
	{ ACTION_FOCUS, "focus", "next|prev|left|right|up|down", 1, 1, set_direction, .words = directions,
		.doc = "go to another window" },
	{ ACTION_MOVE, "move", "next|prev|left|right|up|down", 1, 1, set_direction, .words = directions,
		.doc = "change places with another window" },
	{ ACTION_FLOAT, "float", "", .doc = "take the focused window out of the columns, or put it back" },
	{ ACTION_FULLSCREEN, "fullscreen", "", .doc = "make the focused window fullscreen, or end that" },
	{ ACTION_MAXIMIZE, "maximize", "", .doc = "make the focused window as large as the desktop, or end that" },
	{ ACTION_WORKSPACE, "workspace", "NUMBER", 1, 1, set_count, .min = 1, .max = 9,
		.doc = "show a workspace, from 1 to 9" },
	{ ACTION_SEND, "send", "NUMBER", 1, 1, set_count, .min = 1, .max = 9,
		.doc = "send the focused window to a workspace, from 1 to 9" },
	{ ACTION_FOCUS_OUTPUT, "focus-output", "next|prev", 1, 1, set_direction, .words = turns,
		.doc = "go to another monitor" },
	{ ACTION_SEND_OUTPUT, "send-output", "next|prev", 1, 1, set_direction, .words = turns,
		.doc = "send the focused window to another monitor" },
	{ ACTION_MAIN_RATIO, "main-ratio", "NUMBER", 1, 1, set_count, .min = -80, .max = 80,
		.doc = "widen the main area by this many percent of the width; with a minus sign, narrow it" },
	{ ACTION_MAIN_COUNT, "main-count", "NUMBER", 1, 1, set_count, .min = -8, .max = 8,
		.doc = "so many more windows in the main area; with a minus sign, fewer" },
	{ ACTION_OWNERS, "owners", "", .doc = "what Super+Escape does: show whose each window is" },
	{ ACTION_LAYOUT_NEXT, "layout-next", "", .doc = "the next xkb layout, in the focused instance" },
	{ ACTION_RELOAD, "reload", "", .doc = "read this file again" },
	{ ACTION_QUIT, "quit", "", .doc = "end the desktop and everything in it" },
	{ 0 },
};

const char *config_action_name(enum config_action action) {
	for (const struct action *row = actions; row->name != NULL; row++) {
		if (row->action == action) {
			return row->name;
		}
	}
	return "";
}

static const struct action *find_action(const char *untrusted_name) {
	for (const struct action *row = actions; row->name != NULL; row++) {
		if (strcmp(row->name, untrusted_name) == 0) {
			return row;
		}
	}
	return NULL;
}

static void report_unknown(struct parser *parser, const struct scfg_directive *untrusted_line) {
	struct word words[64] = { 0 };
	char quoted[QUOTE_SIZE];
	for (size_t i = 0; actions[i].name != NULL; i++) {
		words[i].name = actions[i].name;
	}
	char *list = word_list(words);
	parser_error(parser, untrusted_line, "unknown action %s: expected %s",
		errors_quote(untrusted_line->params[1], quoted), list);
	free(list);
}

static void read_action(struct parser *parser, const struct scfg_directive *untrusted_line, struct config_bind *bind) {
	const struct action *action = find_action(untrusted_line->params[1]);
	if (action == NULL) {
		report_unknown(parser, untrusted_line);
		return;
	}
	bind->action = action->action;
	size_t len = untrusted_line->params_len - FIRST;
	if (len < action->params_min || len > action->params_max) {
		parser_error(parser, untrusted_line, "%s: expected %s after it", action->name,
			action->params_max == 0 ? "nothing" : action->parameters);
	} else if (action->set != NULL) {
		action->set(parser, action, untrusted_line, bind);
	}
}

static void read_chord(struct parser *parser, const struct scfg_directive *untrusted_line, struct config_bind *bind) {
	const struct config *config = parser->config;
	char quoted[QUOTE_SIZE];
	char *error = chord_parse(untrusted_line->params[0], &bind->modifiers, &bind->keysym);
	if (error != NULL) {
		parser_error(parser, untrusted_line, "%s", error);
		free(error);
		/* Nothing is a duplicate of what is no chord. */
		bind->keysym = 0;
		return;
	}
	for (size_t i = 0; i < config->binds_len; i++) {
		const struct config_bind *other = &config->binds[i];
		if (other->keysym == bind->keysym && other->modifiers == bind->modifiers) {
			char place[PLACE_SIZE];
			parser_error(parser, untrusted_line, "%s is already bound on %s: expected another chord",
				errors_quote(untrusted_line->params[0], quoted), parser_place(parser, untrusted_line, other->line, place));
			return;
		}
	}
}

VALUE_SETTER(add_bind) {
	struct config *config = target;
	if (config->binds_len >= (size_t)directive->max) {
		parser_error(parser, untrusted_line, "expected at most %g of them", directive->max);
		return;
	}
	struct config_bind bind = { .line = untrusted_line->lineno };
	read_chord(parser, untrusted_line, &bind);
	read_action(parser, untrusted_line, &bind);
	config->binds = xrealloc_array(config->binds, config->binds_len + 1, sizeof(*config->binds));
	config->binds[config->binds_len++] = bind;
}
