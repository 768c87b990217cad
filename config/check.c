#include <stdlib.h>
#include <string.h>
#include "base/path.h"
#include "config/check.h"
#include "config/errors.h"
#include "config/keymap.h"
#include "config/read.h"

/* ---- who may write to it ---- */

static void check_place(const struct config *config, const char *place, struct config_errors *errors) {
	char quoted[QUOTE_SIZE];
	for (size_t i = 0; place != NULL && i < config->instances_len; i++) {
		const struct config_instance *instance = &config->instances[i];
		for (size_t j = 0; j < instance->files_len; j++) {
			if (path_is_within(place, instance->files[j].path)) {
				errors_add(errors, instance->line,
					"instance: %s would be handed %s, which is part of the config: expected another place", instance->name,
					errors_quote(place, quoted));
				return;
			}
		}
	}
}

/* An instance with a part of the config in its hands has all of it. The file itself is guarded when an instance starts. */
static void check_shared(const struct config_loaded *loaded, struct config_errors *errors) {
	for (size_t i = 1; i < loaded->sources.len; i++) {
		const char *path = loaded->sources.list[i].path;
		char *place = path_find_place(path), *real = realpath(path, NULL);
		check_place(loaded->config, place, errors);
		if (place != NULL && real != NULL && strcmp(place, real) != 0) {
			check_place(loaded->config, real, errors);
		}
		free(real);
		free(place);
	}
}

/* ---- all of it ---- */

bool config_load(const char *path, const char *home, struct config_loaded *loaded, struct config_errors *errors) {
	return config_load_draft(path, home, NULL, loaded, errors);
}

bool config_load_draft(const char *path, const char *home, const struct config_draft *draft, struct config_loaded *loaded,
	struct config_errors *errors) {
	char *error = NULL;
	*loaded = (struct config_loaded){ 0 };
	loaded->text = sources_read(
		path, home != NULL && home[0] == '/' ? home : NULL, draft, &loaded->sources, &loaded->length, errors);
	size_t first = errors->len;
	if (loaded->text != NULL) {
		loaded->config = read_model(loaded->text, loaded->length, home, &loaded->sources, errors);
	}
	if (loaded->config != NULL) {
		check_shared(loaded, errors);
		loaded->keymap = config_keymap_text(&loaded->config->keyboard, &error);
	}
	if (error != NULL) {
		errors_add(errors, loaded->config->keyboard.line, "%s", error);
		free(error);
	}
	sources_map_errors(&loaded->sources, errors, first);
	if (errors->len > 0) {
		errors_sort(errors);
		config_loaded_finish(loaded);
		return false;
	}
	return true;
}

void config_loaded_finish(struct config_loaded *loaded) {
	config_destroy(loaded->config);
	sources_finish(&loaded->sources);
	free(loaded->text);
	free(loaded->keymap);
	*loaded = (struct config_loaded){ 0 };
}

void config_errors_print(FILE *out, const char *path, const struct config_errors *errors) {
	for (size_t i = 0; i < errors->len; i++) {
		const struct config_error *error = &errors->list[i];
		const char *file = error->file != NULL ? error->file : path;
		if (error->line > 0) {
			fprintf(out, "%s:%d: %s\n", file, error->line, error->text);
		} else {
			fprintf(out, "%s: %s\n", file, error->text);
		}
	}
	if (errors->more) {
		fprintf(out, "%s: there are more errors than these %d\n", path, CONFIG_ERRORS_MAX);
	}
}
