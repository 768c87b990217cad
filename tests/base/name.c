#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "base/name.h"

static const struct {
	const char *name;
	bool valid;
} names[] = {
	{ "a", true },
	{ "work", true },
	{ "a-", true },
	{ "a0-9z", true },
	{ "abcdefghijklmnopqrstuvwxyz-0123", true }, /* 31 */
	{ "abcdefghijklmnopqrstuvwxyz-01234", false }, /* 32 */
	{ NULL, false },
	{ "", false },
	{ "-a", false },
	{ "0a", false },
	{ "Work", false },
	{ "woRk", false },
	{ "wo_rk", false },
	{ "wo.rk", false },
	{ "..", false },
	{ "a/b", false },
	{ "a b", false },
	{ " a", false },
	{ "a\n", false },
	{ "a\x7f", false },
	{ "w\xc3\xb6rk", false }, /* a letter of many a locale */
	{ "\xd0\xb0", false }, /* the Cyrillic letter that looks like a */
	{ "*", false },
};

static void test_names(void **state) {
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (name_is_valid(names[i].name) != names[i].valid) {
			fail_msg("\"%s\" should be %s", names[i].name, names[i].valid ? "a name" : "refused");
		}
	}
}

/* Every byte in both places: only the documented sets pass. */
static void test_every_byte(void **state) {
	for (int c = 1; c < 256; c++) {
		bool lower = c >= 'a' && c <= 'z';
		const char first[] = { (char)c, '\0' };
		const char second[] = { 'a', (char)c, '\0' };
		assert_int_equal(name_is_valid(first), lower);
		assert_int_equal(name_is_valid(second), lower || (c >= '0' && c <= '9') || c == '-');
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_every_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
