#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/name.h"
#include "config/errors.h"
#include "config/limit.h"
#include "config/open.h"

/* Names that would be taken for something else, on the screen or on the command line. */
const char *const reserved_names[] = { "shell", "control", "host", "cofferdam", NULL };

void *open_output(
	struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line) {
	struct config *config = parser->config;
	const char *untrusted_name = untrusted_line->params[0];
	char quoted[QUOTE_SIZE];
	if (config->outputs_len >= (size_t)directive->max) {
		parser_error(parser, untrusted_line, "expected at most %g of them", directive->max);
		return NULL;
	}
	size_t length = strlen(untrusted_name);
	if (length == 0 || length > 63) {
		parser_error(parser, untrusted_line, "expected a connector's name, such as DP-1, or *, not %s",
			errors_quote(untrusted_name, quoted));
	}
	for (size_t i = 0; i < config->outputs_len; i++) {
		if (strcmp(config->outputs[i].name, untrusted_name) == 0) {
			char place[PLACE_SIZE];
			parser_error(parser, untrusted_line, "%s is already on %s: expected one block for it",
				errors_quote(untrusted_name, quoted), parser_place(parser, untrusted_line, config->outputs[i].line, place));
			break;
		}
	}

	config->outputs = xrealloc_array(config->outputs, config->outputs_len + 1, sizeof(*config->outputs));
	struct config_output *output = &config->outputs[config->outputs_len++];
	*output = (struct config_output){
		.name = xstrdup(untrusted_name),
		.enabled = true,
		.line = untrusted_line->lineno,
	};
	return output;
}

void *open_keyboard(
	struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line) {
	parser->config->keyboard.line = untrusted_line->lineno;
	return parser->config;
}

static void check_instance_name(struct parser *parser, const struct scfg_directive *untrusted_line) {
	const char *untrusted_name = untrusted_line->params[0];
	char quoted[QUOTE_SIZE];
	errors_quote(untrusted_name, quoted);
	if (!name_is_valid(untrusted_name)) {
		parser_error(parser, untrusted_line,
			"expected a name of 1 to %d lower-case letters, digits and hyphens, the first a letter, not %s",
			NAME_SIZE - 1, quoted);
		return;
	}
	for (size_t i = 0; reserved_names[i] != NULL; i++) {
		if (strcmp(reserved_names[i], untrusted_name) == 0) {
			parser_error(parser, untrusted_line, "the name %s is reserved: expected another", quoted);
		}
	}
	const struct config_instance *other = config_find_instance(parser->config, untrusted_name);
	if (other != NULL) {
		char place[PLACE_SIZE];
		parser_error(parser, untrusted_line, "%s is already on %s: expected another name", quoted,
			parser_place(parser, untrusted_line, other->line, place));
	}
}

void *open_instance(
	struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line) {
	struct config *config = parser->config;
	if (config->instances_len >= (size_t)directive->max) {
		parser_error(parser, untrusted_line, "expected at most %g of them", directive->max);
		return NULL;
	}
	check_instance_name(parser, untrusted_line);

	config->instances = xrealloc_array(config->instances, config->instances_len + 1, sizeof(*config->instances));
	struct config_instance *instance = &config->instances[config->instances_len++];
	*instance = (struct config_instance){
		.name = xstrdup(untrusted_line->params[0]),
		.line = untrusted_line->lineno,
		.color = COLOR_UNSET,
		.environment = xcalloc(1, sizeof(struct config_argv)),
	};
	limits_set_defaults(instance->limits);
	return instance;
}
