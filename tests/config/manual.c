#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/memory.h"
#include "config/actions.h"
#include "config/directives.h"
#include "config/limit.h"
#include "config/values.h"
#include "tests/config/text.h"

/*
 * Holds cofferdam-config(5) to the tables: every directive has an entry in the section of its block, with its
 * parameters, its default and an example that uses it; every action and grant has an entry; every example is a good
 * config. An entry is a line that begins with the name in bold and ends where the next one begins.
 */

#define LINES_MAX 2000

struct manual {
	char *text;
	char *lines[LINES_MAX]; /* in text, without their line feeds */
	size_t len;
};

static const char *const sections[] = {
	[BLOCK_TOP] = "# BLOCKS AND BINDINGS",
	[BLOCK_OUTPUT] = "# OUTPUT",
	[BLOCK_KEYBOARD] = "# INPUT KEYBOARD",
	[BLOCK_POINTER] = "# INPUT POINTER",
	[BLOCK_SHELL] = "# SHELL",
	[BLOCK_CLIPBOARD] = "# CLIPBOARD",
	[BLOCK_LAYOUT] = "# LAYOUT",
	[BLOCK_INSTANCE] = "# INSTANCE",
};

static int setup(void **state) {
	static struct manual manual;
	size_t length;
	int fd = open(getenv("MANUAL"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	manual.text = fd_read_all(fd, 1024 * 1024, &length);
	assert_non_null(manual.text);
	fd_close(&fd);
	for (char *line = manual.text; line != NULL;) {
		char *feed = strchr(line, '\n');
		if (feed != NULL) {
			*feed++ = '\0';
		}
		assert_true(manual.len < LINES_MAX);
		manual.lines[manual.len++] = line;
		line = feed;
	}
	*state = &manual;
	return 0;
}

static int teardown(void **state) {
	free(((struct manual *)*state)->text);
	return 0;
}

/* The lines [*from, *to) of the section under this heading. */
static void find_section(const struct manual *manual, const char *heading, size_t *from, size_t *to) {
	for (*from = 0; *from < manual->len && strcmp(manual->lines[*from], heading) != 0; (*from)++) {
	}
	if (*from == manual->len) {
		fail_msg("the manual has no section '%s'", heading);
	}
	for (*to = ++*from; *to < manual->len && strncmp(manual->lines[*to], "# ", 2) != 0; (*to)++) {
	}
}

/* Narrows [*from, *to) to the entry of a name. */
static void find_entry(const struct manual *manual, const char *name, size_t *from, size_t *to) {
	char *begin = xasprintf("*%s*", name);
	for (; *from < *to && strncmp(manual->lines[*from], begin, strlen(begin)) != 0; (*from)++) {
	}
	if (*from == *to) {
		fail_msg("the manual has no entry for '%s' in its section", name);
	}
	size_t end = *from + 1;
	for (; end < *to && manual->lines[end][0] != '*'; end++) {
	}
	*to = end;
	free(begin);
}

/* A line without scdoc's marks. The caller frees it. */
static char *plain(const char *line) {
	char *out = xstrdup(line), *end = out;
	for (const char *c = line; *c != '\0'; c++) {
		if (*c != '*' && *c != '_' && *c != '\\') {
			*end++ = *c;
		}
	}
	*end = '\0';
	return out;
}

static bool is_fence(const char *line) {
	return strcmp(line + strspn(line, "\t"), "```") == 0;
}

/* Does an example in [from, to) have a line of this directive? */
static bool has_example(const struct manual *manual, const char *name, size_t from, size_t to) {
	bool inside = false;
	for (size_t i = from; i < to; i++) {
		const char *line = manual->lines[i] + strspn(manual->lines[i], "\t");
		size_t length = strlen(name);
		if (is_fence(line)) {
			inside = !inside;
		} else if (inside && strncmp(line, name, length) == 0 && strchr(" ", line[length]) != NULL) {
			return true;
		}
	}
	return false;
}

static bool has_line(const struct manual *manual, const char *wanted, size_t from, size_t to) {
	for (size_t i = from; i < to; i++) {
		char *line = plain(manual->lines[i]);
		bool same = strcmp(line + strspn(line, "\t"), wanted) == 0;
		free(line);
		if (same) {
			return true;
		}
	}
	return false;
}

/* Is this number, alone, in [from, to)? */
static bool has_number(const struct manual *manual, double number, size_t from, size_t to) {
	char wanted[32];
	snprintf(wanted, sizeof(wanted), "%g", number);
	for (size_t i = from; i < to; i++) {
		const char *at = manual->lines[i];
		for (; (at = strstr(at, wanted)) != NULL; at++) {
			bool begins = at == manual->lines[i] || strchr(" \t(", at[-1]) != NULL;
			if (begins && strchr(" ,;:.)", at[strlen(wanted)]) != NULL) {
				return true;
			}
		}
	}
	return false;
}

static void test_directives(void **state) {
	const struct manual *manual = *state;
	for (const struct directive *row = directives; row->name != NULL; row++) {
		size_t from, to;
		char *name = row->selector != NULL ? xasprintf("%s %s", row->name, row->selector) : xstrdup(row->name);
		find_section(manual, sections[row->block], &from, &to);
		find_entry(manual, name, &from, &to);

		bool block = row->opens != BLOCK_NONE;
		const char *parameters = row->selector != NULL ? "" : row->parameters;
		char *heading = xasprintf(
			"%s%s%s%s", name, parameters[0] != '\0' ? " " : "", parameters, block ? " { ... }" : "");
		if (!has_line(manual, heading, from, from + 1)) {
			fail_msg("the manual's entry for '%s' does not begin with: %s", name, heading);
		}
		const char *value = row->fallback == NULL ? row->unset : row->fallback;
		char *fallback = xasprintf("Default: %s", value[0] == '\0' ? "\"\"" : value);
		if (!has_line(manual, fallback, from, to)) {
			fail_msg("the manual's entry for '%s' lacks: %s", name, fallback);
		}
		bool number = row->set == set_integer || row->set == set_number;
		if (number && !(has_number(manual, row->min, from, to) && has_number(manual, row->max, from, to))) {
			fail_msg("the manual's entry for '%s' lacks its range, %g to %g", name, row->min, row->max);
		}
		if (!has_example(manual, name, from, to)) {
			fail_msg("the manual's entry for '%s' has no example", name);
		}
		bool repeated = false;
		for (size_t i = from; i < to; i++) {
			repeated = repeated || strstr(manual->lines[i], "be repeated") != NULL;
		}
		if (row->repeats != repeated) {
			fail_msg("the manual's entry for '%s' is wrong on whether it may be repeated", name);
		}
		free(heading);
		free(fallback);
		free(name);
	}
}

static void test_actions(void **state) {
	const struct manual *manual = *state;
	size_t first, end;
	find_section(manual, "# ACTIONS", &first, &end);
	for (const struct action *action = actions; action->name != NULL; action++) {
		size_t from = first, to = end;
		find_entry(manual, action->name, &from, &to);
		bool number = action->min != action->max;
		if (number && !(has_number(manual, action->min, from, to) && has_number(manual, action->max, from, to))) {
			fail_msg("the manual's entry for '%s' lacks its range", action->name);
		}
		bool used = false;
		for (size_t i = first; i < end && !used; i++) {
			/* "bind CHORD NAME", and then the end or a parameter. */
			const char *line = manual->lines[i];
			const char *word = strncmp(line, "bind ", 5) == 0 ? strchr(line + 5, ' ') : NULL;
			size_t length = strlen(action->name);
			used = word != NULL && strncmp(word + 1, action->name, length) == 0 &&
				(word[1 + length] == '\0' || word[1 + length] == ' ');
		}
		if (!used) {
			fail_msg("no example of the manual binds '%s'", action->name);
		}
	}
}

static void test_grants(void **state) {
	const struct manual *manual = *state;
	for (const struct word *grant = grant_words; grant->name != NULL; grant++) {
		size_t from, to;
		if (grant->refusal != NULL) {
			continue;
		}
		find_section(manual, "# GRANTS", &from, &to);
		find_entry(manual, grant->name, &from, &to);
	}
}

/* "2G", "4096" */
static char *write_amount(const struct limit_row *row, uint64_t value) {
	const uint64_t mib = UINT64_C(1) << 20, gib = UINT64_C(1) << 30;
	if (!row->is_bytes) {
		return xasprintf("%llu", (unsigned long long)value);
	}
	return value % gib == 0 ? xasprintf("%lluG", (unsigned long long)(value / gib))
							: xasprintf("%lluM", (unsigned long long)(value / mib));
}

/* Each limit has its row in the table, with its default and its range. */
static void test_limits(void **state) {
	const struct manual *manual = *state;
	size_t from, to, rows = 0;
	find_section(manual, "# LIMITS", &from, &to);
	for (size_t i = from; i < to; i++) {
		rows += strncmp(manual->lines[i], "|  ", 3) == 0;
	}
	assert_int_equal(rows, CONFIG_LIMITS);
	for (size_t limit = 0; limit < CONFIG_LIMITS; limit++) {
		const struct limit_row *row = &limit_rows[limit];
		char *name = xasprintf("|  %s", row->name), *fallback = write_amount(row, row->fallback);
		char *least = write_amount(row, row->min), *most = write_amount(row, row->max);
		char *value = xasprintf(":  %s", fallback), *range = xasprintf(":  %s, %s", least, most);
		size_t at = from;
		while (at < to && strcmp(manual->lines[at], name) != 0) {
			at++;
		}
		if (at + 2 >= to || strcmp(manual->lines[at + 1], value) != 0 || strcmp(manual->lines[at + 2], range) != 0) {
			fail_msg("the manual's table of limits lacks %s with %s and %s", name, value, range);
		}
		assert_int_equal(word_find(limit_words, row->name)->value, limit);
		free(name);
		free(fallback);
		free(least);
		free(most);
		free(value);
		free(range);
	}
}

/* And nothing is described that does not exist. */
static void test_nothing_else(void **state) {
	const struct manual *manual = *state;
	for (enum directive_block block = BLOCK_TOP; block <= BLOCK_INSTANCE; block++) {
		size_t from, to;
		find_section(manual, sections[block], &from, &to);
		for (size_t i = from; i < to; i++) {
			const char *line = manual->lines[i];
			const char *end = line[0] == '*' ? strchr(line + 1, '*') : NULL;
			/* An entry's line begins with its name; a paragraph of the section may begin in bold too. */
			if (end == NULL || manual->lines[i + 1][0] != '\t') {
				continue;
			}
			bool known = false;
			for (const struct directive *row = directives; row->name != NULL; row++) {
				known = known || (row->block == block && strncmp(row->name, line + 1, strlen(row->name)) == 0);
			}
			if (!known) {
				fail_msg("the manual has an entry that is no directive: %s", line);
			}
		}
	}
}

static void test_examples(void **state) {
	const struct manual *manual = *state;
	size_t examples = 0;
	for (size_t i = 0; i < manual->len; i++) {
		if (!is_fence(manual->lines[i])) {
			continue;
		}
		char *text = xstrdup("");
		for (i++; i < manual->len && !is_fence(manual->lines[i]); i++) {
			char *longer = xasprintf("%s%s\n", text, manual->lines[i]);
			free(text);
			text = longer;
		}
		assert_true(i < manual->len);
		config_destroy(text_parse(text));
		free(text);
		examples++;
	}
	assert_true(examples > 50);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directives),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_grants),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_nothing_else),
		cmocka_unit_test(test_examples),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
