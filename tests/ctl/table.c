#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <locale.h>
#include "ctl/table.h"

static const struct table_column columns[] = {
	{ .heading = "NAME" },
	{ .heading = "SIZE", .right = true },
	{ .heading = "WHY", .optional = true },
	{ .heading = "NOTE" },
};

#define COLUMNS_LEN (sizeof(columns) / sizeof(columns[0]))

static void check(const char *const *cells, size_t cells_len, const char *expected) {
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct table *table = table_create(columns, COLUMNS_LEN, true);
	for (size_t i = 0; i < cells_len; i++) {
		table_add(table, cells[i]);
	}
	table_print(table, out);
	table_destroy(table);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void columns_are_aligned(void **state) {
	static const char *const cells[] = {
		"work",
		"1.0 GB",
		"",
		"x",
		"personal",
		"5 B",
		"",
		"",
		"größe",
		"-",
		"",
		"中",
	};
	check(cells, 12,
		"NAME        SIZE  NOTE\n"
		"work      1.0 GB  x\n"
		"personal     5 B\n"
		"größe          -  中\n");
}

static void optional_column_shows_where_used(void **state) {
	static const char *const cells[] = {
		"a",
		"1",
		"",
		"n",
		"b",
		"2",
		"because",
		"",
		"c",
		"3",
		"",
		"",
	};
	check(cells, 12,
		"NAME  SIZE  WHY      NOTE\n"
		"a        1           n\n"
		"b        2  because\n"
		"c        3\n");
}

static void no_rows_leave_the_headings(void **state) {
	check(NULL, 0, "NAME  SIZE  NOTE\n");
}

static void cells_are_cleaned(void **state) {
	static const char *const cells[] = { "a\nb", "\x1b[2J", "", "\xe2\x80\xae" };
	check(cells, 4,
		"NAME       SIZE  NOTE\n"
		"a\\x0ab  \\x1b[2J  \\xe2\\x80\\xae\n");
}

static void many_rows_fit(void **state) {
	struct table *table = table_create(columns, 1, true);
	for (unsigned i = 0; i < 1000; i++) {
		table_add_number(table, i);
	}
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	table_print(table, out);
	table_destroy(table);
	fclose(out);
	size_t lines = 0;
	for (size_t i = 0; i < length; i++) {
		lines += text[i] == '\n';
	}
	assert_int_equal(lines, 1001);
	free(text);
}

static int set_locale(void **state) {
	return setlocale(LC_CTYPE, "C.UTF-8") != NULL ? 0 : -1;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned),
		cmocka_unit_test(optional_column_shows_where_used),
		cmocka_unit_test(no_rows_leave_the_headings),
		cmocka_unit_test(cells_are_cleaned),
		cmocka_unit_test(many_rows_fit),
	};
	return cmocka_run_group_tests_name("ctl table", tests, set_locale, NULL);
}
