#ifndef TEST_JSON_H
#define TEST_JSON_H

/* Reads what `coffer … --json` prints. A value lives until the end of the case. */

#include <stdbool.h>
#include <stddef.h>

#include "tests/protocol/lib/test.h"

struct json_value;

/* Fails the case where the text is not one JSON value. */
const struct json_value *json_parse(struct test *test, const char *text);

/* Each fails the case where the value is not of that kind, or has no such member. */
size_t json_len(struct test *test, const struct json_value *array);
const struct json_value *json_at(struct test *test, const struct json_value *array, size_t index);
const struct json_value *json_get(struct test *test, const struct json_value *object, const char *key);
bool json_has(struct test *test, const struct json_value *object, const char *key);
long json_get_int(struct test *test, const struct json_value *object, const char *key);
bool json_get_bool(struct test *test, const struct json_value *object, const char *key);
const char *json_get_text(struct test *test, const struct json_value *object, const char *key);
bool json_is_null(const struct json_value *value);

#endif
