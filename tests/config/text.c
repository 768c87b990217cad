#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/config/text.h"

static void print_errors(const char *text, const struct config_errors *errors) {
	print_error("--- text:\n%s\n--- its errors:\n", text);
	for (size_t i = 0; i < errors->len; i++) {
		print_error("%d: %s\n", errors->list[i].line, errors->list[i].text);
	}
}

struct config *text_parse(const char *text) {
	struct config_errors errors = { 0 };
	struct config *config = config_parse(text, strlen(text), HOME, &errors);
	if (config == NULL || errors.len > 0) {
		print_errors(text, &errors);
		fail_msg("a good text was refused");
	}
	return config;
}

void text_expect(const struct text_case *row) {
	if (row->error == NULL) {
		config_destroy(text_parse(row->text));
		return;
	}
	struct config_errors errors = { 0 };
	struct config *config = config_parse(row->text, strlen(row->text), HOME, &errors);
	assert_null(config);
	bool right = errors.len == 1 && errors.list[0].line == row->line && strcmp(errors.list[0].text, row->error) == 0;
	if (!right) {
		print_errors(row->text, &errors);
		fail_msg("expected line %d: %s", row->line, row->error);
	}
	config_errors_finish(&errors);
}

void text_expect_all(const struct text_case *rows) {
	for (; rows->text != NULL; rows++) {
		text_expect(rows);
	}
}

char *text_in_block(const char *block, const char *line) {
	return xasprintf("%s {\n\t%s\n}\n", block, line);
}

void text_expect_in_block(const char *block, const struct text_case *rows) {
	for (; rows->text != NULL; rows++) {
		char *text = text_in_block(block, rows->text);
		text_expect(&(struct text_case){ text, 2, rows->error });
		free(text);
	}
}
