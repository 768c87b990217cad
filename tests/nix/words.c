/* Prints, as JSON, the words that a config file holds, as the program reads them: words FILE. For text.py. */

#include <stdio.h>
#include <stdlib.h>
#include "config/check.h"
#include "config/config.h"
#include "ctl/json.h"

static void put_words(struct json *json, const char *key, const struct config_argv *words) {
	json_key(json, key);
	json_begin_array(json);
	for (size_t i = 0; i < words->len; i++) {
		json_string(json, words->words[i]);
	}
	json_end_array(json);
}

static void put_instance(struct json *json, const struct config_instance *instance) {
	json_key(json, instance->name);
	json_begin_object(json);
	for (size_t i = 0; i < instance->apps_len; i++) {
		put_words(json, instance->apps[i].name, &instance->apps[i].argv);
	}
	put_words(json, "-env", instance->environment);
	json_key(json, "-persist");
	json_begin_array(json);
	for (size_t i = 0; i < instance->persist_len; i++) {
		json_string(json, instance->persist[i].path);
	}
	json_end_array(json);
	json_end_object(json);
}

int main(int argc, char **argv) {
	struct config_loaded loaded;
	struct config_errors errors = { 0 };
	if (argc != 2 || !config_load(argv[1], "/home/u", &loaded, &errors)) {
		config_errors_print(stderr, argc == 2 ? argv[1] : "words", &errors);
		return EXIT_FAILURE;
	}
	struct json json;
	json_init(&json, stdout);
	json_begin_object(&json);
	for (size_t i = 0; i < loaded.config->instances_len; i++) {
		put_instance(&json, &loaded.config->instances[i]);
	}
	json_end_object(&json);
	json_finish(&json);
	config_loaded_finish(&loaded);
	return EXIT_SUCCESS;
}
