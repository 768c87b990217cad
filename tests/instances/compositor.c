#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "instances/compositor.h"

static const struct {
	int64_t times[8]; /* of deaths, in milliseconds; 0 ends */
	int given_up_at; /* which one, from 1; 0 for none */
} rows[] = {
	{ { 1000 }, 0 },
	{ { 1000, 1001 }, 0 },
	{ { 1000, 1001, 1002 }, 3 },
	{ { 1000, 5000, 11000 }, 3 }, /* ten seconds, the last moment counted */
	{ { 1000, 5000, 11001 }, 0 },
	{ { 1000, 5000, 11001, 14000 }, 4 },
	{ { 1000, 12000, 23000, 34000, 45000 }, 0 },
	{ { 1000, 12000, 23000, 24000, 25000 }, 5 },
};

static void test_deaths(void **state) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct compositor_deaths deaths = { 0 };
		int given_up_at = 0;
		for (int j = 0; j < 8 && rows[i].times[j] != 0 && given_up_at == 0; j++) {
			given_up_at = compositor_count_death(&deaths, rows[i].times[j]) ? j + 1 : 0;
		}
		assert_int_equal(given_up_at, rows[i].given_up_at);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_deaths) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
