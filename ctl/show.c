#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ctl/act.h"
#include "ctl/client.h"
#include "ctl/json.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/text.h"

#define ANSWERS_MAX 4096 /* more windows than any session has */

/* All answers before the first is shown: what breaks off half-way shows nothing, and no half JSON. */
struct answers {
	enum control_type type;
	struct control_message *list;
	size_t len, room;
};

static bool keep_answer(void *data, const struct control_message *answer) {
	struct answers *answers = data;
	if (answer->type != answers->type || answers->len == ANSWERS_MAX) {
		return false;
	}
	if (answers->len == answers->room) {
		answers->room = answers->room == 0 ? 8 : answers->room * 2;
		answers->list = xrealloc_array(answers->list, answers->room, sizeof(*answers->list));
	}
	answers->list[answers->len++] = *answer;
	return true;
}

static int ask_all(enum control_type question, struct answers *answers) {
	struct control_message message = { .type = question };
	return client_ask(&(struct client_request){ .message = &message, .answer = keep_answer, .data = answers });
}

/* ---- ps ---- */

static void ps_as_json(const struct answers *answers) {
	struct json json;
	json_init(&json, stdout);
	json_begin_array(&json);
	for (size_t i = 0; i < answers->len; i++) {
		const struct control_instance *instance = &answers->list[i].instance;
		char color[16];
		snprintf(color, sizeof(color), "#%06" PRIx32, instance->color);
		json_begin_object(&json);
		json_key(&json, "name"), json_string(&json, instance->name);
		json_key(&json, "state"), json_string(&json, instance->state);
		json_key(&json, "frozen"), json_bool(&json, instance->frozen);
		json_key(&json, "backend"), json_string(&json, instance->backend);
		json_key(&json, "network"), json_string(&json, instance->network);
		json_key(&json, "color"), json_string(&json, color);
		json_key(&json, "pids"), json_uint(&json, instance->pids);
		json_key(&json, "memory"), json_uint(&json, instance->memory);
		json_key(&json, "windows"), json_uint(&json, instance->windows);
		json_key(&json, "clients"), json_uint(&json, instance->clients);
		json_key(&json, "met"), json_string(&json, instance->met);
		json_key(&json, "reason"), json_string(&json, instance->reason);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_finish(&json);
}

static const struct table_column ps_columns[] = {
	{ .heading = "NAME" },
	{ .heading = "STATE" },
	{ .heading = "BACKEND" },
	{ .heading = "PIDS", .right = true },
	{ .heading = "MEMORY", .right = true },
	{ .heading = "WINDOWS", .right = true },
	{ .heading = "LIMITS MET", .optional = true },
	{ .heading = "REASON", .optional = true },
};

static void ps_as_table(const struct answers *answers) {
	struct table *table = table_create(ps_columns, sizeof(ps_columns) / sizeof(ps_columns[0]), text_locale_is_utf8());
	for (size_t i = 0; i < answers->len; i++) {
		const struct control_instance *instance = &answers->list[i].instance;
		char size[TEXT_SIZE_SIZE];
		table_add(table, instance->name);
		table_add(table, instance->frozen ? "frozen" : instance->state);
		table_add(table, instance->backend);
		table_add_number(table, instance->pids);
		table_add(table, instance->memory == 0 ? "-" : text_size(instance->memory, size));
		table_add_number(table, instance->windows);
		table_add(table, instance->met);
		table_add(table, instance->reason);
	}
	table_print(table, stdout);
	table_destroy(table);
}

int show_ps(const struct arguments *arguments) {
	struct answers answers = { .type = CONTROL_INSTANCE };
	int code = ask_all(CONTROL_PS, &answers);
	if (code == EXIT_CODE_OK) {
		(arguments->json ? ps_as_json : ps_as_table)(&answers);
	}
	free(answers.list);
	return code;
}

/* ---- windows ---- */

static const struct {
	uint32_t flag;
	const char *name;
} window_flags[] = {
	{ WINDOW_FOCUSED, "focused" },
	{ WINDOW_FLOATING, "floating" },
	{ WINDOW_FULLSCREEN, "fullscreen" },
	{ WINDOW_MAXIMIZED, "maximized" },
	{ WINDOW_URGENT, "urgent" },
	{ WINDOW_VISIBLE, "visible" },
};

#define WINDOW_FLAGS_LEN (sizeof(window_flags) / sizeof(window_flags[0]))

/* The trusted shell's own windows have no instance. */
static const char *owner(const char *name) {
	return name[0] != '\0' ? name : "(shell)";
}

static void box_as_json(struct json *json, uint32_t x, uint32_t y, uint32_t width, uint32_t height) {
	json_key(json, "x"), json_int(json, (int32_t)x);
	json_key(json, "y"), json_int(json, (int32_t)y);
	json_key(json, "width"), json_uint(json, width);
	json_key(json, "height"), json_uint(json, height);
}

static void window_as_json(struct json *json, const struct session_window *window) {
	json_begin_object(json);
	json_key(json, "id"), json_uint(json, window->id);
	json_key(json, "instance"), json_string(json, window->name);
	json_key(json, "title"), json_string(json, window->title);
	json_key(json, "app_id"), json_string(json, window->app_id);
	json_key(json, "output"), json_string(json, window->output);
	json_key(json, "workspace"), json_uint(json, window->workspace);
	box_as_json(json, window->x, window->y, window->width, window->height);
	json_key(json, "content");
	json_begin_object(json);
	box_as_json(json, window->content_x, window->content_y, window->content_width, window->content_height);
	json_end_object(json);
	for (size_t i = 0; i < WINDOW_FLAGS_LEN; i++) {
		json_key(json, window_flags[i].name);
		json_bool(json, (window->flags & window_flags[i].flag) != 0);
	}
	json_end_object(json);
}

static void windows_as_json(const struct answers *answers) {
	struct json json;
	json_init(&json, stdout);
	json_begin_array(&json);
	for (size_t i = 0; i < answers->len; i++) {
		window_as_json(&json, &answers->list[i].window);
	}
	json_end_array(&json);
	json_finish(&json);
}

static const struct table_column windows_columns[] = {
	{ .heading = "INSTANCE" },
	{ .heading = "WORKSPACE", .right = true },
	{ .heading = "OUTPUT" },
	{ .heading = "SIZE", .right = true },
	{ .heading = "STATE" },
	{ .heading = "APP" },
	{ .heading = "TITLE" },
};

static void table_add_flags(struct table *table, uint32_t flags) {
	char text[96] = "";
	for (size_t i = 0; i < WINDOW_FLAGS_LEN; i++) {
		/* Most are visible: what is worth a word is what is not. */
		bool set = (flags & window_flags[i].flag) != 0;
		bool visible = window_flags[i].flag == WINDOW_VISIBLE;
		if (set != visible) {
			size_t length = strlen(text);
			snprintf(text + length, sizeof(text) - length, "%s%s", length > 0 ? "," : "",
				visible ? "hidden" : window_flags[i].name);
		}
	}
	table_add(table, text[0] != '\0' ? text : "-");
}

static void windows_as_table(const struct answers *answers) {
	struct table *table = table_create(
		windows_columns, sizeof(windows_columns) / sizeof(windows_columns[0]), text_locale_is_utf8());
	for (size_t i = 0; i < answers->len; i++) {
		const struct session_window *window = &answers->list[i].window;
		char size[32];
		snprintf(size, sizeof(size), "%" PRIu32 "x%" PRIu32, window->width, window->height);
		table_add(table, owner(window->name));
		table_add_number(table, window->workspace);
		table_add(table, window->output[0] != '\0' ? window->output : "-");
		table_add(table, size);
		table_add_flags(table, window->flags);
		table_add(table, window->app_id[0] != '\0' ? window->app_id : "-");
		table_add(table, window->title);
	}
	table_print(table, stdout);
	table_destroy(table);
}

int show_windows(const struct arguments *arguments) {
	struct answers answers = { .type = CONTROL_WINDOW };
	int code = ask_all(CONTROL_WINDOWS, &answers);
	if (code == EXIT_CODE_OK) {
		(arguments->json ? windows_as_json : windows_as_table)(&answers);
	}
	free(answers.list);
	return code;
}

/* ---- clipboard ---- */

static void types_as_json(struct json *json, const char *types) {
	char *copy = xstrdup(types), *rest = NULL;
	json_begin_array(json);
	for (char *type = strtok_r(copy, " ", &rest); type != NULL; type = strtok_r(NULL, " ", &rest)) {
		json_string(json, type);
	}
	json_end_array(json);
	free(copy);
}

static void clipboard_as_json(const struct session_clipboard *clipboard) {
	struct json json;
	json_init(&json, stdout);
	json_begin_object(&json);
	json_key(&json, "held"), json_bool(&json, clipboard->held);
	if (clipboard->held) {
		json_key(&json, "instance"), json_string(&json, clipboard->name);
		json_key(&json, "types"), types_as_json(&json, clipboard->types);
		json_key(&json, "size"), json_uint(&json, clipboard->size);
		json_key(&json, "seconds");
		if (clipboard->seconds > 0) {
			json_uint(&json, clipboard->seconds);
		} else {
			json_null(&json);
		}
	}
	json_end_object(&json);
	json_finish(&json);
}

static void clipboard_as_line(const struct session_clipboard *clipboard) {
	if (!clipboard->held) {
		puts("nothing is held");
		return;
	}
	char size[TEXT_SIZE_SIZE];
	char *types = text_clean(clipboard->types, strlen(clipboard->types), TEXT_ONE_LINE, text_locale_is_utf8());
	printf("from %s: %s, %s", owner(clipboard->name), types, text_size(clipboard->size, size));
	if (clipboard->seconds > 0) {
		printf(", %" PRIu32 " s left", clipboard->seconds);
	}
	putchar('\n');
	free(types);
}

static int clipboard_status(const struct arguments *arguments) {
	struct answers answers = { .type = CONTROL_CLIPBOARD };
	int code = ask_all(CONTROL_CLIPBOARD_STATUS, &answers);
	if (code == EXIT_CODE_OK && answers.len != 1) {
		text_complain("the session has not said what it holds: use the coffer that came with this cofferdam");
		code = EXIT_CODE_FAILED;
	}
	if (code == EXIT_CODE_OK) {
		(arguments->json ? clipboard_as_json : clipboard_as_line)(&answers.list[0].clipboard);
	}
	free(answers.list);
	return code;
}

static int clipboard_clear(const struct arguments *arguments) {
	int code = act_clipboard_clear(arguments);
	if (code == EXIT_CODE_OK && arguments->json) {
		clipboard_as_json(&(struct session_clipboard){ .held = 0 });
	}
	return code;
}

int show_clipboard(const struct arguments *arguments) {
	if (strcmp(arguments->words[0], "status") == 0) {
		return clipboard_status(arguments);
	}
	if (strcmp(arguments->words[0], "clear") == 0) {
		return clipboard_clear(arguments);
	}
	text_complain("write it as: coffer clipboard status [--json], or coffer clipboard clear [--json]");
	return EXIT_CODE_USAGE;
}
