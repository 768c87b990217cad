#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/blocks.h"
#include "config/directives.h"
#include "config/errors.h"

static const char *const block_names[] = {
	[BLOCK_NONE] = "",
	[BLOCK_TOP] = "outside of all blocks",
	[BLOCK_OUTPUT] = "in an output block",
	[BLOCK_KEYBOARD] = "in the input keyboard block",
	[BLOCK_POINTER] = "in the input pointer block",
	[BLOCK_SHELL] = "in the shell block",
	[BLOCK_CLIPBOARD] = "in the clipboard block",
	[BLOCK_LAYOUT] = "in the layout block",
	[BLOCK_INSTANCE] = "in an instance block",
};

/* ---- rows ---- */

static bool is_row_of(const struct directive *row, const struct scfg_directive *untrusted_line) {
	if (strcmp(row->name, untrusted_line->name) != 0) {
		return false;
	}
	return row->selector == NULL ||
		(untrusted_line->params_len > 0 && strcmp(row->selector, untrusted_line->params[0]) == 0);
}

static const struct directive *find_row(enum directive_block block, const struct scfg_directive *untrusted_line) {
	for (const struct directive *row = directives; row->name != NULL; row++) {
		if (row->block == block && is_row_of(row, untrusted_line)) {
			return row;
		}
	}
	return NULL;
}

/* Rows that fill the same field, such as enable and disable, share the slot of the first. */
static size_t find_slot(const struct directive *row) {
	for (size_t i = 0;; i++) {
		const struct directive *other = &directives[i];
		bool same_field = row->set != NULL && other->set != NULL && other->offset == row->offset;
		if (other == row || (other->block == row->block && same_field)) {
			return i;
		}
	}
}

static bool has_selector(enum directive_block block, const char *untrusted_name) {
	for (const struct directive *row = directives; row->name != NULL; row++) {
		if (row->block == block && row->selector != NULL && strcmp(row->name, untrusted_name) == 0) {
			return true;
		}
	}
	return false;
}

/* No row fits: says which names could stand here, or which first parameters after a name that does. */
static void report_unknown(
	struct parser *parser, enum directive_block block, const struct scfg_directive *untrusted_line) {
	struct word words[DIRECTIVES_MAX] = { 0 };
	size_t len = 0;
	bool selector = has_selector(block, untrusted_line->name);
	for (const struct directive *row = directives; row->name != NULL; row++) {
		bool named = strcmp(row->name, untrusted_line->name) == 0;
		const char *word = selector ? row->selector : row->name;
		if (row->block == block && named == selector && word_find(words, word) == NULL) {
			words[len++].name = word;
		}
	}

	char quoted[QUOTE_SIZE];
	char *list = word_list(words);
	if (selector) {
		parser_error(parser, untrusted_line, "expected %s after it", list);
	} else {
		errors_add(parser->errors, untrusted_line->lineno, "unknown directive %s %s: expected %s",
			errors_quote(untrusted_line->name, quoted), block_names[block], list);
	}
	free(list);
}

static bool check_params(
	struct parser *parser, const struct directive *row, const struct scfg_directive *untrusted_line) {
	size_t len = untrusted_line->params_len;
	size_t min = (size_t)row->params_min, max = (size_t)row->params_max;
	for (size_t i = 0; i < len; i++) {
		/* In scfg it is a word like any other, and would be a program's argument or a directory. */
		if (strcmp(untrusted_line->params[i], "#") == 0) {
			parser_error(parser, untrusted_line, "expected no '#' here: a comment stands on a line of its own");
			return false;
		}
	}
	if (len >= min && len <= max) {
		return true;
	}
	if (max == 0) {
		parser_error(parser, untrusted_line, "expected nothing after it");
		return false;
	}
	const char *bound = min == max ? "" : len < min ? "at least " : "at most ";
	size_t wanted = len < min ? min : max;
	parser_error(parser, untrusted_line, "expected %s%zu parameter%s (%s), not %zu", bound, wanted,
		wanted == 1 ? "" : "s", row->parameters, len);
	return false;
}

static void parse_line(
	struct parser *parser, const struct directive *row, const struct scfg_directive *untrusted_line, void *target) {
	if (row->opens == BLOCK_NONE) {
		if (untrusted_line->children.directives_len > 0) {
			parser_error(parser, untrusted_line, "expected no block after it");
		}
		row->set(parser, row, untrusted_line, target);
		return;
	}
	void *inner = row->open != NULL ? row->open(parser, row, untrusted_line) : parser->config;
	if (inner == NULL) {
		return;
	}
	/* Those in the config itself have their defaults already: they hold without the block too. */
	if (inner != parser->config) {
		block_apply_defaults(parser, row->opens, inner);
	}
	block_parse(parser, row->opens, &untrusted_line->children, inner);
}

void block_parse(
	struct parser *parser, enum directive_block block, const struct scfg_block *untrusted_block, void *target) {
	int first[DIRECTIVES_MAX] = { 0 }; /* by slot, the line it stands on */
	for (size_t i = 0; i < untrusted_block->directives_len; i++) {
		const struct scfg_directive *untrusted_line = &untrusted_block->directives[i];
		const struct directive *row = find_row(block, untrusted_line);
		if (row == NULL) {
			report_unknown(parser, block, untrusted_line);
			continue;
		}
		int *seen = &first[find_slot(row)];
		if (!row->repeats && *seen != 0) {
			char place[PLACE_SIZE];
			parser_error(parser, untrusted_line, "already set on %s: expected it once",
				parser_place(parser, untrusted_line, *seen, place));
			continue;
		}
		*seen = untrusted_line->lineno;
		if (check_params(parser, row, untrusted_line)) {
			parse_line(parser, row, untrusted_line, target);
		}
	}
}

void block_apply_defaults(struct parser *parser, enum directive_block block, void *target) {
	for (const struct directive *row = directives; row->name != NULL; row++) {
		if (row->block != block || row->fallback == NULL) {
			continue;
		}
		char *params[] = { (char *)row->fallback };
		struct scfg_directive line = { .name = (char *)row->name, .params = params, .params_len = 1 };
		row->set(parser, row, &line, target);
	}
}
