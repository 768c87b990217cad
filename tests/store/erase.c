#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/fd.h"
#include "store/erase.h"
#include "tree.h"

#define DEEP 3000 /* more than descriptors may be open, and its path is longer than any may be */

static int open_tree(const char *tree) {
	int fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void test_all_kinds(void **state) {
	const char *tree = *state;
	int fd = open_tree(tree);
	tree_file(tree, "outside/secret", "secret");
	tree_file(tree, "gone/a/b/file", "");
	tree_link(tree, "gone/link", "../outside");
	tree_link(tree, "gone/a/link", "../../outside/secret");
	tree_fifo(tree, "gone/fifo");
	tree_socket(tree, "gone/socket");
	tree_hard_link(tree, "gone/hard", "outside/secret");
	tree_file(tree, "gone/erase-0/erase-0/erase-1/x", ""); /* the names that it uses itself */
	tree_file(tree, "gone/closed/file", "");
	tree_directory(tree, "gone/closed/inner");
	assert_int_equal(chmod(tree_path(tree, "gone/closed/inner"), 0), 0);
	assert_int_equal(chmod(tree_path(tree, "gone/closed"), 0500), 0);
	assert_int_equal(chmod(tree_path(tree, "gone"), 0), 0);
	assert_true(erase_tree(fd, "gone"));
	assert_int_equal(tree_mode(tree, "gone"), 0);
	assert_int_equal(tree_mode(tree, "outside/secret"), S_IFREG | (tree_mode(tree, "outside/secret") & 0777));
	assert_true(erase_tree(fd, "gone"));
	tree_link(tree, "link", "outside");
	assert_true(erase_tree(fd, "link"));
	assert_int_equal(tree_mode(tree, "outside") & S_IFMT, S_IFDIR);
	fd_close(&fd);
}

static void test_deep(void **state) {
	int fd = open_tree(*state), at = dup(fd);
	for (int i = 0; i < DEEP; i++) {
		const char *name = i == 0 ? "deep" : "a-directory-in-a-directory-in-a-directory";
		assert_int_equal(mkdirat(at, name, 0700), 0);
		int next = openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		fd_close(&at);
		at = next;
	}
	fd_close(&at);
	assert_true(erase_tree(fd, "deep"));
	assert_int_equal(tree_mode(*state, "deep"), 0);
	fd_close(&fd);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_kinds, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_deep, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
