#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/config/text.h"

#define NAME "expected a name of 1 to 31 lower-case letters, digits and hyphens, the first a letter, not "
#define A31 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_outputs(void **state) {
	static const struct text_case rows[] = {
		{ "output *\noutput DP-1\noutput DP-2\n", 0, NULL },
		{ "output", 1, "output: expected 1 parameter (NAME), not 0" },
		{ "output DP-1 DP-2", 1, "output: expected 1 parameter (NAME), not 2" },
		{ "output ''", 1, "output: expected a connector's name, such as DP-1, or *, not ''" },
		{ "output " A31 A31 "aa", 1, "output: expected a connector's name, such as DP-1, or *, not '" A31 A31 "a…'" },
		{ "output DP-1\noutput DP-1\n", 2, "output: 'DP-1' is already on line 1: expected one block for it" },
		{ "output DP-1 {\n\tenable\n\tdisable\n}\n", 3, "disable: already set on line 2: expected it once" },
		{ "output DP-1 {\n\tdisable now\n}\n", 2, "disable: expected nothing after it" },
		{ NULL, 0, NULL },
	};
	text_expect_all(rows);
}

static void test_instances(void **state) {
	static const struct text_case rows[] = {
		{ "instance a\ninstance b-2\ninstance " A31 "\n", 0, NULL },
		{ "instance", 1, "instance: expected 1 parameter (NAME), not 0" },
		{ "instance a b", 1, "instance: expected 1 parameter (NAME), not 2" },
		{ "instance ''", 1, "instance: " NAME "''" },
		{ "instance Work", 1, "instance: " NAME "'Work'" },
		{ "instance 1a", 1, "instance: " NAME "'1a'" },
		{ "instance -a", 1, "instance: " NAME "'-a'" },
		{ "instance a/b", 1, "instance: " NAME "'a/b'" },
		{ "instance ..", 1, "instance: " NAME "'..'" },
		{ "instance 'a b'", 1, "instance: " NAME "'a b'" },
		{ "instance wоrk", 1, "instance: " NAME "'wоrk'" }, /* a Cyrillic o */
		{ "instance " A31 "a", 1, "instance: " NAME "'" A31 "a'" },
		{ "instance a\n\ninstance a\n", 3, "instance: 'a' is already on line 1: expected another name" },
		{ "instance shell", 1, "instance: the name 'shell' is reserved: expected another" },
		{ "instance control", 1, "instance: the name 'control' is reserved: expected another" },
		{ NULL, 0, NULL },
	};
	text_expect_all(rows);
}

/* As many blocks as there may be, and one more. */
static void test_bounds(void **state) {
	static const struct {
		const char *before, *after; /* a number stands between */
		int max;
		const char *error;
	} rows[] = {
		{ "output DP-", "", 64, "output: expected at most 64 of them" },
		{ "instance a", "", CONFIG_INSTANCES_MAX, "instance: expected at most 64 of them" },
		/* Letters of many keyboards: U4000 to U4999, in decimal digits. */
		{ "bind Super+U", " close", CONFIG_BINDS_MAX, "bind: expected at most 512 of them" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = xstrdup("");
		for (int k = 0; k <= rows[i].max; k++) {
			if (k == rows[i].max) {
				text_expect(&(struct text_case){ text, 0, NULL });
			}
			char *longer = xasprintf("%s%s%d%s\n", text, rows[i].before, 4000 + k, rows[i].after);
			free(text);
			text = longer;
		}
		text_expect(&(struct text_case){ text, rows[i].max + 1, rows[i].error });
		free(text);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outputs),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
