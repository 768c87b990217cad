#include <stdlib.h>
#include "base/memory.h"
#include "base/path.h"
#include "config/checks.h"
#include "config/errors.h"
#include "config/open.h"
#include "config/values.h"
#include "policy/palette.h"

static void check_reference(struct parser *parser, const struct reference *reference) {
	char quoted[QUOTE_SIZE];
	const struct config_instance *instance = config_find_instance(parser->config, reference->instance);
	if (instance == NULL) {
		errors_add(parser->errors, reference->line, "%s: expected the name of an instance of this file, not %s",
			reference->directive, errors_quote(reference->instance, quoted));
	} else if (reference->app != NULL && config_find_app(instance, reference->app) == NULL) {
		errors_add(parser->errors, reference->line, "%s: expected the name of an app of instance %s, not %s",
			reference->directive, instance->name, errors_quote(reference->app, quoted));
	}
}

/* Who may write where an instance's programs, or its kernel, come from is that instance. place may be NULL. */
static bool check_origin(struct parser *parser, const struct config_instance *writer,
	const struct config_instance *other, const char *what, const char *place) {
	char quoted[QUOTE_SIZE];
	bool good = true;
	for (size_t i = 0; place != NULL && i < writer->files_len; i++) {
		const char *path = writer->files[i].path;
		bool touches = path_is_within(path, place) || path_is_within(place, path);
		if (writer->files[i].writable && touches) {
			errors_add(parser->errors, writer->line,
				"instance: %s may write to %s, where the %s of %s come from: expected ro, or another place",
				writer->name, errors_quote(path, quoted), what, other->name);
			good = false;
		}
	}
	return good;
}

/* Its own instance too: a list of modules can name any file, which is then read outside of the walls. */
static void check_kernel(
	struct parser *parser, const struct config_instance *writer, const struct config_instance *other) {
	static const char what[] = "kernel and modules";
	bool good = check_origin(parser, writer, other, what, other->kernel) &&
		check_origin(parser, writer, other, what, other->modules);
	if (good && other->kernel != NULL && other->modules == NULL) {
		/* They may be found beside it. */
		char *directory = path_parent(other->kernel);
		char *list = xasprintf("%s/modules.dep", directory), *modules = xasprintf("%s/kernel", directory);
		check_origin(parser, writer, other, what, list);
		check_origin(parser, writer, other, what, modules);
		free(modules);
		free(list);
		free(directory);
	}
}

/* What only some backends have. */
static void check_backend(struct parser *parser, const struct config_instance *instance) {
	if (instance->backend != BACKEND_VM) {
		return;
	}
	if (instance->grants & GRANT_GPU) {
		errors_add(parser->errors, instance->gpu_line,
			"allow: the guest of backend vm has no GPU: expected no gpu, or another backend");
	}
	if (instance->memory < CONFIG_VM_MEMORY_MIN && instance->memory != CONFIG_MEMORY_AUTO) {
		errors_add(parser->errors, instance->line,
			"instance: %s has backend vm, and less memory than a guest needs: expected memory 512M, or more",
			instance->name);
	}
}

void checks_run(struct parser *parser) {
	const struct config *config = parser->config;
	for (size_t i = 0; i < config->instances_len; i++) {
		for (size_t k = 0; k < config->instances_len; k++) {
			const struct config_instance *writer = &config->instances[i], *other = &config->instances[k];
			if (writer != other) {
				check_origin(parser, writer, other, "programs", other->root);
			}
			check_kernel(parser, writer, other);
		}
		check_backend(parser, &config->instances[i]);
	}
	for (size_t i = 0; i < parser->references_len; i++) {
		check_reference(parser, &parser->references[i]);
	}
	for (size_t i = 0; i < config->binds_len; i++) {
		if (config->binds[i].action == ACTION_MENU && config->shell_menu.len == 0) {
			errors_add(parser->errors, config->binds[i].line,
				"bind: menu needs a chooser: expected `menu COMMAND...` in the shell block");
		}
	}
}

void checks_color(struct parser *parser) {
	struct config_instance *instances = parser->config->instances;
	size_t len = parser->config->instances_len;
	/* Those that are given first, wherever they stand, so that the palette keeps away from them. */
	uint32_t *taken = xcalloc(len, sizeof(*taken));
	size_t taken_len = 0;
	for (size_t i = 0; i < len; i++) {
		if (instances[i].color == COLOR_UNSET) {
			continue;
		}
		taken[taken_len++] = instances[i].color;
		for (size_t j = 0; j < i; j++) {
			if (instances[j].color == instances[i].color) {
				errors_add(parser->errors, instances[i].line,
					"instance: %s has the colour of %s: expected one of its own", instances[i].name, instances[j].name);
				break;
			}
		}
	}
	for (size_t i = 0; i < len; i++) {
		if (instances[i].color == COLOR_UNSET) {
			instances[i].color = palette_pick(taken, taken_len);
			taken[taken_len++] = instances[i].color;
		}
	}
	free(taken);
}
