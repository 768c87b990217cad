/* Config text: whatever comes in, out comes either a model that keeps its promises or errors that a strip can show. */

#include <string.h>
#include "base/name.h"
#include "base/utf8.h"
#include "config/config.h"
#include "tests/fuzz/fuzz.h"

#define HOME "/home/person"

/* Components that are plain names, one slash between two. */
static void check_plain(const char *path) {
	FUZZ_CHECK(strlen(path) < CONFIG_PATH_SIZE);
	for (const char *at = path;; at++) {
		size_t length = strcspn(at, "/");
		FUZZ_CHECK(length > 0 && !(length == 1 && at[0] == '.') && !(length == 2 && at[0] == '.' && at[1] == '.'));
		at += length;
		if (*at == '\0') {
			return;
		}
	}
}

static void check_argv(const struct config_argv *argv) {
	FUZZ_CHECK(argv->words[argv->len] == NULL);
	FUZZ_CHECK(argv->len <= CONFIG_WORDS_MAX);
	for (size_t i = 0; i < argv->len; i++) {
		FUZZ_CHECK(argv->words[i] != NULL);
	}
}

static void check_instance(const struct config *config, const struct config_instance *instance) {
	FUZZ_CHECK(name_is_valid(instance->name));
	FUZZ_CHECK(config_find_instance(config, instance->name) == instance);
	FUZZ_CHECK(instance->color <= 0xffffff);
	FUZZ_CHECK(strcmp(instance->root, "host") == 0 || instance->root[0] == '/');
	FUZZ_CHECK(instance->environment != NULL);
	for (size_t i = 0; i < instance->files_len; i++) {
		const char *path = instance->files[i].path;
		FUZZ_CHECK(path[0] == '/');
		check_plain(path + 1);
		/* Neither the home, nor what it is in, nor the ways to the other instances. */
		FUZZ_CHECK(strncmp(HOME, path, strlen(path)) != 0);
		FUZZ_CHECK(strncmp(path, "/proc", 6) != 0 && strncmp(path, "/proc/", 6) != 0);
		FUZZ_CHECK(strncmp(path, HOME "/.local/state/cofferdam", strlen(HOME "/.local/state/cofferdam") + 1) != 0);
	}
	for (size_t i = 0; i < instance->persist_len; i++) {
		FUZZ_CHECK(instance->persist[i].path[0] != '/');
		check_plain(instance->persist[i].path);
	}
	for (size_t i = 0; i < instance->apps_len; i++) {
		FUZZ_CHECK(name_is_valid(instance->apps[i].name));
		FUZZ_CHECK(instance->apps[i].argv.len > 0);
		check_argv(&instance->apps[i].argv);
	}
	for (size_t i = 0; i < instance->start_len; i++) {
		FUZZ_CHECK(config_find_app(instance, instance->start[i]) != NULL);
	}
}

static void check_model(const struct config *config) {
	FUZZ_CHECK(config->instances_len <= CONFIG_INSTANCES_MAX);
	FUZZ_CHECK(config->binds_len <= CONFIG_BINDS_MAX);
	for (size_t i = 0; i < config->instances_len; i++) {
		check_instance(config, &config->instances[i]);
		for (size_t j = 0; j < i; j++) {
			FUZZ_CHECK(strcmp(config->instances[i].name, config->instances[j].name) != 0);
			FUZZ_CHECK(config->instances[i].color != config->instances[j].color);
		}
	}
	for (size_t i = 0; i < config->binds_len; i++) {
		const struct config_bind *bind = &config->binds[i];
		if (bind->action == ACTION_RUN) {
			const struct config_instance *instance = config_find_instance(config, bind->instance);
			FUZZ_CHECK(instance != NULL);
			FUZZ_CHECK(bind->app == NULL || config_find_app(instance, bind->app) != NULL);
		}
	}
}

/* Fit for a terminal: valid, and no control character but the tabs of a quoted word. */
static void check_text(char *text) {
	for (char *tab = strchr(text, '\t'); tab != NULL; tab = strchr(tab, '\t')) {
		*tab = ' ';
	}
	FUZZ_CHECK(utf8_is_line(text, strlen(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	int lines = 1;
	for (size_t i = 0; i < size; i++) {
		lines += data[i] == '\n';
	}
	struct config_errors errors = { 0 };
	struct config *config = config_parse((const char *)data, size, HOME, &errors);
	FUZZ_CHECK((config != NULL) == (errors.len == 0));
	FUZZ_CHECK(errors.len <= CONFIG_ERRORS_MAX);
	for (size_t i = 0; i < errors.len; i++) {
		/* Line 0 would be libscfg's own refusal, of what our look had passed. */
		FUZZ_CHECK(errors.list[i].line >= 1 && errors.list[i].line <= lines);
		FUZZ_CHECK(i == 0 || errors.list[i - 1].line <= errors.list[i].line);
		check_text(errors.list[i].text);
	}
	if (config != NULL) {
		check_model(config);
	}
	config_destroy(config);
	config_errors_finish(&errors);
	return 0;
}
