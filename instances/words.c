#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "instances/words.h"

void words_finish(struct words *words) {
	for (size_t i = 0; i < words->len; i++) {
		free(words->list[i]);
	}
	free(words->list);
	free(words->starts);
	*words = (struct words){ 0 };
}

static void append(struct words *words, char *word, bool start) {
	words->list = xrealloc_array(words->list, words->len + 2, sizeof(*words->list));
	words->starts = xrealloc_array(words->starts, words->len + 2, sizeof(*words->starts));
	words->list[words->len] = word;
	words->starts[words->len++] = start;
	words->list[words->len] = NULL;
}

void words_add(struct words *words, ...) {
	va_list arguments;
	va_start(arguments, words);
	bool start = true;
	for (const char *word; (word = va_arg(arguments, const char *)) != NULL; start = false) {
		append(words, xstrdup(word), start);
	}
	va_end(arguments);
}

void words_add_format(struct words *words, const char *format, ...) {
	char *word = NULL;
	va_list arguments;
	va_start(arguments, format);
	if (vasprintf(&word, format, arguments) < 0) {
		abort();
	}
	va_end(arguments);
	append(words, word, false);
}

static char **find(const struct words *words, const char *name) {
	size_t length = strlen(name);
	for (size_t i = 0; i < words->len; i++) {
		if (strncmp(words->list[i], name, length) == 0 && words->list[i][length] == '=') {
			return &words->list[i];
		}
	}
	return NULL;
}

void words_set(struct words *words, const char *name, const char *value) {
	char *word = xasprintf("%s=%s", name, value);
	char **old = find(words, name);
	if (old == NULL) {
		append(words, word, true);
		return;
	}
	free(*old);
	*old = word;
}

const char *words_get(const struct words *words, const char *name) {
	char **word = find(words, name);
	return word != NULL ? *word + strlen(name) + 1 : NULL;
}

void words_unset(struct words *words, const char *name) {
	for (char **word; (word = find(words, name)) != NULL; words->len--) {
		size_t index = (size_t)(word - words->list);
		free(*word);
		memmove(words->list + index, words->list + index + 1, (words->len - index) * sizeof(*words->list));
		memmove(words->starts + index, words->starts + index + 1, (words->len - index - 1) * sizeof(*words->starts));
	}
}
