#include "tests/protocol/lib/json.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_ARRAY, JSON_OBJECT };

struct json_value {
	enum json_kind kind;
	bool boolean;
	double number;
	char *text;
	/* Of an array or an object; keys of an object alone. */
	struct json_value **values;
	char **keys;
	size_t len;
};

struct reader {
	struct test *test;
	const char *whole, *next;
	int depth;
};

static struct json_value *read_value(struct reader *reader);

static void skip_space(struct reader *reader) {
	reader->next += strspn(reader->next, " \t\r\n");
}

static _Noreturn void complain(struct reader *reader, const char *what) {
	struct test *test = reader->test;
	FAIL("not JSON: %s at byte %zu of “%.200s”", what, (size_t)(reader->next - reader->whole), reader->whole);
}

static void expect(struct reader *reader, char c) {
	skip_space(reader);
	if (*reader->next != c) {
		complain(reader, "something is missing");
	}
	reader->next++;
}

static bool accept(struct reader *reader, char c) {
	skip_space(reader);
	if (*reader->next != c) {
		return false;
	}
	reader->next++;
	return true;
}

static uint32_t read_hex(struct reader *reader) {
	char digits[5] = { 0 };
	for (int i = 0; i < 4; i++) {
		if (!isxdigit((unsigned char)*reader->next)) {
			complain(reader, "four hexadecimal digits are missing");
		}
		digits[i] = *reader->next++;
	}
	return (uint32_t)strtoul(digits, NULL, 16);
}

static uint32_t read_escape(struct reader *reader) {
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = *reader->next++;
	if (c == 'u') {
		uint32_t code = read_hex(reader);
		if (code >= 0xd800 && code < 0xdc00 && strncmp(reader->next, "\\u", 2) == 0) {
			reader->next += 2;
			code = 0x10000 + ((code - 0xd800) << 10) + (read_hex(reader) - 0xdc00);
		}
		return code;
	}
	const char *found = c != '\0' ? strchr(from, c) : NULL;
	if (found == NULL) {
		complain(reader, "an unknown escape");
	}
	return (unsigned char)to[found - from];
}

static char *read_text(struct reader *reader) {
	expect(reader, '"');
	char *text = xcalloc(strlen(reader->next) + 1, 1);
	size_t len = 0;
	while (*reader->next != '"') {
		unsigned char c = (unsigned char)*reader->next++;
		if (c < 0x20) {
			complain(reader, "a string with a control character, or without end");
		}
		if (c != '\\') {
			text[len++] = (char)c;
			continue;
		}
		char utf8[4];
		size_t utf8_len = utf8_encode(read_escape(reader), utf8);
		memcpy(text + len, utf8, utf8_len);
		len += utf8_len;
	}
	reader->next++;
	return text;
}

static void read_members(struct reader *reader, struct json_value *value, char end) {
	if (++reader->depth > 16) {
		complain(reader, "too deep");
	}
	reader->next++;
	if (!accept(reader, end)) {
		do {
			value->values = xrealloc_array(value->values, value->len + 1, sizeof(*value->values));
			if (value->kind == JSON_OBJECT) {
				value->keys = xrealloc_array(value->keys, value->len + 1, sizeof(*value->keys));
				skip_space(reader);
				value->keys[value->len] = read_text(reader);
				expect(reader, ':');
			}
			value->values[value->len++] = read_value(reader);
		} while (accept(reader, ','));
		expect(reader, end);
	}
	reader->depth--;
}

static bool read_word(struct reader *reader, const char *word) {
	if (strncmp(reader->next, word, strlen(word)) != 0) {
		return false;
	}
	reader->next += strlen(word);
	return true;
}

static struct json_value *read_value(struct reader *reader) {
	struct json_value *value = xcalloc(1, sizeof(*value));
	skip_space(reader);
	char c = *reader->next;
	if (c == '{' || c == '[') {
		value->kind = c == '{' ? JSON_OBJECT : JSON_ARRAY;
		read_members(reader, value, c == '{' ? '}' : ']');
	} else if (c == '"') {
		value->kind = JSON_TEXT;
		value->text = read_text(reader);
	} else if (c == '-' || isdigit((unsigned char)c)) {
		char *end;
		value->kind = JSON_NUMBER;
		value->number = strtod(reader->next, &end);
		reader->next = end;
	} else if (read_word(reader, "true")) {
		value->kind = JSON_BOOL;
		value->boolean = true;
	} else if (read_word(reader, "false")) {
		value->kind = JSON_BOOL;
	} else if (!read_word(reader, "null")) {
		complain(reader, "no value");
	}
	return value;
}

const struct json_value *json_parse(struct test *test, const char *text) {
	struct reader reader = { .test = test, .whole = text, .next = text };
	struct json_value *value = read_value(&reader);
	skip_space(&reader);
	if (*reader.next != '\0') {
		complain(&reader, "more than one value");
	}
	return value;
}

size_t json_len(struct test *test, const struct json_value *array) {
	CHECK(array->kind == JSON_ARRAY, "the value is not an array");
	return array->len;
}

const struct json_value *json_at(struct test *test, const struct json_value *array, size_t index) {
	CHECK(index < json_len(test, array), "the array has no member %zu", index);
	return array->values[index];
}

static const struct json_value *find(struct test *test, const struct json_value *object, const char *key) {
	CHECK(object->kind == JSON_OBJECT, "the value with the member “%s” is not an object", key);
	for (size_t i = 0; i < object->len; i++) {
		if (strcmp(object->keys[i], key) == 0) {
			return object->values[i];
		}
	}
	return NULL;
}

bool json_has(struct test *test, const struct json_value *object, const char *key) {
	return find(test, object, key) != NULL;
}

const struct json_value *json_get(struct test *test, const struct json_value *object, const char *key) {
	const struct json_value *value = find(test, object, key);
	CHECK(value != NULL, "there is no member “%s”", key);
	return value;
}

long json_get_int(struct test *test, const struct json_value *object, const char *key) {
	const struct json_value *value = json_get(test, object, key);
	CHECK(value->kind == JSON_NUMBER, "“%s” is not a number", key);
	return (long)value->number;
}

bool json_get_bool(struct test *test, const struct json_value *object, const char *key) {
	const struct json_value *value = json_get(test, object, key);
	CHECK(value->kind == JSON_BOOL, "“%s” is neither true nor false", key);
	return value->boolean;
}

const char *json_get_text(struct test *test, const struct json_value *object, const char *key) {
	const struct json_value *value = json_get(test, object, key);
	CHECK(value->kind == JSON_TEXT, "“%s” is not a string", key);
	return value->text;
}

bool json_is_null(const struct json_value *value) {
	return value->kind == JSON_NULL;
}
