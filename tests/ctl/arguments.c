#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>
#include "ctl/arguments.h"

static const struct command one = {
	.name = "one",
	.synopsis = "NAME",
	.options = OPTION_JSON | OPTION_FOLLOW,
	.words_min = 1,
	.words_max = 1,
};
static const struct command runner = {
	.name = "runner",
	.synopsis = "NAME COMMAND...",
	.words_min = 2,
	.words_max = 4,
	.passes_on = true,
};

#define WORDS(...) { __VA_ARGS__, NULL }

static const struct {
	const struct command *command;
	const char *argv[8];
	bool accepted;
	const char *words[6];
	bool json, follow, help;
} cases[] = {
	{ &one, WORDS("a"), true, WORDS("a"), false, false, false },
	{ &one, WORDS("--json", "a"), true, WORDS("a"), true, false, false },
	{ &one, WORDS("a", "--json"), true, WORDS("a"), true, false, false },
	{ &one, WORDS("-f", "a"), true, WORDS("a"), false, true, false },
	{ &one, WORDS("a", "--follow", "--json"), true, WORDS("a"), true, true, false },
	{ &one, WORDS("--", "--json"), true, WORDS("--json"), false, false, false },
	{ &one, WORDS("--", "--"), true, WORDS("--"), false, false, false },
	{ &one, WORDS("-"), true, WORDS("-"), false, false, false },
	{ &one, WORDS(""), true, WORDS(""), false, false, false },
	{ &one, WORDS("-h"), true, WORDS(NULL), false, false, true },
	{ &one, WORDS("a", "b", "c", "--help"), true, WORDS("a", "b", "c"), false, false, true },
	{ &one, WORDS(NULL), false, WORDS(NULL), false, false, false },
	{ &one, WORDS("a", "b"), false, WORDS(NULL), false, false, false },
	{ &one, WORDS("a", "-x"), false, WORDS(NULL), false, false, false },
	{ &one, WORDS("a", "--js"), false, WORDS(NULL), false, false, false },
	{ &runner, WORDS("a", "b"), true, WORDS("a", "b"), false, false, false },
	{ &runner, WORDS("a", "b", "--json"), true, WORDS("a", "b", "--json"), false, false, false },
	{ &runner, WORDS("a", "b", "--help", "--"), true, WORDS("a", "b", "--help", "--"), false, false, false },
	{ &runner, WORDS("a", "--", "b", "--"), true, WORDS("a", "b", "--"), false, false, false },
	{ &runner, WORDS("--", "a", "-b"), true, WORDS("a", "-b"), false, false, false },
	{ &runner, WORDS("a", "--help", "b"), true, WORDS("a", "b"), false, false, true },
	{ &runner, WORDS("a", "-b"), false, WORDS(NULL), false, false, false },
	{ &runner, WORDS("a", "--json", "b"), false, WORDS(NULL), false, false, false },
	{ &runner, WORDS("a"), false, WORDS(NULL), false, false, false },
	{ &runner, WORDS("a", "b", "c", "d", "e"), false, WORDS(NULL), false, false, false },
};

static void words_and_options_are_told_apart(void **state) {
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *argv[8] = { 0 };
		int argc = 0;
		for (; cases[i].argv[argc] != NULL; argc++) {
			argv[argc] = (char *)cases[i].argv[argc];
		}
		struct arguments arguments;
		assert_int_equal(arguments_parse(cases[i].command, argc, argv, &arguments), cases[i].accepted);
		if (!cases[i].accepted) {
			continue;
		}
		assert_int_equal(arguments.json, cases[i].json);
		assert_int_equal(arguments.follow, cases[i].follow);
		assert_int_equal(arguments.help, cases[i].help);
		size_t len = 0;
		for (; cases[i].words[len] != NULL; len++) {
			assert_true(len < arguments.words_len);
			assert_string_equal(arguments.words[len], cases[i].words[len]);
		}
		assert_int_equal(arguments.words_len, len);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_options_are_told_apart),
	};
	return cmocka_run_group_tests_name("ctl arguments", tests, NULL, NULL);
}
