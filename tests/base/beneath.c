#include <errno.h>
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
#include "base/beneath.h"
#include "tree.h"

static const struct {
	const char *path;
	int error; /* 0: opens */
} rows[] = {
	{ "directory/file", 0 },
	{ "directory", 0 },
	{ "missing", ENOENT },
	{ "..", EXDEV },
	{ "directory/../../outside", EXDEV },
	{ "/etc/passwd", EXDEV },
	{ "link-within", ELOOP },
	{ "link-out", ELOOP },
	{ "link-absolute/passwd", ELOOP },
	{ "directory/file/below", ENOTDIR },
};

static void test_open(void **state) {
	const char *tree = *state;
	tree_file(tree, "store/directory/file", "");
	tree_file(tree, "outside", "secret");
	tree_link(tree, "store/link-within", "directory");
	tree_link(tree, "store/link-out", "../outside");
	tree_link(tree, "store/link-absolute", "/etc");
	int store_fd = open(tree_path(tree, "store"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = beneath_open(store_fd, rows[i].path, O_RDONLY, 0);
		int error = fd < 0 ? errno : 0;
		if (error != rows[i].error) {
			fail_msg("%s: %s", rows[i].path, strerror(error));
		}
		fd_close(&fd);
	}
	fd_close(&store_fd);
}

static void test_make(void **state) {
	const char *tree = *state;
	int tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	tree_link(tree, "link", "a");
	int fd = beneath_open_directory(tree_fd, "a/b/c");
	assert_true(tree_is_at(tree, "a/b/c", fd));
	assert_int_equal(tree_mode(tree, "a") & 07777, 0700);
	assert_int_equal(tree_mode(tree, "a/b/c") & 07777, 0700);
	fd_close(&fd);
	fd = beneath_open_directory(tree_fd, "a/b/c");
	assert_true(tree_is_at(tree, "a/b/c", fd));
	fd_close(&fd);
	fd = beneath_open_directory(tree_fd, "");
	assert_true(tree_is_at(tree, ".", fd));
	fd_close(&fd);
	assert_int_equal(beneath_open_directory(tree_fd, "link/d"), -1);
	assert_int_equal(tree_mode(tree, "a/d"), 0);
	assert_int_equal(beneath_open_directory(tree_fd, "../d"), -1);
	fd_close(&tree_fd);
}

static void test_remove(void **state) {
	const char *tree = *state;
	tree_file(tree, "keep/file", "");
	tree_file(tree, "gone/a/b/file", "");
	tree_link(tree, "gone/a/link", "../../keep");
	tree_link(tree, "link", "keep");
	tree_socket(tree, "gone/socket");
	tree_fifo(tree, "gone/fifo");
	int tree_fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(beneath_remove(tree_fd, "gone", 3));
	assert_true(beneath_remove(tree_fd, "gone", 3)); /* what is not there is removed */
	assert_true(beneath_remove(tree_fd, "link", 3));
	assert_int_equal(tree_mode(tree, "gone"), 0);
	assert_int_equal(tree_mode(tree, "link"), 0);
	assert_true(S_ISREG(tree_mode(tree, "keep/file")));
	tree_file(tree, "deep/1/2/3/file", "");
	assert_false(beneath_remove(tree_fd, "deep", 2));
	fd_close(&tree_fd);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_make, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_remove, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
