#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include "instances/shell.h"

static const char choices[] = "work terminal\nwork mail\nbank browser\n";

static const struct {
	const char *choice;
	bool valid;
} rows[] = {
	{ "work terminal\n", true },
	{ "work terminal", true },
	{ "bank browser\n", true },
	{ "", false },
	{ "\n", false },
	{ "work", false },
	{ "work term\n", false },
	{ "work terminal \n", false },
	{ "work terminal\nwork mail\n", false },
	{ "work terminal\n\n", false },
	{ "rm -rf /\n", false },
};

static void test_choice(void **state) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (shell_is_choice(choices, rows[i].choice, strlen(rows[i].choice)) != rows[i].valid) {
			fail_msg("row %zu: %s", i, rows[i].choice);
		}
	}
	assert_false(shell_is_choice("", "\n", 1));
	assert_false(shell_is_choice(choices, "work mail\0x", 11));
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_choice) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
