#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "ctl/json.h"

static void require(bool holds) {
	if (!holds) {
		abort();
	}
}

void json_init(struct json *json, FILE *out) {
	*json = (struct json){ .out = out };
}

/* One member or element a line at the first level, the rest of it on that line: people and grep read it too. */
static void separate(struct json *json) {
	if (json->depth == 0) {
		return;
	}
	bool *has_members = &json->has_members[json->depth - 1];
	if (*has_members) {
		fputc(',', json->out);
	}
	if (json->depth == 1) {
		fputs("\n  ", json->out);
	} else if (*has_members) {
		fputc(' ', json->out);
	}
	*has_members = true;
}

static void begin_value(struct json *json) {
	if (json->after_key) {
		json->after_key = false;
		return;
	}
	require(json->depth == 0 || !json->in_object[json->depth - 1]);
	separate(json);
}

static void begin(struct json *json, bool object) {
	begin_value(json);
	require(json->depth < JSON_DEPTH_MAX);
	json->in_object[json->depth] = object;
	json->has_members[json->depth] = false;
	json->depth++;
	fputc(object ? '{' : '[', json->out);
}

static void end(struct json *json, bool object) {
	require(json->depth > 0 && !json->after_key && json->in_object[json->depth - 1] == object);
	json->depth--;
	if (json->depth == 0 && json->has_members[0]) {
		fputc('\n', json->out);
	}
	fputc(object ? '}' : ']', json->out);
}

void json_begin_object(struct json *json) {
	begin(json, true);
}

void json_end_object(struct json *json) {
	end(json, true);
}

void json_begin_array(struct json *json) {
	begin(json, false);
}

void json_end_array(struct json *json) {
	end(json, false);
}

static void write_code_point(FILE *out, uint32_t code_point) {
	if (code_point == '"' || code_point == '\\') {
		fprintf(out, "\\%c", (char)code_point);
	} else if (code_point >= 0x20 && code_point < 0x7f) {
		fputc((int)code_point, out);
	} else if (code_point == '\n') {
		fputs("\\n", out);
	} else if (code_point < 0x10000) {
		fprintf(out, "\\u%04" PRIx32, code_point);
	} else {
		/* Two UTF-16 surrogates: RFC 8259, section 7. */
		code_point -= 0x10000;
		fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + (code_point >> 10), 0xdc00 + (code_point & 0x3ff));
	}
}

static void write_string(FILE *out, const char *untrusted_text) {
	size_t length = strlen(untrusted_text);
	fputc('"', out);
	while (length > 0) {
		uint32_t code_point;
		size_t used = utf8_decode(untrusted_text, length, &code_point);
		write_code_point(out, code_point == UTF8_INVALID ? 0xfffd : code_point);
		untrusted_text += used;
		length -= used;
	}
	fputc('"', out);
}

void json_key(struct json *json, const char *key) {
	require(json->depth > 0 && json->in_object[json->depth - 1] && !json->after_key);
	separate(json);
	write_string(json->out, key);
	fputs(": ", json->out);
	json->after_key = true;
}

void json_string(struct json *json, const char *untrusted_text) {
	begin_value(json);
	write_string(json->out, untrusted_text);
}

void json_uint(struct json *json, uint64_t value) {
	begin_value(json);
	fprintf(json->out, "%" PRIu64, value);
}

void json_int(struct json *json, int64_t value) {
	begin_value(json);
	fprintf(json->out, "%" PRId64, value);
}

void json_bool(struct json *json, bool value) {
	begin_value(json);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json) {
	begin_value(json);
	fputs("null", json->out);
}

void json_finish(struct json *json) {
	require(json->depth == 0 && !json->after_key);
	fputc('\n', json->out);
}
