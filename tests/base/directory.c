#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>
#include "base/directory.h"
#include "tree.h"

static void test_all_on_the_way(void **state) {
	const char *tree = *state;
	directory_make(tree_path(tree, "one/two/three"), 0700);
	assert_int_equal(tree_mode(tree, "one"), S_IFDIR | 0700);
	assert_int_equal(tree_mode(tree, "one/two"), S_IFDIR | 0700);
	assert_int_equal(tree_mode(tree, "one/two/three"), S_IFDIR | 0700);
	directory_make(tree_path(tree, "slash/"), 0700);
	assert_int_equal(tree_mode(tree, "slash"), S_IFDIR | 0700);
}

static void test_what_is_there_stays(void **state) {
	const char *tree = *state;
	tree_directory(tree, "there");
	mode_t before = tree_mode(tree, "there");
	directory_make(tree_path(tree, "there/new"), 0500);
	assert_int_equal(tree_mode(tree, "there"), before);
	assert_int_equal(tree_mode(tree, "there/new"), S_IFDIR | 0500);

	tree_link(tree, "link", "there");
	directory_make(tree_path(tree, "link/behind"), 0700);
	assert_int_equal(tree_mode(tree, "there/behind"), S_IFDIR | 0700);

	tree_file(tree, "file", "in the way");
	directory_make(tree_path(tree, "file/below"), 0700);
	assert_int_equal(tree_mode(tree, "file") & S_IFMT, S_IFREG);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_on_the_way, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_there_stays, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
