#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/words.h"

static void test_size(void **state) {
	static const struct {
		uint64_t bytes;
		const char *words;
	} rows[] = {
		{0, "0 B"}, {1, "1 B"}, {42, "42 B"}, {999, "999 B"}, {1000, "1.0 kB"}, {1049, "1.0 kB"}, {1050, "1.0 kB"},
		{1999, "1.9 kB"}, {9999, "9.9 kB"}, {10000, "10 kB"}, {999999, "999 kB"}, {1000000, "1.0 MB"},
		{214000000, "214 MB"}, {16 * 1024 * 1024, "16 MB"}, {UINT64_C(7300000000), "7.3 GB"}, {UINT64_MAX, "18 EB"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[WORDS_SIZE];
		assert_string_equal(words_size(rows[i].bytes, out, sizeof(out)), rows[i].words);
	}
}

/* Never less than there is, so that "1 s" is the last that is read. */
static void test_left(void **state) {
	static const struct {
		int64_t ms;
		const char *words;
	} rows[] = {
		{INT64_MIN, "0 s"}, {-1, "0 s"}, {0, "0 s"}, {1, "1 s"}, {1000, "1 s"}, {1001, "2 s"}, {57400, "58 s"},
		{119000, "119 s"}, {119001, "2 min"}, {120000, "2 min"}, {120001, "3 min"}, {7199000, "120 min"},
		{7199001, "2 h"}, {7200001, "3 h"}, {INT64_MAX, "2562047788016 h"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[WORDS_SIZE];
		assert_string_equal(words_left(rows[i].ms, out, sizeof(out)), rows[i].words);
	}
}

static void test_count(void **state) {
	char out[WORDS_SIZE];
	assert_string_equal(words_count(0, "hidden character", out, sizeof(out)), "no hidden characters");
	assert_string_equal(words_count(1, "line", out, sizeof(out)), "1 line");
	assert_string_equal(words_count(2, "line", out, sizeof(out)), "2 lines");
	assert_string_equal(
		words_count(UINT64_MAX, "hidden character", out, sizeof(out)), "18446744073709551615 hidden characters");
}

/* However little room there is, the text ends inside it. */
static void test_short(void **state) {
	char out[4];
	memset(out, 'x', sizeof(out));
	words_size(214000000, out, 3);
	assert_string_equal(out, "21");
	assert_int_equal(out[3], 'x');
	words_left(58000, out, 1);
	assert_string_equal(out, "");
	words_count(2, "line", out, 2);
	assert_string_equal(out, "2");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
