#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/name.h"
#include "config/errors.h"
#include "config/values.h"

#define MIME_MAX 127 /* RFC 6838, 4.2 */

/* What the supervisor sets in every instance; another value would break the instance or lie to its programs. */
static const char *const fixed_variables[] = {
	"DBUS_SESSION_BUS_ADDRESS",
	"DISPLAY",
	"HOME",
	"LOGNAME",
	"USER",
	"WAYLAND_DISPLAY",
	"WAYLAND_SOCKET",
	"XDG_RUNTIME_DIR",
	NULL,
};

/* False, and said, where a list has as many entries as its row allows. */
static bool has_room(
	struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line, size_t len) {
	if (len < (size_t)directive->max) {
		return true;
	}
	parser_error(parser, untrusted_line, "expected at most %g of them", directive->max);
	return false;
}

VALUE_SETTER(set_menu) {
	argv_set(parser, untrusted_line, untrusted_line->params, untrusted_line->params_len, &parser->config->shell_menu);
}

VALUE_SETTER(add_exec) {
	struct config *config = parser->config;
	struct config_argv argv;
	if (!has_room(parser, directive, untrusted_line, config->shell_exec_len) ||
		!argv_set(parser, untrusted_line, untrusted_line->params, untrusted_line->params_len, &argv)) {
		return;
	}
	config->shell_exec = xrealloc_array(config->shell_exec, config->shell_exec_len + 1, sizeof(*config->shell_exec));
	config->shell_exec[config->shell_exec_len++] = argv;
}

/* ---- clipboard ---- */

/* type/subtype of RFC 6838's characters, and parameters of any that are printable and no space. */
static bool is_mime(const char *untrusted_type) {
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+";
	const char *c = untrusted_type;
	size_t length = strspn(c, letters);
	if (length == 0 || c[length] != '/') {
		return false;
	}
	c += length + 1;
	length = strspn(c, letters);
	c += length;
	if (length == 0 || (*c != '\0' && *c != ';')) {
		return false;
	}
	for (; *c != '\0'; c++) {
		if (*c < 0x21 || *c > 0x7e) {
			return false;
		}
	}
	return (size_t)(c - untrusted_type) <= MIME_MAX;
}

VALUE_SETTER(add_types) {
	struct config_clipboard *clipboard = &parser->config->clipboard;
	char quoted[QUOTE_SIZE];
	for (size_t i = 0; i < untrusted_line->params_len; i++) {
		const char *untrusted_type = untrusted_line->params[i];
		if (!is_mime(untrusted_type)) {
			parser_error(parser, untrusted_line, "expected a MIME type, such as image/svg+xml, not %s",
				errors_quote(untrusted_type, quoted));
			continue;
		}
		if (!has_room(parser, directive, untrusted_line, clipboard->types_len)) {
			return;
		}
		clipboard->types = xrealloc_array(clipboard->types, clipboard->types_len + 1, sizeof(*clipboard->types));
		clipboard->types[clipboard->types_len++] = xstrdup(untrusted_type);
	}
}

VALUE_SETTER(add_pair) {
	struct config_clipboard *clipboard = &parser->config->clipboard;
	char *const *untrusted_names = untrusted_line->params;
	if (strcmp(untrusted_names[0], untrusted_names[1]) == 0 && strcmp(untrusted_names[0], "*") != 0) {
		parser_error(parser, untrusted_line, "within an instance nothing is carried: expected two instances");
		return;
	}
	for (size_t i = 0; i < clipboard->pairs_len; i++) {
		const struct config_pair *other = &clipboard->pairs[i];
		if (strcmp(other->source, untrusted_names[0]) == 0 && strcmp(other->destination, untrusted_names[1]) == 0) {
			char place[PLACE_SIZE];
			parser_error(parser, untrusted_line, "there is a rule for this pair on %s: expected one",
				parser_place(parser, untrusted_line, other->line, place));
			return;
		}
	}
	if (!has_room(parser, directive, untrusted_line, clipboard->pairs_len)) {
		return;
	}
	clipboard->pairs = xrealloc_array(clipboard->pairs, clipboard->pairs_len + 1, sizeof(*clipboard->pairs));
	struct config_pair *pair = &clipboard->pairs[clipboard->pairs_len++];
	*pair = (struct config_pair){
		.action = (enum config_pair_action)word_find(directive->words, directive->name)->value,
		.source = xstrdup(untrusted_names[0]),
		.destination = xstrdup(untrusted_names[1]),
		.line = untrusted_line->lineno,
	};
	const char *const names[] = { pair->source, pair->destination };
	for (size_t i = 0; i < 2; i++) {
		if (strcmp(names[i], "*") != 0) {
			parser_refer(parser, pair->line, directive->name, names[i], NULL);
		}
	}
}

/* ---- instances ---- */

VALUE_SETTER(add_grants) {
	struct config_instance *instance = target;
	for (size_t i = 0; i < untrusted_line->params_len; i++) {
		const struct word *word = word_expect(parser, directive->words, untrusted_line, untrusted_line->params[i]);
		if (word != NULL) {
			instance->grants |= (uint32_t)word->value;
			instance->gpu_line = word->value == GRANT_GPU ? untrusted_line->lineno : instance->gpu_line;
		}
	}
}

VALUE_SETTER(add_app) {
	struct config_instance *instance = target;
	const char *untrusted_name = untrusted_line->params[0];
	char quoted[QUOTE_SIZE];
	errors_quote(untrusted_name, quoted);
	if (!name_is_valid(untrusted_name)) {
		parser_error(parser, untrusted_line,
			"expected a name of 1 to %d lower-case letters, digits and hyphens, the first a letter, not %s",
			NAME_SIZE - 1, quoted);
		return;
	}
	const struct config_app *other = config_find_app(instance, untrusted_name);
	if (other != NULL) {
		char place[PLACE_SIZE];
		parser_error(parser, untrusted_line, "%s is already on %s: expected another name", quoted,
			parser_place(parser, untrusted_line, other->line, place));
		return;
	}
	struct config_argv argv;
	if (!has_room(parser, directive, untrusted_line, instance->apps_len) ||
		!argv_set(parser, untrusted_line, untrusted_line->params + 1, untrusted_line->params_len - 1, &argv)) {
		return;
	}
	instance->apps = xrealloc_array(instance->apps, instance->apps_len + 1, sizeof(*instance->apps));
	instance->apps[instance->apps_len++] = (struct config_app){
		.name = xstrdup(untrusted_name),
		.argv = argv,
		.line = untrusted_line->lineno,
	};
}

/* The length of the name in NAME=VALUE, or 0 where it is not of that form. */
static size_t variable_length(const char *untrusted_variable) {
	size_t length = 0;
	for (const char *c = untrusted_variable; *c != '='; c++, length++) {
		bool letter = (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || *c == '_';
		bool digit = *c >= '0' && *c <= '9';
		if (!letter && (!digit || length == 0)) {
			return 0;
		}
	}
	return length;
}

static bool check_variable(struct parser *parser, const struct scfg_directive *untrusted_line,
	const struct config_argv *environment, const char *untrusted_variable) {
	char quoted[QUOTE_SIZE];
	errors_quote(untrusted_variable, quoted);
	size_t length = variable_length(untrusted_variable);
	if (length == 0) {
		parser_error(parser, untrusted_line, "expected NAME=VALUE, not %s", quoted);
		return false;
	}
	for (size_t i = 0; fixed_variables[i] != NULL; i++) {
		if (strlen(fixed_variables[i]) == length && memcmp(fixed_variables[i], untrusted_variable, length) == 0) {
			parser_error(
				parser, untrusted_line, "%s is set by cofferdam: expected another variable", fixed_variables[i]);
			return false;
		}
	}
	size_t size = strlen(untrusted_variable) + 1;
	for (size_t i = 0; i < environment->len; i++) {
		size += strlen(environment->words[i]) + 1;
		if (strncmp(environment->words[i], untrusted_variable, length + 1) == 0) {
			parser_error(parser, untrusted_line, "%s is there already: expected it once", quoted);
			return false;
		}
	}
	if (size > CONFIG_WORDS_SIZE) {
		parser_error(parser, untrusted_line, "expected at most %d bytes of them", CONFIG_WORDS_SIZE);
		return false;
	}
	return true;
}

VALUE_SETTER(add_environment) {
	struct config_argv *environment = ((struct config_instance *)target)->environment;
	for (size_t i = 0; i < untrusted_line->params_len; i++) {
		const char *untrusted_variable = untrusted_line->params[i];
		if (!check_variable(parser, untrusted_line, environment, untrusted_variable)) {
			continue;
		}
		if (!has_room(parser, directive, untrusted_line, environment->len)) {
			return;
		}
		environment->words = xrealloc_array(environment->words, environment->len + 2, sizeof(*environment->words));
		environment->words[environment->len++] = xstrdup(untrusted_variable);
		environment->words[environment->len] = NULL;
	}
}

VALUE_SETTER(add_start) {
	struct config_instance *instance = target;
	for (size_t i = 0; i < untrusted_line->params_len; i++) {
		if (!has_room(parser, directive, untrusted_line, instance->start_len)) {
			return;
		}
		char *app = xstrdup(untrusted_line->params[i]);
		instance->start = xrealloc_array(instance->start, instance->start_len + 1, sizeof(*instance->start));
		instance->start[instance->start_len++] = app;
		instance->autostart = true;
		parser_refer(parser, untrusted_line->lineno, directive->name, instance->name, app);
	}
}
