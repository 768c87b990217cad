#include <setjmp.h>
#include <signal.h>
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

static void test_delay(void **state) {
	static const struct {
		int code;
		int64_t lifetime, delay;
	} ends[] = {
		{ 1, 10, 1000 }, { 139, 10, 2000 }, { 137, 10, 4000 }, { 255, 10, 8000 },
		/* It has run for long: what was before is forgotten. */
		{ 1, SHELL_SHORT_LIFE_MS, 1000 }, { 1, 10, 2000 }, { 1, 10, 4000 },
		/* It wanted to end, or was told to. */
		{ 0, 10, -1 }, { 128 + SIGTERM, 10, -1 }, { 128 + SIGINT, 10, -1 }, { 128 + SIGHUP, 10, -1 },
		{ 1, 10, 8000 }, { 1, 10, -1 }, { 1, 10, -1 },
	};
	unsigned int short_lives = 0;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		int64_t delay = shell_delay(ends[i].code, ends[i].lifetime, &short_lives);
		if (delay != ends[i].delay) {
			fail_msg("end %zu: %d instead of %d", i, (int)delay, (int)ends[i].delay);
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_choice), cmocka_unit_test(test_delay) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
