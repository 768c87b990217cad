#ifndef CTL_TABLE_H
#define CTL_TABLE_H

/* Rows of cells under headings, in columns as wide as their widest cell, two spaces between. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 8

struct table_column {
	const char *heading; /* borrowed */
	bool right; /* numbers stand at the right */
	bool optional; /* left out where every cell is empty */
};

struct table;

/* columns is borrowed and has at most TABLE_COLUMNS_MAX. */
struct table *table_create(const struct table_column *columns, size_t columns_len, bool utf8);
void table_destroy(struct table *table);

/* The next cell of the current row, or the first of the next; cleaned for the terminal. */
void table_add(struct table *table, const char *untrusted_text);
void table_add_number(struct table *table, unsigned number);

void table_print(const struct table *table, FILE *out);

#endif
