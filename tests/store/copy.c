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
#include "store/copy.h"
#include "store/walk.h"
#include "tree.h"

static int open_tree(const char *tree, const char *path) {
	int fd = open(tree_path(tree, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void check_content(const char *tree, const char *path, const char *content) {
	char text[64] = "";
	FILE *file = fopen(tree_path(tree, path), "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, content);
}

static void test_kinds(void **state) {
	const char *tree = *state;
	struct copy_report report = { 0 };
	tree_file(tree, "outside/secret", "secret");
	tree_file(tree, "from/a/file", "content");
	tree_file(tree, "from/a/program", "#!/bin/sh\n");
	tree_file(tree, "from/strange\n\xff\x1b name", "1");
	tree_link(tree, "from/link", "../outside/secret");
	tree_link(tree, "from/absolute", "/etc/passwd");
	tree_hard_link(tree, "from/hard", "from/a/file");
	tree_fifo(tree, "from/fifo");
	tree_socket(tree, "from/socket");
	tree_directory(tree, "from/closed");
	tree_directory(tree, "to");
	assert_int_equal(chmod(tree_path(tree, "from/a/program"), 06755), 0);
	assert_int_equal(chmod(tree_path(tree, "from/closed"), 01500), 0);
	int fd = open_tree(tree, "."), to = open_tree(tree, "to");
	assert_true(copy_tree(fd, "from", to, "copy", &report));
	assert_int_equal(report.files, 4);
	assert_int_equal(report.left_out, 2);
	copy_report_finish(&report);
	check_content(tree, "to/copy/a/file", "content");
	check_content(tree, "to/copy/hard", "content");
	check_content(tree, "to/copy/strange\n\xff\x1b name", "1");
	assert_int_equal(tree_mode(tree, "to/copy/a/program"), S_IFREG | 0755);
	assert_int_equal(tree_mode(tree, "to/copy/closed"), S_IFDIR | 0700);
	assert_int_equal(tree_mode(tree, "to/copy/link") & S_IFMT, S_IFLNK);
	assert_int_equal(tree_mode(tree, "to/copy/fifo"), 0);
	struct stat status;
	assert_int_equal(stat(tree_path(tree, "to/copy/hard"), &status), 0);
	assert_int_equal(status.st_nlink, 1);

	/* What is there is not written over, nor written into through a link. */
	assert_false(copy_tree(fd, "from/a/file", to, "copy", &report));
	copy_report_finish(&report);
	tree_link(tree, "to/trap", "../outside/new");
	assert_false(copy_tree(fd, "from/a/file", to, "trap", &report));
	copy_report_finish(&report);
	assert_int_equal(tree_mode(tree, "outside/new"), 0);
	/* A link that is copied itself leads nowhere by that. */
	assert_true(copy_tree(fd, "from/link", to, "link", &report));
	copy_report_finish(&report);
	assert_int_equal(tree_mode(tree, "to/link") & S_IFMT, S_IFLNK);
	fd_close(&to);
	fd_close(&fd);
}

static void test_holes(void **state) {
	const char *tree = *state;
	struct copy_report report = { 0 };
	struct walk_size size;
	tree_file(tree, "sparse", "begin");
	assert_int_equal(truncate(tree_path(tree, "sparse"), (off_t)1 << 36), 0);
	int fd = open_tree(tree, ".");
	assert_true(copy_tree(fd, "sparse", fd, "copy", &report));
	copy_report_finish(&report);
	struct stat status;
	assert_int_equal(stat(tree_path(tree, "copy"), &status), 0);
	assert_int_equal(status.st_size, (off_t)1 << 36);
	assert_true(walk_measure(fd, "copy", &walk_whole, &size));
	assert_true(size.bytes < 1024 * 1024);
	fd_close(&fd);
}

/* All else is copied, and what was not is told. */
static void test_failures(void **state) {
	const char *tree = *state;
	struct copy_report report = { 0 };
	tree_file(tree, "from/file", "content");
	int fd = open_tree(tree, "."), at = open_tree(tree, "from");
	for (int i = 0; i < WALK_DEPTH_MAX + 5; i++) {
		assert_int_equal(mkdirat(at, "deep", 0700), 0);
		int next = openat(at, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		fd_close(&at);
		at = next;
	}
	fd_close(&at);
	assert_false(copy_tree(fd, "from", fd, "copy", &report));
	assert_int_equal(report.failed, 1);
	char *text = copy_report_describe(&report);
	assert_non_null(strstr(text, "too many"));
	free(text);
	copy_report_finish(&report);
	check_content(tree, "copy/file", "content");
	assert_false(copy_tree(fd, "nothing", fd, "copy2", &report));
	copy_report_finish(&report);
	fd_close(&fd);
}

static int tear_down(void **state) {
	/* Deeper than tree_tear_down() goes. */
	char *command = NULL;
	assert_true(asprintf(&command, "rm -rf '%s/from' '%s/copy'", (char *)*state, (char *)*state) > 0);
	assert_int_equal(system(command), 0);
	free(command);
	return tree_tear_down(state);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kinds, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_holes, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_failures, tree_set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
