#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
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
	assert_int_equal(report.files, 3);
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
	assert_int_equal(status.st_nlink, 2); /* of this tree: no other name of it is elsewhere */
	assert_int_equal(stat(tree_path(tree, "from/hard"), &status), 0);
	assert_int_equal(status.st_nlink, 2);

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

/* Bytes of an attribute, or -1. */
static ssize_t attribute(const char *tree, const char *path, const char *name, char *value, size_t size) {
	return lgetxattr(tree_path(tree, path), name, value, size);
}

static void test_what_is_kept(void **state) {
	const char *tree = *state;
	struct copy_report report = { 0 };
	const struct timespec long_ago[] = { { .tv_sec = 1000 }, { .tv_sec = 2000, .tv_nsec = 123 } };
	char value[16];
	struct stat status;
	tree_file(tree, "from/a/deep/file", "content");
	tree_file(tree, "outside/file", "secret");
	tree_hard_link(tree, "from/a/again", "from/a/deep/file");
	tree_hard_link(tree, "from/b/third", "from/a/deep/file");
	tree_hard_link(tree, "from/b/elsewhere", "outside/file");
	tree_link(tree, "from/link", "nowhere");
	assert_int_equal(chmod(tree_path(tree, "from/a/deep/file"), 0444), 0);
	bool has_attributes = lsetxattr(tree_path(tree, "from/a/deep/file"), "user.a", "va\0ue", 5, 0) == 0 &&
		lsetxattr(tree_path(tree, "from/a/deep"), "user.b", "", 0, 0) == 0;
	/* Only with privileges can these be set, and with none are they kept. */
	lsetxattr(tree_path(tree, "from/a/deep/file"), "trusted.x", "x", 1, 0);
	lsetxattr(tree_path(tree, "from/a/deep/file"), "security.x", "x", 1, 0);
	static const char *const dated[] = { "from/link", "from/a/deep", "from/a", "from" };
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(utimensat(AT_FDCWD, tree_path(tree, dated[i]), long_ago, AT_SYMLINK_NOFOLLOW), 0);
	}
	int fd = open_tree(tree, ".");
	assert_true(copy_tree(fd, "from", fd, "copy", &report));
	assert_int_equal(report.stripped, 0);
	copy_report_finish(&report);
	static const char *const copies[] = { "copy/link", "copy/a/deep", "copy/a", "copy" };
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(lstat(tree_path(tree, copies[i]), &status), 0);
		assert_int_equal(status.st_mtim.tv_sec, 2000);
		assert_int_equal(status.st_mtim.tv_nsec, 123);
	}
	assert_int_equal(stat(tree_path(tree, "copy/b/third"), &status), 0);
	assert_int_equal(status.st_nlink, 3);
	assert_int_equal(status.st_mode, S_IFREG | 0644);
	assert_int_equal(stat(tree_path(tree, "copy/b/elsewhere"), &status), 0);
	assert_int_equal(status.st_nlink, 1);
	if (!has_attributes) {
		fprintf(stderr, "this file system has no attributes of users: not tried\n");
	} else {
		assert_int_equal(attribute(tree, "copy/a/again", "user.a", value, sizeof(value)), 5);
		assert_memory_equal(value, "va\0ue", 5);
		assert_int_equal(attribute(tree, "copy/a/deep", "user.b", value, sizeof(value)), 0);
	}
	assert_int_equal(attribute(tree, "copy/a/again", "trusted.x", value, sizeof(value)), -1);
	assert_int_equal(attribute(tree, "copy/a/again", "security.x", value, sizeof(value)), -1);
	fd_close(&fd);
}

/* What was not touched is taken from the draft, and what was is not, whatever its size and time say. */
static void test_draft(void **state) {
	const char *tree = *state;
	struct copy_draft draft;
	struct copy_report report = { .unsynced = true };
	const struct timespec same[] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };
	struct stat status;
	tree_file(tree, "from/still", "content");
	tree_file(tree, "from/touched", "before");
	tree_file(tree, "from/gone", "1");
	tree_file(tree, "from/becomes", "1");
	tree_directory(tree, "draft");
	assert_int_equal(utimensat(AT_FDCWD, tree_path(tree, "from/touched"), same, 0), 0);
	int fd = open_tree(tree, "."), to = open_tree(tree, "draft");
	copy_draft_begin(&draft, to, fd);
	draft.since.tv_sec += 3600; /* the test was quick: none of it is of now */
	assert_true(copy_tree(fd, "from", to, "from", &report));
	copy_report_finish(&report);
	assert_int_equal(stat(tree_path(tree, "draft/from/still"), &status), 0);
	ino_t still = status.st_ino;

	tree_file(tree, "from/new", "new");
	assert_int_equal(unlink(tree_path(tree, "from/gone")), 0);
	assert_int_equal(unlink(tree_path(tree, "from/becomes")), 0);
	tree_link(tree, "from/becomes", "a link");
	/* Until the clock of the files has gone on. */
	assert_int_equal(stat(tree_path(tree, "from/still"), &status), 0);
	const struct timespec before = status.st_ctim;
	do {
		tree_file(tree, "from/touched", "behind");
		assert_int_equal(utimensat(AT_FDCWD, tree_path(tree, "from/touched"), same, 0), 0);
		assert_int_equal(stat(tree_path(tree, "from/touched"), &status), 0);
	} while (status.st_ctim.tv_sec == before.tv_sec && status.st_ctim.tv_nsec == before.tv_nsec);
	const struct timespec touched = status.st_ctim;
	draft.since = touched;
	report = (struct copy_report){ .draft = &draft };
	assert_true(copy_tree(fd, "from", fd, "copy", &report));
	assert_int_equal(report.files, 3);
	copy_report_finish(&report);
	check_content(tree, "copy/still", "content");
	check_content(tree, "copy/touched", "behind");
	check_content(tree, "copy/new", "new");
	assert_int_equal(tree_mode(tree, "copy/gone"), 0);
	assert_int_equal(tree_mode(tree, "copy/becomes") & S_IFMT, S_IFLNK);
	assert_int_equal(stat(tree_path(tree, "copy/still"), &status), 0);
	assert_int_equal(status.st_ino, still); /* moved over */
	assert_int_equal(tree_mode(tree, "draft/from/still"), 0);
	fd_close(&to);
	fd_close(&fd);
}

/* A program that writes through a mapping it has had for long: some file systems tell by a time, and others do not. */
static void test_mapped(void **state) {
	const char *tree = *state;
	struct copy_draft draft;
	struct copy_report report = { .unsynced = true };
	struct timespec coarse;
	tree_file(tree, "from/mapped", "before");
	tree_directory(tree, "draft");
	int mapped = open(tree_path(tree, "from/mapped"), O_RDWR | O_CLOEXEC);
	char *content = mmap(NULL, 6, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
	assert_true(content != MAP_FAILED);
	memcpy(content, "during", 6);
	int fd = open_tree(tree, "."), to = open_tree(tree, "draft");
	copy_draft_begin(&draft, to, fd);
	assert_true(copy_tree(fd, "from", to, "from", &report));
	copy_report_finish(&report);

	clock_gettime(CLOCK_REALTIME, &draft.since);
	do { /* until the clock of the files has gone on */
		clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
	} while (coarse.tv_sec < draft.since.tv_sec ||
		(coarse.tv_sec == draft.since.tv_sec && coarse.tv_nsec <= draft.since.tv_nsec));
	memcpy(content, "behind", 6);
	report = (struct copy_report){ .draft = &draft };
	assert_true(copy_tree(fd, "from", fd, "copy", &report));
	copy_report_finish(&report);
	check_content(tree, "copy/mapped", "behind");
	munmap(content, 6);
	fd_close(&mapped);
	fd_close(&to);
	fd_close(&fd);
}

static int asked;

static bool is_cancelled(void) {
	return ++asked > 2;
}

static void test_cancelled(void **state) {
	const char *tree = *state;
	struct copy_report report = { .is_cancelled = is_cancelled };
	for (int i = 0; i < 5; i++) {
		char name[16];
		snprintf(name, sizeof(name), "from/%d", i);
		tree_file(tree, name, "content");
	}
	int fd = open_tree(tree, ".");
	assert_false(copy_tree(fd, "from", fd, "copy", &report));
	assert_int_equal(report.files, 2);
	assert_int_equal(report.failed, 1);
	assert_int_equal(report.error, ECANCELED);
	assert_int_equal(asked, 3);
	copy_report_finish(&report);
	fd_close(&fd);
}

/* All else is copied, and what was not is told. */
static void test_failures(void **state) {
	const char *tree = *state;
	struct copy_report report = { 0 };
	tree_file(tree, "from/file", "content");
	int fd = open_tree(tree, "."), at = open_tree(tree, "from");
	for (int i = 0; i < WALK_DEPTH_MAX + 5; i++) {
		assert_int_equal(mkdirat(at, "d", 0700), 0);
		int next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
		cmocka_unit_test_setup_teardown(test_what_is_kept, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_draft, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_mapped, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_cancelled, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_failures, tree_set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
