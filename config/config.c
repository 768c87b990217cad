#include <stdlib.h>
#include <string.h>
#include "config/config.h"

/* ---- lifetime ---- */

static void argv_finish(struct config_argv *argv) {
	for (size_t i = 0; i < argv->len; i++) {
		free(argv->words[i]);
	}
	free(argv->words);
}

static void keyboard_finish(struct config_keyboard *keyboard) {
	free(keyboard->rules);
	free(keyboard->model);
	free(keyboard->layout);
	free(keyboard->variant);
	free(keyboard->options);
}

static void strings_finish(char **list, size_t len) {
	for (size_t i = 0; i < len; i++) {
		free(list[i]);
	}
	free(list);
}

static void clipboard_finish(struct config_clipboard *clipboard) {
	strings_finish(clipboard->types, clipboard->types_len);
	for (size_t i = 0; i < clipboard->pairs_len; i++) {
		free(clipboard->pairs[i].source);
		free(clipboard->pairs[i].destination);
	}
	free(clipboard->pairs);
}

static void bind_finish(struct config_bind *bind) {
	free(bind->instance);
	free(bind->app);
	argv_finish(&bind->argv);
}

static void instance_finish(struct config_instance *instance) {
	free(instance->name);
	free(instance->root);
	free(instance->kernel);
	free(instance->modules);
	for (size_t i = 0; i < instance->files_len; i++) {
		free(instance->files[i].path);
	}
	free(instance->files);
	for (size_t i = 0; i < instance->persist_len; i++) {
		free(instance->persist[i].path);
	}
	free(instance->persist);
	for (size_t i = 0; i < instance->apps_len; i++) {
		free(instance->apps[i].name);
		argv_finish(&instance->apps[i].argv);
	}
	free(instance->apps);
	argv_finish(instance->environment);
	free(instance->environment);
	strings_finish(instance->start, instance->start_len);
}

void config_destroy(struct config *config) {
	if (config == NULL) {
		return;
	}
	for (size_t i = 0; i < config->outputs_len; i++) {
		free(config->outputs[i].name);
	}
	free(config->outputs);
	keyboard_finish(&config->keyboard);
	free(config->pointer.cursor_theme);
	for (size_t i = 0; i < config->shell_exec_len; i++) {
		argv_finish(&config->shell_exec[i]);
	}
	free(config->shell_exec);
	argv_finish(&config->shell_menu);
	clipboard_finish(&config->clipboard);
	for (size_t i = 0; i < config->binds_len; i++) {
		bind_finish(&config->binds[i]);
	}
	free(config->binds);
	for (size_t i = 0; i < config->instances_len; i++) {
		instance_finish(&config->instances[i]);
	}
	free(config->instances);
	free(config->font);
	free(config);
}

/* ---- looking up ---- */

const struct config_instance *config_find_instance(const struct config *config, const char *name) {
	for (size_t i = 0; i < config->instances_len; i++) {
		if (strcmp(config->instances[i].name, name) == 0) {
			return &config->instances[i];
		}
	}
	return NULL;
}

const struct config_app *config_find_app(const struct config_instance *instance, const char *name) {
	for (size_t i = 0; i < instance->apps_len; i++) {
		if (strcmp(instance->apps[i].name, name) == 0) {
			return &instance->apps[i];
		}
	}
	return NULL;
}

const struct config_output *config_find_output(const struct config *config, const char *connector) {
	const struct config_output *any = NULL;
	for (size_t i = 0; i < config->outputs_len; i++) {
		const struct config_output *output = &config->outputs[i];
		if (strcmp(output->name, connector) == 0) {
			return output;
		}
		any = strcmp(output->name, "*") == 0 ? output : any;
	}
	return any;
}
