#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "config/unfold.h"

/* What a text is laid out as, and the line of the file that each of its lines came from. */
static const struct {
	const char *text, *laid_out;
	int lines[8];
} rows[] = {
	{ "", "", { 0 } },
	{ "a b\nc", "a b\nc", { 1, 2 } },
	{ "a {\n\tb 1\n}\n", "a {\n\tb 1\n}\n", { 1, 2, 3 } },
	{ "a { b 1 }", "a {\nb 1 \n}", { 1, 1, 1 } },
	{ "\na { b 1; c 2 }\nd", "\na {\nb 1\nc 2 \n}\nd", { 1, 2, 2, 2, 2, 3 } },
	{ "a { b 1 ; c 2; }", "a {\nb 1 \nc 2\n}", { 1, 1, 1, 1 } },
	{ "a { }", "a {\n}", { 1, 1 } },
	{ "a { b \"x; }\" ';' }", "a {\nb \"x; }\" ';' \n}", { 1, 1, 1 } },
	{ "a { b x\\; y }", "a {\nb x\\; y \n}", { 1, 1, 1 } },
	{ "a { b x;y }", "a {\nb x;y \n}", { 1, 1, 1 } },
	{ "# a { b; c }", "# a { b; c }", { 1 } },
	{ "a { b \"x; }", "a {\nb \"x; }", { 1, 1 } },
	{ "a { b {}; c }", "a {\nb {}\nc \n}", { 1, 1, 1, 1 } },
};

static void test_lay_out(void **state) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct unfolded unfolded;
		unfold(&unfolded, rows[i].text, strlen(rows[i].text));
		assert_string_equal(unfolded.text, rows[i].laid_out);
		assert_int_equal(unfolded.length, strlen(rows[i].laid_out));
		for (size_t line = 0; line < unfolded.lines_len; line++) {
			assert_int_equal(unfolded.lines[line], rows[i].lines[line]);
		}
		assert_true(unfolded.lines_len == 8 || rows[i].lines[unfolded.lines_len] == 0);
		unfolded_finish(&unfolded);
	}
}

/* The plan's own example, one block a line, says the same as the long form. */
static void test_short_form(void **state) {
	static const char text[] = "output * { scale 1 }\n"
							   "input keyboard { xkb-layout us; repeat-rate 40 }\n"
							   "clipboard { limit 16M; expire 60; deny vault * }\n"
							   "instance vault { color \"#4abd95\"; app passwords keepassxc; persist .local/share/keepassxc }\n";
	struct config_errors errors = { 0 };
	struct config *config = config_parse(text, strlen(text), "/home/a", &errors);
	assert_int_equal(errors.len, 0);
	assert_non_null(config);
	assert_int_equal(config->keyboard.repeat_rate, 40);
	assert_int_equal(config->instances_len, 1);
	assert_int_equal(config->instances[0].line, 4);
	assert_int_equal(config->instances[0].persist_len, 1);
	assert_string_equal(config->instances[0].apps[0].argv.words[0], "keepassxc");
	config_destroy(config);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lay_out),
		cmocka_unit_test(test_short_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
