#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/memory.h"
#include "base/name.h"
#include "ctl/json.h"
#include "ctl/state.h"
#include "ctl/table.h"
#include "ctl/text.h"
#include "store/aside.h"
#include "wire/control.h"

/* ---- of which instances ---- */

struct kept {
	char *name;
	struct holdings holdings;
};

struct all_kept {
	struct kept *list;
	size_t len;
};

static int add_kept(struct places *places, const char *name, struct all_kept *all) {
	int instance_fd;
	int code = state_open(places, name, &instance_fd);
	if (code == EXIT_CODE_OK) {
		all->list = xrealloc_array(all->list, all->len + 1, sizeof(*all->list));
		struct kept *kept = &all->list[all->len++];
		kept->name = xstrdup(name);
		holdings_list(instance_fd, config_find_instance(places->loaded.config, name), &kept->holdings);
		fd_close(&instance_fd);
	}
	return code;
}

/* Those that the config has no more, but the store has. */
static int add_others(struct places *places, struct all_kept *all) {
	char reason[512];
	int code = EXIT_CODE_OK;
	int root_fd = store_enter(places->store, false, reason, sizeof(reason));
	DIR *directory = root_fd >= 0 ? fdopendir(root_fd) : NULL;
	if (directory == NULL) {
		fd_close(&root_fd);
		if (reason[0] != '\0') {
			text_complain("%s", reason);
			return EXIT_CODE_FAILED;
		}
		return EXIT_CODE_OK;
	}
	for (struct dirent *entry; code == EXIT_CODE_OK && (entry = readdir(directory)) != NULL;) {
		if (name_is_valid(entry->d_name) && config_find_instance(places->loaded.config, entry->d_name) == NULL) {
			code = add_kept(places, entry->d_name, all);
		}
	}
	closedir(directory);
	return code;
}

static int gather(const struct arguments *arguments, struct places *places, struct all_kept *all) {
	const struct config *config = places->loaded.config;
	*all = (struct all_kept){ 0 };
	if (arguments->words_len > 1) {
		return add_kept(places, arguments->words[1], all);
	}
	int code = EXIT_CODE_OK;
	for (size_t i = 0; code == EXIT_CODE_OK && i < config->instances_len; i++) {
		code = add_kept(places, config->instances[i].name, all);
	}
	return code == EXIT_CODE_OK ? add_others(places, all) : code;
}

static void finish(struct all_kept *all) {
	for (size_t i = 0; i < all->len; i++) {
		free(all->list[i].name);
		holdings_finish(&all->list[i].holdings);
	}
	free(all->list);
}

/* ---- list ---- */

static const char *const kind_names[] = {
	[HOLDING_DECLARED] = "declared",
	[HOLDING_UNDECLARED] = "undeclared",
	[HOLDING_ASIDE] = "aside",
};

static void list_as_json(const struct all_kept *all) {
	struct json json;
	json_init(&json, stdout);
	json_begin_array(&json);
	for (size_t i = 0; i < all->len; i++) {
		for (size_t j = 0; j < all->list[i].holdings.len; j++) {
			const struct holding *holding = &all->list[i].holdings.list[j];
			json_begin_object(&json);
			json_key(&json, "instance"), json_string(&json, all->list[i].name);
			json_key(&json, "path"), json_string(&json, holding->untrusted_path);
			json_key(&json, "kind"), json_string(&json, kind_names[holding->kind]);
			json_key(&json, "date"), json_string(&json, holding->date);
			json_key(&json, "exists"), json_bool(&json, holding->exists);
			json_key(&json, "size"), json_uint(&json, holding->size.bytes);
			json_key(&json, "files"), json_uint(&json, holding->size.files);
			json_key(&json, "changed"), json_int(&json, holding->size.newest);
			json_key(&json, "whole"), json_bool(&json, !holding->exists || holding->size.whole);
			json_end_object(&json);
		}
	}
	json_end_array(&json);
	json_finish(&json);
}

static const struct table_column list_columns[] = {
	{ .heading = "INSTANCE" },
	{ .heading = "STATE" },
	{ .heading = "SIZE", .right = true },
	{ .heading = "FILES", .right = true },
	{ .heading = "CHANGED" },
	{ .heading = "PATH" },
};

void state_add_size(struct table *table, const struct walk_size *size, bool exists) {
	char text[TEXT_SIZE_SIZE + 1], changed[32] = "-";
	struct tm local;
	time_t newest = (time_t)size->newest;
	if (!exists) {
		table_add(table, "-");
		table_add(table, "-");
		table_add(table, "-");
		return;
	}
	text_size(size->bytes, text + 1);
	text[0] = '>';
	table_add(table, size->whole ? text + 1 : text);
	table_add_number(table, (unsigned)(size->files < UINT32_MAX ? size->files : UINT32_MAX));
	if (size->files > 0 && localtime_r(&newest, &local) != NULL) {
		strftime(changed, sizeof(changed), "%Y-%m-%d %H:%M", &local);
	}
	table_add(table, changed);
}

static void list_as_table(const struct all_kept *all) {
	struct table *table = table_create(
		list_columns, sizeof(list_columns) / sizeof(list_columns[0]), text_locale_is_utf8());
	bool cut = false;
	for (size_t i = 0; i < all->len; i++) {
		cut = cut || all->list[i].holdings.cut;
		for (size_t j = 0; j < all->list[i].holdings.len; j++) {
			const struct holding *holding = &all->list[i].holdings.list[j];
			char *path = holding->kind == HOLDING_ASIDE ? xasprintf("%s@%s", holding->untrusted_path, holding->date)
														: xstrdup(holding->untrusted_path);
			table_add(table, all->list[i].name);
			table_add(table, kind_names[holding->kind]);
			state_add_size(table, &holding->size, holding->exists);
			table_add(table, path);
			free(path);
		}
	}
	table_print(table, stdout);
	table_destroy(table);
	if (cut) {
		text_complain("there is more than this list can show");
	}
}

int state_list(const struct arguments *arguments, struct places *places) {
	struct all_kept all;
	int code = gather(arguments, places, &all);
	if (code == EXIT_CODE_OK) {
		(arguments->json ? list_as_json : list_as_table)(&all);
	}
	finish(&all);
	return code;
}

/* ---- size ---- */

struct sums {
	struct walk_size by_kind[3];
};

static struct sums sum(const struct holdings *holdings) {
	struct sums sums = { { { .whole = true }, { .whole = true }, { .whole = true } } };
	for (size_t i = 0; i < holdings->len; i++) {
		const struct walk_size *size = &holdings->list[i].size;
		struct walk_size *total = &sums.by_kind[holdings->list[i].kind];
		total->bytes += size->bytes;
		total->files += size->files;
		total->whole = total->whole && (size->whole || !holdings->list[i].exists);
	}
	return sums;
}

static void size_as_json(const struct all_kept *all) {
	struct json json;
	json_init(&json, stdout);
	json_begin_array(&json);
	for (size_t i = 0; i < all->len; i++) {
		struct sums sums = sum(&all->list[i].holdings);
		json_begin_object(&json);
		json_key(&json, "instance"), json_string(&json, all->list[i].name);
		for (int kind = HOLDING_DECLARED; kind <= HOLDING_ASIDE; kind++) {
			json_key(&json, kind_names[kind]), json_uint(&json, sums.by_kind[kind].bytes);
		}
		json_end_object(&json);
	}
	json_end_array(&json);
	json_finish(&json);
}

static const struct table_column size_columns[] = {
	{ .heading = "INSTANCE" },
	{ .heading = "DECLARED", .right = true },
	{ .heading = "UNDECLARED", .right = true },
	{ .heading = "ASIDE", .right = true },
};

static void add_sums(struct table *table, const char *name, const struct sums *sums) {
	table_add(table, name);
	for (int kind = HOLDING_DECLARED; kind <= HOLDING_ASIDE; kind++) {
		char text[TEXT_SIZE_SIZE + 1];
		text_size(sums->by_kind[kind].bytes, text + 1);
		text[0] = '>';
		table_add(table, sums->by_kind[kind].whole ? text + 1 : text);
	}
}

static void size_as_table(const struct all_kept *all) {
	struct table *table = table_create(
		size_columns, sizeof(size_columns) / sizeof(size_columns[0]), text_locale_is_utf8());
	struct sums total = { { { .whole = true }, { .whole = true }, { .whole = true } } };
	for (size_t i = 0; i < all->len; i++) {
		struct sums sums = sum(&all->list[i].holdings);
		add_sums(table, all->list[i].name, &sums);
		for (int kind = HOLDING_DECLARED; kind <= HOLDING_ASIDE; kind++) {
			total.by_kind[kind].bytes += sums.by_kind[kind].bytes;
			total.by_kind[kind].whole = total.by_kind[kind].whole && sums.by_kind[kind].whole;
		}
	}
	if (all->len > 1) {
		add_sums(table, "(all)", &total);
	}
	table_print(table, stdout);
	table_destroy(table);
}

int state_size(const struct arguments *arguments, struct places *places) {
	struct all_kept all;
	int code = gather(arguments, places, &all);
	if (code == EXIT_CODE_OK) {
		(arguments->json ? size_as_json : size_as_table)(&all);
	}
	finish(&all);
	return code;
}
