#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ctl/table.h"
#include "ctl/text.h"

struct table {
	const struct table_column *columns;
	size_t columns_len;
	bool utf8;
	char **cells; /* row by row */
	size_t cells_len, cells_room;
	size_t widths[TABLE_COLUMNS_MAX];
	bool used[TABLE_COLUMNS_MAX]; /* some cell is not empty */
};

struct table *table_create(const struct table_column *columns, size_t columns_len, bool utf8) {
	if (columns_len == 0 || columns_len > TABLE_COLUMNS_MAX) {
		abort();
	}
	struct table *table = xcalloc(1, sizeof(*table));
	table->columns = columns;
	table->columns_len = columns_len;
	table->utf8 = utf8;
	for (size_t i = 0; i < columns_len; i++) {
		table->widths[i] = text_width(columns[i].heading);
	}
	return table;
}

void table_destroy(struct table *table) {
	for (size_t i = 0; i < table->cells_len; i++) {
		free(table->cells[i]);
	}
	free(table->cells);
	free(table);
}

void table_add(struct table *table, const char *untrusted_text) {
	if (table->cells_len == table->cells_room) {
		table->cells_room = table->cells_room == 0 ? 64 : table->cells_room * 2;
		table->cells = xrealloc_array(table->cells, table->cells_room, sizeof(*table->cells));
	}
	size_t column = table->cells_len % table->columns_len;
	char *cell = text_clean(untrusted_text, strlen(untrusted_text), TEXT_ONE_LINE, table->utf8);
	size_t width = text_width(cell);
	if (width > table->widths[column]) {
		table->widths[column] = width;
	}
	table->used[column] = table->used[column] || cell[0] != '\0';
	table->cells[table->cells_len++] = cell;
}

void table_add_number(struct table *table, unsigned number) {
	char text[16];
	snprintf(text, sizeof(text), "%u", number);
	table_add(table, text);
}

static void print_spaces(FILE *out, size_t count) {
	while (count-- > 0) {
		fputc(' ', out);
	}
}

/* Spaces are written before the next text alone, so that no line ends in them. */
static void print_row(const struct table *table, FILE *out, const char *const *row) {
	size_t pending = 0;
	bool first = true;
	for (size_t i = 0; i < table->columns_len; i++) {
		if (table->columns[i].optional && !table->used[i]) {
			continue;
		}
		pending += first ? 0 : 2;
		first = false;
		size_t padding = table->widths[i] - text_width(row[i]);
		if (row[i][0] == '\0') {
			pending += padding;
			continue;
		}
		print_spaces(out, pending + (table->columns[i].right ? padding : 0));
		fputs(row[i], out);
		pending = table->columns[i].right ? 0 : padding;
	}
	fputc('\n', out);
}

void table_print(const struct table *table, FILE *out) {
	const char *row[TABLE_COLUMNS_MAX];
	for (size_t i = 0; i < table->columns_len; i++) {
		row[i] = table->columns[i].heading;
	}
	print_row(table, out, row);
	for (size_t at = 0; at + table->columns_len <= table->cells_len; at += table->columns_len) {
		for (size_t i = 0; i < table->columns_len; i++) {
			row[i] = table->cells[at + i];
		}
		print_row(table, out, row);
	}
}
