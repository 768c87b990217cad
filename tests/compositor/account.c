#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compositor/account.h"

#define MS 1000000LL
#define BEGIN (1000 * MS)

static const struct {
	int64_t paid, passed;
	int percent;
	int64_t sharers;
	int64_t left;
} cases[] = {
	{0, 0, 100, 1, 4 * MS},
	{1 * MS, 0, 100, 1, 3 * MS},
	{4 * MS, 0, 100, 1, 0},
	{10 * MS, 0, 100, 1, -6 * MS},
	{10 * MS, 3 * MS, 100, 1, -3 * MS},
	{10 * MS, 3 * MS, 33, 1, -5010000},
	{10 * MS, 6 * MS, 50, 3, -5 * MS},
	{10 * MS, 1000 * MS, 33, 1, 4 * MS}, /* never more than full */
	{10 * MS, INT64_MAX - BEGIN, 100, 1, 4 * MS},
	{1000 * MS, 0, 100, 1, -200 * MS}, /* never deeper than this */
	{INT64_MAX, 0, 100, 1, -200 * MS},
	{INT64_MAX, INT64_MAX - BEGIN, 100, 64, 4 * MS},
};

static void test_cases(void **state) {
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct account account;
		account_init(&account, BEGIN);
		assert_true(account_is_full(&account));
		account_pay(&account, cases[i].paid);
		account_fill(&account, BEGIN + cases[i].passed, cases[i].percent, cases[i].sharers);
		assert_int_equal(account.credit, cases[i].left);
		assert_int_equal(account_is_full(&account), cases[i].left == 4 * MS);
	}
}

/* After as long as it says, and not before. */
static void test_debt(void **state) {
	static const struct {
		int percent;
		int64_t sharers;
	} ways[] = {{100, 1}, {75, 1}, {33, 1}, {33, 64}};
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct account account;
		account_init(&account, BEGIN);
		assert_int_equal(account_debt_lasts(&account, ways[i].percent, ways[i].sharers), 0);
		account_pay(&account, 100 * MS);
		int64_t lasts = account_debt_lasts(&account, ways[i].percent, ways[i].sharers);
		account_fill(&account, BEGIN + lasts * 9 / 10, ways[i].percent, ways[i].sharers);
		assert_true(account.credit < 0);
		account_fill(&account, BEGIN + lasts + 10000, ways[i].percent, ways[i].sharers);
		assert_true(account.credit >= 0 && account.credit < MS);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_debt)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
