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

static void test_ration(void **state) {
	static const struct compositor_ration ration = { 3, 100 };
	static const struct {
		int64_t now;
		bool given;
	} takes[] = {
		{ 1000, true }, { 1000, true }, { 1001, true }, { 1001, false }, { 1099, false },
		{ 1100, true }, { 1100, false }, { 1150, false }, { 1200, true }, { 1299, false },
		{ 1450, true }, { 1450, true }, { 1499, false }, { 1500, true }, { 1500, false },
		/* However long nothing was taken, no more than the ration is there. */
		{ 999999, true }, { 999999, true }, { 999999, true }, { 999999, false },
	};
	struct compositor_account account = { 0 };
	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++) {
		if (compositor_take(&account, &ration, takes[i].now) != takes[i].given) {
			fail_msg("take %zu, at %d", i, (int)takes[i].now);
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_deaths), cmocka_unit_test(test_ration) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
