#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "config/errors.h"

static void test_order(void **state) {
	struct config_errors errors = { 0 };
	static const int lines[] = { 3, 1, 3, 0, 2, 1 };
	static const char *const sorted[] = { "d", "b", "f", "e", "a", "c" };
	for (int i = 0; i < 6; i++) {
		errors_add(&errors, lines[i], "%c", 'a' + i);
	}
	errors_sort(&errors);
	assert_int_equal(errors.len, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_string_equal(errors.list[i].text, sorted[i]);
	}
	assert_false(errors.more);
	config_errors_finish(&errors);
	assert_null(errors.list);
	assert_int_equal(errors.len, 0);
	config_errors_finish(&errors);
}

static void test_bound(void **state) {
	struct config_errors errors = { 0 };
	for (int i = 0; i < CONFIG_ERRORS_MAX; i++) {
		errors_add(&errors, i, "x");
	}
	assert_int_equal(errors.len, CONFIG_ERRORS_MAX);
	assert_false(errors.more);
	errors_add(&errors, 0, "x");
	assert_int_equal(errors.len, CONFIG_ERRORS_MAX);
	assert_true(errors.more);
	config_errors_finish(&errors);
	assert_false(errors.more);
}

static void test_quote(void **state) {
	char out[QUOTE_SIZE];
	assert_string_equal(errors_quote("", out), "''");
	assert_string_equal(errors_quote("a b", out), "'a b'");
	/* Every length around the cut, in characters of three bytes: none is cut in two. */
	char word[3 * 40 + 1] = "";
	for (size_t i = 0; i < 40; i++) {
		strcat(word, "€");
		errors_quote(word, out);
		size_t length = strlen(out);
		assert_true(length < QUOTE_SIZE);
		assert_true(utf8_is_valid(out, length));
		assert_int_equal(out[length - 1], '\'');
	}
	assert_non_null(strstr(out, "…'"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_quote),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
