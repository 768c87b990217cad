#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "config/errors.h"

void errors_add(struct config_errors *errors, int line, const char *format, ...) {
	if (errors->len == CONFIG_ERRORS_MAX) {
		errors->more = true;
		return;
	}
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		text = xstrdup("out of memory");
	}
	errors->list = xrealloc_array(errors->list, errors->len + 1, sizeof(*errors->list));
	errors->list[errors->len++] = (struct config_error){ .line = line, .text = text };
}

static bool is_after(const struct config_error *a, const struct config_error *b) {
	return a->source > b->source || (a->source == b->source && a->line > b->line);
}

void errors_sort(struct config_errors *errors) {
	/* Insertion: stable, and the list is short and nearly in order. */
	for (size_t i = 1; i < errors->len; i++) {
		struct config_error error = errors->list[i];
		size_t at = i;
		for (; at > 0 && is_after(&errors->list[at - 1], &error); at--) {
			errors->list[at] = errors->list[at - 1];
		}
		errors->list[at] = error;
	}
}

const char *errors_quote(const char *untrusted_word, char *out) {
	char cut[QUOTE_SIZE - 8];
	bool whole = copy_string(cut, sizeof(cut), untrusted_word);
	snprintf(out, QUOTE_SIZE, "'%s%s'", cut, whole ? "" : "…");
	return out;
}

void config_errors_finish(struct config_errors *errors) {
	for (size_t i = 0; i < errors->len; i++) {
		free(errors->list[i].file);
		free(errors->list[i].text);
	}
	free(errors->list);
	*errors = (struct config_errors){ 0 };
}
