#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/config.h"
#include "ctl/client.h"
#include "ctl/json.h"
#include "ctl/lines.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/text.h"

_Static_assert(CONFIG_LIMITS == SESSION_LIMITS_LEN, "fields.h knows how many there are");

/* One limit of one instance, of the compositor or of the machine. */
struct row {
	const char *name;
	bool is_bytes;
	uint64_t used, most, met;
	uint64_t limit; /* UINT64_MAX where there is none */
};

#define ROWS_MAX (CONFIG_LIMITS + CONTROL_RESOURCES)

/* What is known of an instance. The compositor does not know one that has left the config. */
struct known {
	char name[SESSION_NAME_SIZE];
	struct row rows[ROWS_MAX];
	size_t rows_len;
	bool has_sandbox;
	char how[sizeof(((struct control_sandbox *)0)->how)];
	char why[SESSION_TEXT_SIZE];
	uint32_t cpu_weight;
};

struct answers {
	struct known *list;
	size_t len;
};

static struct known *find(struct answers *answers, const char *name) {
	for (size_t i = 0; i < answers->len; i++) {
		if (strcmp(answers->list[i].name, name) == 0) {
			return &answers->list[i];
		}
	}
	if (answers->len == CONFIG_INSTANCES_MAX * 2) {
		return NULL;
	}
	answers->list = xrealloc_array(answers->list, answers->len + 1, sizeof(*answers->list));
	struct known *known = &answers->list[answers->len++];
	*known = (struct known){ 0 };
	copy_string(known->name, sizeof(known->name), name);
	return known;
}

static bool add_limits(struct answers *answers, const struct session_limits *limits) {
	struct known *known = find(answers, limits->name);
	if (known == NULL || known->rows_len > 0) {
		return false;
	}
	for (size_t i = 0; i < CONFIG_LIMITS; i++) {
		known->rows[known->rows_len++] = (struct row){
			.name = config_limit_name((enum config_limit)i),
			.is_bytes = config_limit_is_bytes((enum config_limit)i),
			.used = limits->used[i],
			.most = limits->most[i],
			.limit = limits->limit[i],
			.met = limits->met[i],
		};
	}
	return true;
}

static bool add_sandbox(struct answers *answers, const struct control_sandbox *sandbox) {
	struct known *known = find(answers, sandbox->name);
	if (known == NULL || known->has_sandbox) {
		return false;
	}
	known->has_sandbox = true;
	copy_string(known->how, sizeof(known->how), sandbox->how);
	copy_string(known->why, sizeof(known->why), sandbox->why);
	known->cpu_weight = sandbox->cpu_weight;
	for (size_t i = 0; i < CONTROL_RESOURCES; i++) {
		known->rows[known->rows_len++] = (struct row){
			.name = control_resource_name((enum control_resource)i),
			.is_bytes = i == RESOURCE_MEMORY,
			.used = sandbox->used[i],
			.most = sandbox->most[i],
			.limit = sandbox->limit[i],
			.met = sandbox->met[i],
		};
	}
	return true;
}

/* The compositor's part of an instance comes before the sandbox's. */
static bool keep_answer(void *data, const struct control_message *answer) {
	switch (answer->type) {
	case CONTROL_LIMITS_OF:
		return add_limits(data, &answer->limits);
	case CONTROL_SANDBOX:
		return add_sandbox(data, &answer->sandbox);
	default:
		return false;
	}
}

/* ---- as a table ---- */

static const struct table_column columns[] = {
	{ .heading = "INSTANCE", .optional = true },
	{ .heading = "WHAT" },
	{ .heading = "IN USE", .right = true },
	{ .heading = "MOST", .right = true },
	{ .heading = "LIMIT", .right = true },
	{ .heading = "NOTE", .optional = true },
};

static const char *amount(const struct row *row, uint64_t value, char out[32]) {
	char size[TEXT_SIZE_SIZE];
	if (row->is_bytes) {
		snprintf(out, 32, "%s", text_size(value, size));
	} else {
		snprintf(out, 32, "%" PRIu64, value);
	}
	return out;
}

/* The last fifth is near. */
static const char *note(const struct row *row, char out[64]) {
	bool is_near = row->limit != UINT64_MAX && row->used >= row->limit - row->limit / 5;
	out[0] = '\0';
	if (row->met > 0) {
		snprintf(out, 64, "met %" PRIu64 " time%s%s", row->met, row->met == 1 ? "" : "s", is_near ? ", near" : "");
	} else if (is_near) {
		snprintf(out, 64, "near");
	}
	return out;
}

static void add_row(struct table *table, const char *instance, const struct row *row) {
	char used[32], most[32], limit[32], text[64];
	table_add(table, instance);
	table_add(table, row->name);
	table_add(table, amount(row, row->used, used));
	table_add(table, row->most == 0 && row->used > 0 ? "-" : amount(row, row->most, most));
	table_add(table, row->limit == UINT64_MAX ? "-" : amount(row, row->limit, limit));
	table_add(table, note(row, text));
}

static void add_words(struct table *table, const char *instance, const char *what, const char *limit, const char *text) {
	const char *const cells[] = { instance, what, "", "", limit, text };
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		table_add(table, cells[i]);
	}
}

/* Of all instances, what is not in use has no line. */
static void as_table(const struct answers *answers, bool one) {
	struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]), text_locale_is_utf8());
	for (size_t i = 0; i < answers->len; i++) {
		const struct known *known = &answers->list[i];
		const char *name = one ? "" : known->name;
		for (size_t j = 0; j < known->rows_len; j++) {
			const struct row *row = &known->rows[j];
			if (one || row->used > 0 || row->most > 0 || row->met > 0) {
				add_row(table, name, row);
			}
		}
		if (known->why[0] != '\0') {
			char *text = xasprintf("not limited: %s", known->why);
			add_words(table, name, "sandbox", "-", text);
			free(text);
		} else if (one && known->cpu_weight > 0) {
			char weight[32];
			snprintf(weight, sizeof(weight), "%" PRIu32, known->cpu_weight);
			add_words(table, name, "cpu-weight", weight, "");
		}
	}
	table_print(table, stdout);
	table_destroy(table);
}

/* ---- as JSON ---- */

static void row_as_json(struct json *json, const struct row *row) {
	json_begin_object(json);
	json_key(json, "limit"), json_string(json, row->name);
	json_key(json, "unit"), json_string(json, row->is_bytes ? "bytes" : "number");
	json_key(json, "used"), json_uint(json, row->used);
	json_key(json, "most"), json_uint(json, row->most);
	json_key(json, "max");
	if (row->limit == UINT64_MAX) {
		json_null(json);
	} else {
		json_uint(json, row->limit);
	}
	json_key(json, "met"), json_uint(json, row->met);
	json_end_object(json);
}

static void as_json(const struct answers *answers) {
	struct json json;
	json_init(&json, stdout);
	json_begin_array(&json);
	for (size_t i = 0; i < answers->len; i++) {
		const struct known *known = &answers->list[i];
		json_begin_object(&json);
		json_key(&json, "instance"), json_string(&json, known->name);
		json_key(&json, "limited_by"), json_string(&json, known->how);
		json_key(&json, "not_limited"), json_string(&json, known->why);
		json_key(&json, "cpu_weight"), json_uint(&json, known->cpu_weight);
		json_key(&json, "limits");
		json_begin_array(&json);
		for (size_t j = 0; j < known->rows_len; j++) {
			row_as_json(&json, &known->rows[j]);
		}
		json_end_array(&json);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_finish(&json);
}

int show_limits(const struct arguments *arguments) {
	struct control_message message = { .type = CONTROL_LIMITS };
	bool one = arguments->words_len == 1;
	if (one && !lines_set_name(&message, arguments->words[0])) {
		return EXIT_CODE_UNKNOWN;
	}
	struct answers answers = { 0 };
	int code = client_ask(&(struct client_request){ .message = &message, .answer = keep_answer, .data = &answers });
	if (code == EXIT_CODE_OK && arguments->json) {
		as_json(&answers);
	} else if (code == EXIT_CODE_OK) {
		as_table(&answers, one);
	}
	free(answers.list);
	return code;
}
