#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "instances/process.h"

static const struct {
	const char *stat;
	bool valid;
	struct process process;
} rows[] = {
	{ "1 (init) S 0 1 1 0 -1", true, { 1, 0, false } },
	{ "812 (foot) R 34 812", true, { 812, 34, false } },
	{ "813 (gone) Z 34 812", true, { 813, 34, true } },
	/* a program names itself as it likes */
	{ "9 (a) S 1 2) S 7 9 9", true, { 9, 7, false } },
	{ "9 (\n) Z 0 0) S 7 9 9", true, { 9, 7, false } },
	{ "9 ()) R 7 9", true, { 9, 7, false } },
	{ "", false, { 0 } },
	{ "9", false, { 0 } },
	{ "9 (foot", false, { 0 } },
	{ "9 (foot) S", false, { 0 } },
	{ "-9 (foot) S 1 1", false, { 0 } },
	{ "(foot) S 1 1", false, { 0 } },
};

static void test_parse(void **state) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct process process = { 0 };
		if (process_parse(rows[i].stat, &process) != rows[i].valid) {
			fail_msg("row %zu: %s", i, rows[i].stat);
		}
		if (rows[i].valid) {
			assert_int_equal(process.pid, rows[i].process.pid);
			assert_int_equal(process.parent, rows[i].process.parent);
			assert_int_equal(process.is_zombie, rows[i].process.is_zombie);
		}
	}
}

static void test_pid(void **state) {
	assert_int_equal(process_parse_pid("4711\n"), 4711);
	assert_int_equal(process_parse_pid("4711, \"x\": 1"), 4711);
	assert_int_equal(process_parse_pid("1\n"), 0);
	assert_int_equal(process_parse_pid("-2"), 0);
	assert_int_equal(process_parse_pid(" 2"), 0);
	assert_int_equal(process_parse_pid("4294967298"), 0); /* 2, were it cut to an int */
	assert_int_equal(process_parse_pid(""), 0);
}

static void test_measure(void **state) {
	assert_int_equal(process_measure(0).processes, 0);
	assert_int_equal(process_measure(0).memory, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_pid),
		cmocka_unit_test(test_measure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
