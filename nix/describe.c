/*
 * Writes config/'s tables as JSON, for nix/: directives.json is what this prints, and a test fails where it is not.
 * One row a line, so that a change of a row is a change of its line.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/actions.h"
#include "config/directives.h"
#include "config/open.h"
#include "config/values.h"
#include "ctl/json.h"

static const char *const block_names[] = {
	[BLOCK_TOP] = "top",
	[BLOCK_OUTPUT] = "output",
	[BLOCK_KEYBOARD] = "keyboard",
	[BLOCK_POINTER] = "pointer",
	[BLOCK_SHELL] = "shell",
	[BLOCK_CLIPBOARD] = "clipboard",
	[BLOCK_LAYOUT] = "layout",
	[BLOCK_INSTANCE] = "instance",
};

/* The form of a directive's value in Nix follows from what reads its parameters. */
static const struct {
	void (*set)(struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line,
		void *target);
	const char *kind;
} kinds[] = {
	{ set_flag, "flag" },
	{ set_integer, "integer" },
	{ set_number, "number" },
	{ set_size, "size" },
	{ set_memory, "text" },
	{ set_text, "text" },
	{ set_word, "word" },
	{ set_bool, "word" },
	{ set_color, "color" },
	{ set_mode, "text" },
	{ set_position, "position" },
	{ set_root, "root" },
	{ set_limit, "limits" },
	{ set_menu, "command" },
	{ add_exec, "commands" },
	{ add_bind, "binds" },
	{ add_pair, "rules" },
	{ add_app, "apps" },
	{ add_files, "files" },
	{ add_environment, "environment" },
	{ add_grants, "words" },
	{ add_types, "words" },
	{ add_persist, "words" },
	{ add_include, "words" },
	{ add_start, "words" },
};

/* What has no form of its own is a list of words, or of lines of words. */
static const char *find_kind(const struct directive *row) {
	if (row->opens != BLOCK_NONE) {
		return row->repeats ? "blocks" : "block";
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].set == row->set) {
			return kinds[i].kind;
		}
	}
	return row->repeats ? "lines" : "line";
}

static void put_text(struct json *json, const char *key, const char *text) {
	if (text != NULL) {
		json_key(json, key);
		json_string(json, text);
	}
}

/* As text, since JSON's numbers would be read back with other digits. */
static void put_number(struct json *json, const char *key, double number) {
	char text[32];
	snprintf(text, sizeof(text), "%.15g", number);
	json_key(json, key);
	json_string(json, text);
}

static void put_words(struct json *json, const struct word *words) {
	if (words == NULL) {
		return;
	}
	json_key(json, "words");
	json_begin_array(json);
	for (; words->name != NULL; words++) {
		json_begin_object(json);
		put_text(json, "name", words->name);
		json_key(json, "value");
		json_int(json, words->value);
		put_text(json, "refusal", words->refusal);
		json_end_object(json);
	}
	json_end_array(json);
}

static void put_directive(struct json *json, const struct directive *row) {
	json_begin_object(json);
	put_text(json, "table", "directives");
	put_text(json, "block", block_names[row->block]);
	put_text(json, "name", row->name);
	put_text(json, "selector", row->selector);
	put_text(json, "kind", find_kind(row));
	put_text(json, "opens", row->opens != BLOCK_NONE ? block_names[row->opens] : NULL);
	put_text(json, "parameters", row->parameters);
	json_key(json, "repeats");
	json_bool(json, row->repeats);
	put_number(json, "min", row->min);
	put_number(json, "max", row->max);
	put_words(json, row->words);
	put_text(json, "unit", row->unit);
	put_text(json, "default", row->fallback);
	put_text(json, "unset", row->unset);
	put_text(json, "doc", row->doc);
	json_end_object(json);
}

static void put_action(struct json *json, const struct action *row) {
	json_begin_object(json);
	put_text(json, "table", "actions");
	put_text(json, "name", row->name);
	put_text(json, "parameters", row->parameters);
	put_number(json, "least", (double)row->params_min);
	put_number(json, "most", (double)row->params_max);
	put_number(json, "min", row->min);
	put_number(json, "max", row->max);
	put_words(json, row->words);
	put_text(json, "doc", row->doc);
	json_end_object(json);
}

int main(void) {
	struct json json;
	json_init(&json, stdout);
	json_begin_array(&json);
	for (const struct directive *row = directives; row->name != NULL; row++) {
		put_directive(&json, row);
	}
	for (const struct action *row = actions; row->name != NULL; row++) {
		put_action(&json, row);
	}
	for (const char *const *name = reserved_names; *name != NULL; name++) {
		json_begin_object(&json);
		put_text(&json, "table", "reserved");
		put_text(&json, "name", *name);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_finish(&json);
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
