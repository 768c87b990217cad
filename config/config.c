#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "config/blocks.h"
#include "config/checks.h"
#include "config/directives.h"
#include "config/errors.h"
#include "config/parser.h"
#include "config/syntax.h"

/* Blocks whose fields are in struct config itself: their defaults hold without the block too. */
static const enum directive_block single_blocks[] = {
	BLOCK_KEYBOARD,
	BLOCK_POINTER,
	BLOCK_SHELL,
	BLOCK_CLIPBOARD,
	BLOCK_LAYOUT,
};

/* Reads the text with libscfg. text has been looked over: that libscfg refuses it is not to be expected. */
static bool read_tree(
	const char *untrusted_text, size_t length, struct scfg_block *tree, struct config_errors *errors) {
	*tree = (struct scfg_block){ 0 };
	if (length == 0) {
		return true;
	}
	FILE *file = fmemopen((char *)untrusted_text, length, "r");
	if (file == NULL) {
		errors_add(errors, 0, "the text cannot be read: out of memory");
		return false;
	}
	int result = scfg_parse_file(tree, file);
	fclose(file);
	if (result != 0) {
		errors_add(errors, 0, "libscfg cannot read the text: expected the form of cofferdam-config(5)");
		return false;
	}
	return true;
}

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

struct config *parser_read(const char *untrusted_text, size_t length, const char *home, struct config_errors *errors) {
	if (length > CONFIG_SIZE_MAX) {
		errors_add(errors, 0, "the file is too large: expected at most %d bytes", CONFIG_SIZE_MAX);
		return NULL;
	}
	struct parser parser = { .errors = errors };
	struct scfg_block tree = { 0 };
	char *text = xcalloc(length + 1, 1);
	if (length > 0) {
		memcpy(text, untrusted_text, length);
	}
	enum syntax_result syntax = syntax_check(text, length, errors);
	if (syntax == SYNTAX_LOST || !read_tree(text, length, &tree, errors)) {
		goto out;
	}

	char *trimmed = trim_home(home);
	parser.home = trimmed;
	parser.config = xcalloc(1, sizeof(*parser.config));
	fill(&parser, &tree, syntax == SYNTAX_GOOD);
	free(trimmed);
	free(parser.references);
	scfg_block_finish(&tree);
out:
	free(text);
	return parser.config;
}

struct config *config_parse(const char *untrusted_text, size_t length, const char *home, struct config_errors *errors) {
	struct config *config = parser_read(untrusted_text, length, home, errors);
	if (errors->len > 0) {
		errors_sort(errors);
		config_destroy(config);
		return NULL;
	}
	return config;
}

/* ---- lifetime ---- */

static void keyboard_finish(struct config_keyboard *keyboard) {
	free(keyboard->rules);
	free(keyboard->model);
	free(keyboard->layout);
	free(keyboard->variant);
	free(keyboard->options);
}

static void strings_finish(char **list, size_t len) {
	for (size_t i = 0; i < len; i++) {
		free(list[i]);
	}
	free(list);
}

static void clipboard_finish(struct config_clipboard *clipboard) {
	strings_finish(clipboard->types, clipboard->types_len);
	for (size_t i = 0; i < clipboard->pairs_len; i++) {
		free(clipboard->pairs[i].source);
		free(clipboard->pairs[i].destination);
	}
	free(clipboard->pairs);
}

static void bind_finish(struct config_bind *bind) {
	free(bind->instance);
	free(bind->app);
	argv_finish(&bind->argv);
}

static void instance_finish(struct config_instance *instance) {
	free(instance->name);
	free(instance->root);
	for (size_t i = 0; i < instance->files_len; i++) {
		free(instance->files[i].path);
	}
	free(instance->files);
	for (size_t i = 0; i < instance->persist_len; i++) {
		free(instance->persist[i].path);
	}
	free(instance->persist);
	for (size_t i = 0; i < instance->apps_len; i++) {
		free(instance->apps[i].name);
		argv_finish(&instance->apps[i].argv);
	}
	free(instance->apps);
	argv_finish(instance->environment);
	free(instance->environment);
	strings_finish(instance->start, instance->start_len);
}

void config_destroy(struct config *config) {
	if (config == NULL) {
		return;
	}
	for (size_t i = 0; i < config->outputs_len; i++) {
		free(config->outputs[i].name);
	}
	free(config->outputs);
	keyboard_finish(&config->keyboard);
	free(config->pointer.cursor_theme);
	for (size_t i = 0; i < config->shell_exec_len; i++) {
		argv_finish(&config->shell_exec[i]);
	}
	free(config->shell_exec);
	argv_finish(&config->shell_menu);
	clipboard_finish(&config->clipboard);
	for (size_t i = 0; i < config->binds_len; i++) {
		bind_finish(&config->binds[i]);
	}
	free(config->binds);
	for (size_t i = 0; i < config->instances_len; i++) {
		instance_finish(&config->instances[i]);
	}
	free(config->instances);
	free(config->font);
	free(config);
}

/* ---- looking up ---- */

const struct config_instance *config_find_instance(const struct config *config, const char *name) {
	for (size_t i = 0; i < config->instances_len; i++) {
		if (strcmp(config->instances[i].name, name) == 0) {
			return &config->instances[i];
		}
	}
	return NULL;
}

const struct config_app *config_find_app(const struct config_instance *instance, const char *name) {
	for (size_t i = 0; i < instance->apps_len; i++) {
		if (strcmp(instance->apps[i].name, name) == 0) {
			return &instance->apps[i];
		}
	}
	return NULL;
}

const struct config_output *config_find_output(const struct config *config, const char *connector) {
	const struct config_output *any = NULL;
	for (size_t i = 0; i < config->outputs_len; i++) {
		const struct config_output *output = &config->outputs[i];
		if (strcmp(output->name, connector) == 0) {
			return output;
		}
		any = strcmp(output->name, "*") == 0 ? output : any;
	}
	return any;
}

const char *config_backend_name(enum config_backend backend) {
	return word_name(backend_words, (int)backend);
}

const char *config_network_name(enum config_network network) {
	return word_name(network_words, (int)network);
}
