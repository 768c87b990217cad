#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "ctl/json.h"

static void strings_are_ascii(void **state) {
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", "\"\"\n" },
		{ "plain / text", "\"plain / text\"\n" },
		{ "\"\\", "\"\\\"\\\\\"\n" },
		{ "a\nb", "\"a\\nb\"\n" },
		{ "\x01\x1b\x7f\t", "\"\\u0001\\u001b\\u007f\\u0009\"\n" },
		{ "ö中", "\"\\u00f6\\u4e2d\"\n" },
		{ "\xc2\x9b\xe2\x80\xae", "\"\\u009b\\u202e\"\n" },
		{ "😀", "\"\\ud83d\\ude00\"\n" },
		{ "\xf4\x8f\xbf\xbf", "\"\\udbff\\udfff\"\n" },
		{ "a\xff\xc3z", "\"a\\ufffd\\ufffdz\"\n" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"\n" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = NULL;
		size_t length;
		FILE *out = open_memstream(&text, &length);
		struct json json;
		json_init(&json, out);
		json_string(&json, cases[i].text);
		json_finish(&json);
		fclose(out);
		assert_string_equal(text, cases[i].expected);
		free(text);
	}
}

static void write_values(struct json *json) {
	json_begin_object(json);
	json_key(json, "empty");
	json_begin_array(json);
	json_end_array(json);
	json_key(json, "numbers");
	json_begin_array(json);
	json_uint(json, UINT64_MAX);
	json_int(json, INT64_MIN);
	json_uint(json, 0);
	json_end_array(json);
	json_key(json, "nested");
	json_begin_object(json);
	json_key(json, "a \"key\"");
	json_bool(json, true);
	json_key(json, "b");
	json_bool(json, false);
	json_end_object(json);
	json_key(json, "none");
	json_null(json);
	json_end_object(json);
}

static void structure_is_kept(void **state) {
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct json json;
	json_init(&json, out);
	json_begin_array(&json);
	write_values(&json);
	json_string(&json, "x");
	json_end_array(&json);
	json_finish(&json);
	fclose(out);
	assert_string_equal(text,
		"[\n"
		"  {\"empty\": [], \"numbers\": [18446744073709551615, -9223372036854775808, 0], "
		"\"nested\": {\"a \\\"key\\\"\": true, \"b\": false}, \"none\": null},\n"
		"  \"x\"\n"
		"]\n");
	free(text);
}

static void empty_array_is_one_line(void **state) {
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct json json;
	json_init(&json, out);
	json_begin_array(&json);
	json_end_array(&json);
	json_finish(&json);
	fclose(out);
	assert_string_equal(text, "[]\n");
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_ascii),
		cmocka_unit_test(structure_is_kept),
		cmocka_unit_test(empty_array_is_one_line),
	};
	return cmocka_run_group_tests_name("ctl json", tests, NULL, NULL);
}
