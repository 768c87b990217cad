#include <inttypes.h>
#include <stdio.h>
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/model.h"

/* With its length before it, so that no text can look like two. */
static void put_text(FILE *out, const char *text) {
	if (text == NULL) {
		fputs("- ", out);
		return;
	}
	size_t length = 0;
	while (text[length] != '\0') {
		length++;
	}
	fprintf(out, "%zu:%s ", length, text);
}

static void put_argv(FILE *out, const struct config_argv *argv) {
	fprintf(out, "(%zu ", argv->len);
	for (size_t i = 0; i < argv->len; i++) {
		put_text(out, argv->words[i]);
	}
	fputs(") ", out);
}

static void put_output(FILE *out, const struct config_output *output) {
	fputs("output ", out);
	put_text(out, output->name);
	fprintf(out, "%d %a %d %d %dx%d@%a %d %d,%d\n", output->enabled, output->scale, output->transform, output->has_mode,
		output->mode_width, output->mode_height, output->mode_refresh, output->has_position, output->x, output->y);
}

static void put_devices(FILE *out, const struct config *config) {
	const struct config_keyboard *keyboard = &config->keyboard;
	const struct config_pointer *pointer = &config->pointer;
	put_text(out, keyboard->rules);
	put_text(out, keyboard->model);
	put_text(out, keyboard->layout);
	put_text(out, keyboard->variant);
	put_text(out, keyboard->options);
	fprintf(out, "%d %d\n", keyboard->repeat_rate, keyboard->repeat_delay);
	put_text(out, pointer->cursor_theme);
	fprintf(out, "%d %d %d %d %d %d %a %d\n", pointer->tap, pointer->natural_scroll, pointer->left_handed,
		pointer->middle_emulation, pointer->disable_while_typing, pointer->accel_profile, pointer->accel_speed,
		pointer->cursor_size);
}

static void put_clipboard(FILE *out, const struct config_clipboard *clipboard) {
	fprintf(out, "clipboard %" PRIu64 " %d %d ", clipboard->limit, clipboard->expire, clipboard->timeout);
	for (size_t i = 0; i < clipboard->types_len; i++) {
		put_text(out, clipboard->types[i]);
	}
	for (size_t i = 0; i < clipboard->pairs_len; i++) {
		fprintf(out, "pair %d ", clipboard->pairs[i].action);
		put_text(out, clipboard->pairs[i].source);
		put_text(out, clipboard->pairs[i].destination);
	}
	fputs("\n", out);
}

static void put_bind(FILE *out, const struct config_bind *bind) {
	fprintf(out, "bind %" PRIx32 " %" PRIx32 " %d %d %d ", bind->modifiers, bind->keysym, bind->action, bind->direction,
		bind->number);
	put_text(out, bind->instance);
	put_text(out, bind->app);
	put_argv(out, &bind->argv);
	fputs("\n", out);
}

static void put_lists(FILE *out, const struct config_instance *instance) {
	for (size_t i = 0; i < instance->files_len; i++) {
		fprintf(out, "file %d ", instance->files[i].writable);
		put_text(out, instance->files[i].path);
	}
	for (size_t i = 0; i < instance->persist_len; i++) {
		fprintf(out, "persist %d ", instance->persist[i].is_file);
		put_text(out, instance->persist[i].path);
	}
	for (size_t i = 0; i < instance->apps_len; i++) {
		fputs("app ", out);
		put_text(out, instance->apps[i].name);
		put_argv(out, &instance->apps[i].argv);
	}
	put_argv(out, instance->environment);
	fprintf(out, "start %d ", instance->autostart);
	for (size_t i = 0; i < instance->start_len; i++) {
		put_text(out, instance->start[i]);
	}
}

static void put_instance(FILE *out, const struct config_instance *instance) {
	fputs("instance ", out);
	put_text(out, instance->name);
	fprintf(out, "%" PRIx32 " %d %d %" PRIx32 " %d ", instance->color, instance->backend, instance->network,
		instance->grants, instance->fullscreen_cover);
	put_text(out, instance->root);
	fprintf(out, "%d ", instance->root_is_closure);
	put_lists(out, instance);
	for (size_t i = 0; i < CONFIG_LIMITS; i++) {
		fprintf(out, "%" PRIu64 " ", instance->limits[i]);
	}
	fprintf(out, "%" PRIu64 " %d %d %" PRIu64 " %d\n", instance->memory, instance->pids, instance->cpu_weight,
		instance->state_limit, instance->grace);
}

char *model_print(const struct config *config) {
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	FUZZ_CHECK(out != NULL);
	for (size_t i = 0; i < config->outputs_len; i++) {
		put_output(out, &config->outputs[i]);
	}
	put_devices(out, config);
	for (size_t i = 0; i < config->shell_exec_len; i++) {
		put_argv(out, &config->shell_exec[i]);
	}
	put_argv(out, &config->shell_menu);
	put_clipboard(out, &config->clipboard);
	for (size_t i = 0; i < config->binds_len; i++) {
		put_bind(out, &config->binds[i]);
	}
	for (size_t i = 0; i < config->instances_len; i++) {
		put_instance(out, &config->instances[i]);
	}
	fprintf(out, "%a %d %d ", config->main_ratio, config->main_count, config->gap);
	put_text(out, config->font);
	FUZZ_CHECK(fclose(out) == 0);
	return text;
}
