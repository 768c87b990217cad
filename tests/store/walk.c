#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Some files, far down, and on each level one that comes after what is deeper. */
static int make_deep(const char *tree, int depth) {
	tree_directory(tree, "deep");
	int at = open_tree(tree, "deep");
	for (int i = 0; i < depth; i++) {
		int file = openat(at, "z", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(write(file, "1", 1), 1);
		fd_close(&file);
		assert_int_equal(mkdirat(at, "a", 0700), 0);
		int next = openat(at, "a", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* Modes that are to be lent on the way down, and to be taken again on the way up. */
		assert_int_equal(i % 7 == 0 ? fchmod(next, 0700) : fchmod(at, 0300), 0);
		fd_close(&at);
		at = next;
	}
	return at;
}

struct deep {
	int visits, leaves, highest_fd;
	int moved_from, moved_to; /* or -1: at the deepest, the directory above is moved elsewhere */
};

static enum walk_step visit_deep(void *data, const struct walk_entry *entry) {
	struct deep *deep = data;
	struct stat status;
	deep->visits++;
	deep->highest_fd = entry->parent_fd > deep->highest_fd ? entry->parent_fd : deep->highest_fd;
	assert_int_equal(fstatat(entry->parent_fd, entry->untrusted_name, &status, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(status.st_ino, entry->status.st_ino);
	if (deep->moved_from >= 0 && S_ISREG(entry->status.st_mode)) {
		assert_int_equal(renameat(deep->moved_from, "a", deep->moved_to, "moved"), 0);
		deep->moved_from = -1;
	}
	return WALK_ON;
}

static void leave_deep(void *data, const struct walk_entry *entry) {
	struct deep *deep = data;
	deep->leaves++;
	assert_string_equal(entry->untrusted_name, "a");
	assert_int_equal(entry->untrusted_path[strlen(entry->untrusted_path) - 1], 'a');
}

static void test_deep(void **state) {
	const char *tree = *state;
	struct deep deep = { .moved_from = -1 };
	int bottom = make_deep(tree, 1000), top = open_tree(tree, "deep"), other = open_tree(tree, ".");
	fd_close(&bottom);
	struct walk_result result = walk_tree_through(top, &walk_whole, visit_deep, leave_deep, &deep);
	assert_int_equal(deep.visits, 2000);
	assert_int_equal(deep.leaves, 1000);
	assert_false(result.cut);
	assert_int_equal(result.unreadable, 0);
	assert_true(deep.highest_fd < 64);
	struct stat status;
	assert_int_equal(fstatat(top, "a/a/a", &status, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(status.st_mode, S_IFDIR | 0300);

	/* What the tree's owner moves away beneath the walk: ".." is somewhere else then, and that is not walked. */
	tree_file(tree, "secret", "secret");
	int way = openat(top, "a/a/a/a/a", O_PATH | O_DIRECTORY | O_CLOEXEC); /* its owner may not list it */
	assert_true(way >= 0);
	deep = (struct deep){ .moved_from = way, .moved_to = other };
	result = walk_tree_through(top, &walk_whole, visit_deep, leave_deep, &deep);
	assert_int_equal(result.unreadable, 5); /* those above what was moved, but for the first, which is never closed */
	assert_int_equal(deep.visits, 2000 - 5);
	fd_close(&way);
	fd_close(&other);
	fd_close(&top);
	char *command = NULL;
	assert_true(asprintf(&command, "chmod -R u+rwX '%s' && rm -rf '%s/deep' '%s/moved'", tree, tree, tree) > 0);
	assert_int_equal(system(command), 0);
	free(command);
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
		cmocka_unit_test_setup_teardown(test_deep, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_measure, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_open_file, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
