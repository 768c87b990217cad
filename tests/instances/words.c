#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "instances/words.h"

static void test_groups(void **state) {
	struct words words = { 0 };
	words_add(&words, "--bind", "a", "b", NULL);
	words_add(&words, "--size", NULL);
	words_add_format(&words, "%d", 42);
	assert_int_equal(words.len, 5);
	assert_string_equal(words.list[0], "--bind");
	assert_string_equal(words.list[4], "42");
	assert_null(words.list[5]);
	const bool starts[] = { true, false, false, true, false };
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(words.starts[i], starts[i]);
	}
	words_finish(&words);
	assert_null(words.list);
	assert_int_equal(words.len, 0);
}

static void test_environment(void **state) {
	struct words words = { 0 };
	words_set(&words, "A", "1");
	words_set(&words, "AB", "2");
	words_add(&words, "B=3", NULL);
	words_set(&words, "A", "x=y");
	assert_int_equal(words.len, 3);
	assert_string_equal(words_get(&words, "A"), "x=y");
	assert_string_equal(words_get(&words, "AB"), "2");
	assert_null(words_get(&words, "C"));
	words_add(&words, "AB=again", NULL);
	words_unset(&words, "AB");
	words_unset(&words, "C");
	assert_int_equal(words.len, 2);
	assert_string_equal(words.list[0], "A=x=y");
	assert_string_equal(words.list[1], "B=3");
	assert_null(words.list[2]);
	words_finish(&words);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_environment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
