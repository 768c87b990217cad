#ifndef CTL_JSON_H
#define CTL_JSON_H

/*
 * Writes JSON (RFC 8259) as it goes, in ASCII alone: every control character and all outside ASCII is escaped, so
 * that it is the same in every locale and harmless on a terminal. Misnesting is a bug of the caller and aborts.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 8

struct json {
	FILE *out;
	int depth;
	bool in_object[JSON_DEPTH_MAX];
	bool has_members[JSON_DEPTH_MAX];
	bool after_key;
};

void json_init(struct json *json, FILE *out);

void json_begin_object(struct json *json);
void json_end_object(struct json *json);
void json_begin_array(struct json *json);
void json_end_array(struct json *json);
void json_key(struct json *json, const char *key);

/* Bytes that are not UTF-8 become U+FFFD. */
void json_string(struct json *json, const char *untrusted_text);
void json_uint(struct json *json, uint64_t value);
void json_int(struct json *json, int64_t value);
void json_bool(struct json *json, bool value);
void json_null(struct json *json);

/* Ends the text with a line feed. */
void json_finish(struct json *json);

#endif
