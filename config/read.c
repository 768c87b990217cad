#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "config/blocks.h"
#include "config/checks.h"
#include "config/errors.h"
#include "config/parser.h"
#include "config/read.h"
#include "config/syntax.h"
#include "config/unfold.h"

/* Blocks whose fields are in struct config itself: their defaults hold without the block too. */
static const enum directive_block single_blocks[] = {
	BLOCK_KEYBOARD,
	BLOCK_POINTER,
	BLOCK_SHELL,
	BLOCK_CLIPBOARD,
	BLOCK_LAYOUT,
};

/* The home without slashes at its end, so that what follows "~" can be put after it. */
static char *trim_home(const char *home) {
	if (home == NULL || home[0] != '/') {
		return NULL;
	}
	size_t length = strlen(home);
	while (length > 0 && home[length - 1] == '/') {
		length--;
	}
	return xstrndup(home, length);
}

static void fill(struct parser *parser, const struct scfg_block *tree, bool whole) {
	for (size_t i = 0; i < sizeof(single_blocks) / sizeof(single_blocks[0]); i++) {
		block_apply_defaults(parser, single_blocks[i], parser->config);
	}
	block_parse(parser, BLOCK_TOP, tree, parser->config);
	checks_color(parser);
	/* A name that is missing may be on a line that could not be read. */
	if (whole) {
		checks_run(parser);
	}
}

struct config *read_model(const char *untrusted_text, size_t length, const char *home, const struct config_sources *sources,
	struct config_errors *errors) {
	if (length > CONFIG_SIZE_MAX) {
		errors_add(errors, 0, "the file is too large: expected at most %d bytes", CONFIG_SIZE_MAX);
		return NULL;
	}
	struct parser parser = { .errors = errors, .sources = sources };
	struct scfg_block tree = { 0 };
	struct unfolded unfolded;
	size_t first = errors->len;
	bool is_whole = first == 0; /* else an included file may be missing */
	unfold(&unfolded, untrusted_text, length);
	enum syntax_result syntax = syntax_check(unfolded.text, unfolded.length, errors);
	unfolded_map_errors(&unfolded, errors, first);
	if (syntax == SYNTAX_LOST || !syntax_read_tree(unfolded.text, unfolded.length, &tree, errors)) {
		goto out;
	}
	unfolded_map_tree(&unfolded, &tree);

	char *trimmed = trim_home(home);
	parser.home = trimmed;
	parser.config = xcalloc(1, sizeof(*parser.config));
	fill(&parser, &tree, syntax == SYNTAX_GOOD && is_whole);
	free(trimmed);
	free(parser.references);
	scfg_block_finish(&tree);
out:
	unfolded_finish(&unfolded);
	return parser.config;
}

struct config *config_parse(const char *untrusted_text, size_t length, const char *home, struct config_errors *errors) {
	struct config *config = read_model(untrusted_text, length, home, NULL, errors);
	if (errors->len > 0) {
		errors_sort(errors);
		config_destroy(config);
		return NULL;
	}
	return config;
}
