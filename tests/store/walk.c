#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/fd.h"
#include "store/walk.h"
#include "tree.h"

static int open_tree(const char *tree, const char *path) {
	int fd = open(tree_path(tree, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static enum walk_step write_down(void *data, const struct walk_entry *entry) {
	char *seen = data;
	size_t length = strlen(seen);
	snprintf(seen + length, 512 - length, "%s%s", length > 0 ? " " : "", entry->untrusted_path);
	return strcmp(entry->untrusted_name, "skipped") == 0 ? WALK_SKIP
		: strcmp(entry->untrusted_name, "stop") == 0     ? WALK_STOP
														 : WALK_ON;
}

static void make(const char *tree) {
	tree_file(tree, "outside/secret", "secret");
	tree_file(tree, "top/b/two", "12345");
	tree_file(tree, "top/b/one", "123");
	tree_file(tree, "top/a/c/three", "");
	tree_file(tree, "top/skipped/unseen", "");
	tree_link(tree, "top/link", "../outside");
	tree_fifo(tree, "top/fifo");
	tree_socket(tree, "top/socket");
}

static void test_order(void **state) {
	char seen[512] = "";
	make(*state);
	int fd = open_tree(*state, "top");
	struct walk_result result = walk_tree(fd, &walk_whole, write_down, seen);
	assert_string_equal(seen, "a a/c a/c/three b b/one b/two fifo link skipped socket");
	assert_int_equal(result.entries, 10);
	assert_false(result.cut);
	assert_int_equal(result.unreadable, 0);
	tree_file(*state, "top/b/stop", "");
	seen[0] = '\0';
	walk_tree(fd, &walk_whole, write_down, seen);
	assert_string_equal(seen, "a a/c a/c/three b b/one b/stop");
	fd_close(&fd);
}

static void test_limits(void **state) {
	static const struct {
		struct walk_limits limits;
		const char *seen;
		bool cut;
	} rows[] = {
		{ { .entries = 10, .depth = 8 }, "a a/c a/c/three b b/one b/two fifo link skipped socket", false },
		{ { .entries = 9, .depth = 8 }, NULL, true },
		{ { .entries = 100, .depth = 2 }, "a a/c b b/one b/two fifo link skipped socket", true },
		{ { .entries = 100, .depth = 3 }, "a a/c a/c/three b b/one b/two fifo link skipped socket", false },
	};
	make(*state);
	int fd = open_tree(*state, "top");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char seen[512] = "";
		struct walk_result result = walk_tree(fd, &rows[i].limits, write_down, seen);
		assert_int_equal(result.cut, rows[i].cut);
		assert_true(result.entries <= rows[i].limits.entries);
		if (rows[i].seen != NULL) {
			assert_string_equal(seen, rows[i].seen);
		}
	}
	fd_close(&fd);
}

static void test_measure(void **state) {
	struct walk_size size;
	make(*state);
	int fd = open_tree(*state, ".");
	assert_true(walk_measure(fd, "top", &walk_whole, &size));
	assert_int_equal(size.bytes, 8);
	assert_int_equal(size.files, 7);
	assert_true(size.whole && size.newest > 0);
	assert_true(walk_measure(fd, "top/b/two", &walk_whole, &size));
	assert_int_equal(size.bytes, 5);
	assert_int_equal(size.files, 1);
	assert_true(walk_measure(fd, "top/link", &walk_whole, &size)); /* itself */
	assert_int_equal(size.bytes, 0);
	assert_false(walk_measure(fd, "top/link/secret", &walk_whole, &size));
	assert_false(walk_measure(fd, "top/nothing", &walk_whole, &size));

	/* A file that claims more than there is. */
	assert_int_equal(truncate(tree_path(*state, "top/b/two"), (off_t)1 << 40), 0);
	assert_true(walk_measure(fd, "top/b", &walk_whole, &size));
	assert_true(size.bytes < 1024 * 1024);
	fd_close(&fd);
}

static void test_open_file(void **state) {
	static const char *const others[] = { "fifo", "socket", "link", "a", "none", "../outside/secret" };
	struct stat status;
	make(*state);
	int fd = open_tree(*state, "top");
	int file = walk_open_file(fd, "b/two", &status);
	assert_true(file >= 0);
	assert_int_equal(status.st_size, 5);
	fd_close(&file);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(walk_open_file(fd, others[i], &status), -1);
	}
	fd_close(&fd);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_limits, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_measure, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_open_file, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
