#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "tests/base/tree.h"

static void test_within(void **state) {
	static const struct {
		const char *inner, *outer;
		bool within;
	} rows[] = {
		{ "/a", "/a", true }, { "/a/b", "/a", true }, { "/ab", "/a", false }, { "/a", "/a/b", false },
		{ "a/b", "a", true }, { "a", "/a", false }, { "/", "/", true }, { "/a", "/", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(path_is_within(rows[i].inner, rows[i].outer), rows[i].within);
	}
}

static void test_parent(void **state) {
	static const char *const rows[][2] = { { "a", "." }, { "/a", "/" }, { "/a/b", "/a" }, { "a/b", "a" }, { "a/b/", "a/b" } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *parent = path_parent(rows[i][0]);
		assert_string_equal(parent, rows[i][1]);
		free(parent);
	}
}

/* A link in the way is followed, the last one is not. */
static void test_place(void **state) {
	const char *tree = *state;
	tree_file(tree, "real/file", "");
	tree_link(tree, "way", "real");
	tree_link(tree, "real/link", "nowhere");
	char *real = realpath(tree_path(tree, "real"), NULL), *place = path_find_place(tree_path(tree, "way/link"));
	assert_int_equal(strncmp(place, real, strlen(real)), 0);
	assert_string_equal(place + strlen(real), "/link");
	free(place);
	free(real);
	assert_null(path_find_place(tree_path(tree, "missing/file")));
	place = path_find_place("/no-such-name");
	assert_string_equal(place, "/no-such-name");
	free(place);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_parent),
		cmocka_unit_test_setup_teardown(test_place, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
