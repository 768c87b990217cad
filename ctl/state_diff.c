#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/memory.h"
#include "ctl/inside.h"
#include "ctl/json.h"
#include "ctl/state.h"
#include "ctl/table.h"
#include "ctl/text.h"
#include "store/walk.h"
#include "wire/control.h"

#define ROWS_MAX 2000

static const struct walk_limits limits = { .entries = 200000, .depth = WALK_DEPTH_MAX, .milliseconds = 10000 };

/* A file, or a directory with all that is in it: what a person would declare. */
struct row {
	char *untrusted_path;
	bool is_directory;
	struct walk_size size;
};

struct difference {
	bool all; /* each file by itself */
	struct row *list;
	size_t len;
	bool cut;
};

/* Directories that hold those of many programs: rows are made of what is in them. */
static bool is_shared(const char *untrusted_path) {
	static const char *const paths[] = { ".cache", ".config", ".local", ".local/share", ".local/state" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strcmp(untrusted_path, paths[i]) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_within(const char *path, const char *outer) {
	size_t length = strlen(outer);
	return strncmp(path, outer, length) == 0 && path[length] == '/';
}

static enum walk_step visit(void *data, const struct walk_entry *entry) {
	struct difference *difference = data;
	const char *path = entry->untrusted_path;
	bool is_directory = S_ISDIR(entry->status.st_mode);
	if (entry->is_mount) {
		return WALK_SKIP; /* declared: it stays */
	}
	struct row *last = difference->len > 0 ? &difference->list[difference->len - 1] : NULL;
	if (last != NULL && last->is_directory && is_within(path, last->untrusted_path)) {
		walk_size_add(&last->size, &entry->status);
		return WALK_ON;
	}
	if (is_directory && (difference->all || is_shared(path))) {
		return WALK_ON;
	}
	if (difference->len == ROWS_MAX) {
		difference->cut = true;
		return WALK_STOP;
	}
	difference->list = xrealloc_array(difference->list, difference->len + 1, sizeof(*difference->list));
	struct row *row = &difference->list[difference->len++];
	*row = (struct row){ .untrusted_path = xstrdup(path), .is_directory = is_directory, .size.whole = true };
	walk_size_add(&row->size, &entry->status);
	return WALK_ON;
}

/* A directory with nothing in it is the way to a declared path, or nothing to keep. */
static bool is_worth(const struct row *row) {
	return row->size.files > 0;
}

static void print_json(const struct difference *difference) {
	struct json json;
	json_init(&json, stdout);
	json_begin_array(&json);
	for (size_t i = 0; i < difference->len; i++) {
		const struct row *row = &difference->list[i];
		if (is_worth(row)) {
			json_begin_object(&json);
			json_key(&json, "path"), json_string(&json, row->untrusted_path);
			json_key(&json, "directory"), json_bool(&json, row->is_directory);
			json_key(&json, "size"), json_uint(&json, row->size.bytes);
			json_key(&json, "files"), json_uint(&json, row->size.files);
			json_key(&json, "changed"), json_int(&json, row->size.newest);
			json_end_object(&json);
		}
	}
	json_end_array(&json);
	json_finish(&json);
}

static const struct table_column columns[] = {
	{ .heading = "SIZE", .right = true },
	{ .heading = "FILES", .right = true },
	{ .heading = "CHANGED" },
	{ .heading = "PATH" },
};

static void print_table(const struct difference *difference) {
	struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]), text_locale_is_utf8());
	for (size_t i = 0; i < difference->len; i++) {
		const struct row *row = &difference->list[i];
		if (is_worth(row)) {
			char *path = xasprintf("%s%s", row->untrusted_path, row->is_directory ? "/" : "");
			state_add_size(table, &row->size, true);
			table_add(table, path);
			free(path);
		}
	}
	table_print(table, stdout);
	table_destroy(table);
}

int state_diff(const struct arguments *arguments, struct places *places) {
	const char *name = arguments->words[1];
	struct difference difference = { .all = arguments->all };
	int fd;
	int code = inside_open_home(name, &fd);
	if (code != EXIT_CODE_OK) {
		return code;
	}
	if (fd < 0) {
		text_complain("%s does not run: nothing of it will be gone", name);
		return EXIT_CODE_FAILED;
	}
	struct walk_result result = walk_tree(fd, &limits, visit, &difference);
	fd_close(&fd);
	(arguments->json ? print_json : print_table)(&difference);
	if (difference.cut || result.cut || result.unreadable > 0) {
		text_complain("there is more in %s than could be looked at", name);
	}
	for (size_t i = 0; i < difference.len; i++) {
		free(difference.list[i].untrusted_path);
	}
	free(difference.list);
	return EXIT_CODE_OK;
}
