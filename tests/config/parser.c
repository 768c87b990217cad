#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "config/parser.h"

static const struct word words[] = {
	{ .name = "one", .value = 1 },
	{ .name = "two", .value = 2, .refusal = "is not yet" },
	{ .name = "three", .value = 3 },
	{ .name = "four", .value = 4 },
	{ 0 },
};

static void test_words(void **state) {
	assert_ptr_equal(word_find(words, "three"), &words[2]);
	assert_null(word_find(words, "thre"));
	assert_null(word_find(words, ""));
	assert_string_equal(word_name(words, 2), "two");
	assert_string_equal(word_name(words, 5), "");
}

static void test_list(void **state) {
	static const struct {
		const struct word *words;
		const char *list;
	} rows[] = {
		{ words, "one, three or four" },
		{ words + 1, "three or four" },
		{ words + 3, "four" },
		{ words + 4, "" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *list = word_list(rows[i].words);
		assert_string_equal(list, rows[i].list);
		free(list);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
