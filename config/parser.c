#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "config/errors.h"
#include "config/parser.h"

void parser_error(struct parser *parser, const struct scfg_directive *untrusted_line, const char *format, ...) {
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	errors_add(
		parser->errors, untrusted_line->lineno, "%s: %s", untrusted_line->name, length < 0 ? "out of memory" : text);
	free(length < 0 ? NULL : text);
}

const char *parser_place(const struct parser *parser, const struct scfg_directive *untrusted_line, int line, char *out) {
	struct config_origin here = sources_find(parser->sources, untrusted_line->lineno);
	struct config_origin there = sources_find(parser->sources, line);
	if (there.source == here.source) {
		snprintf(out, PLACE_SIZE, "line %d", there.line);
	} else {
		snprintf(out, PLACE_SIZE, "line %d of %s", there.line, parser->sources->list[there.source].path);
	}
	return out;
}

void parser_refer(struct parser *parser, int line, const char *directive, const char *instance, const char *app) {
	parser->references = xrealloc_array(parser->references, parser->references_len + 1, sizeof(*parser->references));
	parser->references[parser->references_len++] = (struct reference){
		.line = line,
		.directive = directive,
		.instance = instance,
		.app = app,
	};
}

const struct word *word_find(const struct word *words, const char *untrusted_name) {
	for (; words->name != NULL; words++) {
		if (strcmp(words->name, untrusted_name) == 0) {
			return words;
		}
	}
	return NULL;
}

const char *word_name(const struct word *words, int value) {
	for (; words->name != NULL; words++) {
		if (words->value == value) {
			return words->name;
		}
	}
	return "";
}

char *word_list(const struct word *words) {
	char *list = xstrdup("");
	const char *pending = NULL; /* the last one so far: what stands before it depends on what follows */
	for (; words->name != NULL; words++) {
		if (words->refusal != NULL) {
			continue;
		}
		if (pending != NULL) {
			char *longer = xasprintf("%s%s%s", list, list[0] != '\0' ? ", " : "", pending);
			free(list);
			list = longer;
		}
		pending = words->name;
	}
	if (pending != NULL) {
		char *whole = xasprintf("%s%s%s", list, list[0] != '\0' ? " or " : "", pending);
		free(list);
		list = whole;
	}
	return list;
}

const struct word *word_expect(struct parser *parser, const struct word *words,
	const struct scfg_directive *untrusted_line, const char *untrusted_name) {
	const struct word *word = word_find(words, untrusted_name);
	if (word != NULL && word->refusal == NULL) {
		return word;
	}
	char quoted[QUOTE_SIZE];
	errors_quote(untrusted_name, quoted);
	char *list = word_list(words);
	if (word != NULL) {
		parser_error(parser, untrusted_line, "%s %s: expected %s", quoted, word->refusal, list);
	} else {
		parser_error(parser, untrusted_line, "expected %s, not %s", list, quoted);
	}
	free(list);
	return NULL;
}

bool argv_set(struct parser *parser, const struct scfg_directive *untrusted_line, char *const *untrusted_words,
	size_t count, struct config_argv *argv) {
	size_t size = 0;
	for (size_t i = 0; i < count; i++) {
		size += strlen(untrusted_words[i]) + 1;
	}
	if (count > CONFIG_WORDS_MAX || size > CONFIG_WORDS_SIZE) {
		parser_error(parser, untrusted_line, "the command is too long: expected at most %d words and %d bytes",
			CONFIG_WORDS_MAX, CONFIG_WORDS_SIZE);
		return false;
	}
	if (count == 0 || untrusted_words[0][0] == '\0') {
		parser_error(parser, untrusted_line, "expected a command, not an empty word");
		return false;
	}
	argv->words = xcalloc(count + 1, sizeof(*argv->words));
	for (size_t i = 0; i < count; i++) {
		argv->words[i] = xstrdup(untrusted_words[i]);
	}
	argv->len = count;
	return true;
}
