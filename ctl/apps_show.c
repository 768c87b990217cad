#include <stdio.h>

#include "base/name.h"
#include "ctl/apps.h"
#include "ctl/json.h"
#include "ctl/table.h"
#include "ctl/text.h"
#include "wire/control.h"

static void put_json(struct json *json, const struct config_instance *instance, const struct apps *apps) {
	for (size_t i = 0; i < apps->len; i++) {
		const struct app *app = &apps->list[i];
		json_begin_object(json);
		json_key(json, "instance"), json_string(json, instance->name);
		json_key(json, "app"), json_string(json, app->id);
		json_key(json, "name"), json_string(json, app->name);
		json_key(json, "icon"), json_string(json, app->icon);
		json_key(json, "icon_file");
		if (app->icon_file != NULL) {
			json_string(json, app->icon_file);
		} else {
			json_null(json);
		}
		json_key(json, "terminal"), json_bool(json, app->terminal);
		json_key(json, "command");
		json_begin_array(json);
		for (size_t k = 0; k < app->words_len; k++) {
			json_string(json, app->words[k]);
		}
		json_end_array(json);
		json_end_object(json);
	}
}

static void put_rows(struct table *table, const struct config_instance *instance, const struct apps *apps) {
	for (size_t i = 0; i < apps->len; i++) {
		table_add(table, instance->name);
		table_add(table, apps->list[i].id);
		table_add(table, apps->list[i].name);
	}
}

static const struct table_column columns[] = {
	{ .heading = "INSTANCE" },
	{ .heading = "APP" },
	{ .heading = "NAME" },
};

/* Of one instance, or of all where only is NULL. */
static void show(const struct places *places, const struct config_instance *only, bool as_json) {
	const struct config *config = places->loaded.config;
	struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]), text_locale_is_utf8());
	struct json json;
	json_init(&json, stdout);
	if (as_json) {
		json_begin_array(&json);
	}
	for (size_t i = 0; i < config->instances_len; i++) {
		const struct config_instance *instance = &config->instances[i];
		if (only != NULL && only != instance) {
			continue;
		}
		struct apps apps;
		apps_find(places, instance, &apps);
		if (as_json) {
			put_json(&json, instance, &apps);
		} else {
			put_rows(table, instance, &apps);
		}
		apps_finish(&apps);
	}
	if (as_json) {
		json_end_array(&json);
		json_finish(&json);
	} else {
		table_print(table, stdout);
	}
	table_destroy(table);
}

int apps_show(const struct arguments *arguments) {
	struct places places;
	const struct config_instance *only = NULL;
	int code = places_find(arguments, &places);
	if (code == EXIT_CODE_OK && arguments->words_len > 0) {
		const char *name = arguments->words[0];
		only = name_is_valid(name) ? config_find_instance(places.loaded.config, name) : NULL;
		if (only == NULL) {
			text_complain("there is no instance '%s' in %s", name, places.config_path);
			code = EXIT_CODE_UNKNOWN;
		}
	}
	if (code == EXIT_CODE_OK) {
		show(&places, only, arguments->json);
	}
	places_finish(&places);
	return code;
}
