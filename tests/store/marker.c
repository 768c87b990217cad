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
#include "store/marker.h"
#include "tree.h"

static bool ensure(const char *tree, char *reason) {
	int fd = open(tree_path(tree, "store"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	reason[0] = '\0';
	bool good = marker_ensure(fd, "STORE", reason, 512);
	fd_close(&fd);
	assert_true(good == (reason[0] == '\0'));
	return good;
}

static void check_content(const char *tree, const char *path, const char *content) {
	char text[64] = "";
	FILE *file = fopen(tree_path(tree, path), "r");
	if (file == NULL) {
		fail_msg("%s: %s", path, strerror(errno));
	}
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, content);
}

static void test_new_store(void **state) {
	char reason[512];
	tree_directory(*state, "store");
	assert_true(ensure(*state, reason));
	check_content(*state, "store/VERSION", "1\n");
	assert_int_equal(tree_mode(*state, "store/VERSION"), S_IFREG | 0600);
	assert_int_equal(tree_mode(*state, "store/.moving"), 0);
	assert_true(ensure(*state, reason));
}

static void test_versions(void **state) {
	static const struct {
		const char *text, *reason; /* NULL: good */
	} rows[] = {
		{ "1\n", NULL },
		{ "2\n", "is of layout 2, and this cofferdam knows 1: use a newer one" },
		{ "12\n", "layout 12" },
		{ "0\n", "says 0" },
		{ "1", "makes no sense" },
		{ "", "makes no sense" },
		{ "-1\n", "makes no sense" },
		{ " 1\n", "makes no sense" },
		{ "1\n\n", "makes no sense" },
		{ "01\n", "makes no sense" },
		{ "one\n", "makes no sense" },
		{ "99999999999999999999999\n", "makes no sense" },
		{ "00000000000000000000000000000000000000000000000001\n", "makes no sense" },
	};
	char reason[512];
	tree_file(*state, "store/work/home/kept", "kept");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tree_file(*state, "store/VERSION", rows[i].text);
		bool good = ensure(*state, reason);
		if (good != (rows[i].reason == NULL) || (!good && strstr(reason, rows[i].reason) == NULL)) {
			fail_msg("'%s': %s", rows[i].text, good ? "accepted" : reason);
		}
		check_content(*state, "store/VERSION", rows[i].text);
		check_content(*state, "store/work/home/kept", "kept");
	}
}

static void test_marker_that_is_no_file(void **state) {
	char reason[512];
	tree_fifo(*state, "store/VERSION"); /* opening it would wait for a writer */
	assert_false(ensure(*state, reason));
	unlink(tree_path(*state, "store/VERSION"));
	tree_file(*state, "outside", "1\n");
	tree_link(*state, "store/VERSION", "../outside");
	assert_false(ensure(*state, reason));
}

/* What the code before the marker made, with names that the new layout has a use for itself. */
static void make_layout_0(const char *tree) {
	tree_file(tree, "store/work/.config/app/rc", "one");
	tree_file(tree, "store/work/home/file", "two");
	tree_file(tree, "store/home/aside/file", "three");
	tree_file(tree, "store/moving/lock", "four");
	tree_file(tree, "store/a-file", "left alone");
	tree_file(tree, "store/Not a name/file", "left alone");
	tree_link(tree, "store/linked", "work");
}

static void check_layout_1(const char *tree) {
	check_content(tree, "store/VERSION", "1\n");
	check_content(tree, "store/work/home/.config/app/rc", "one");
	check_content(tree, "store/work/home/home/file", "two");
	check_content(tree, "store/home/home/aside/file", "three");
	check_content(tree, "store/moving/home/lock", "four");
	check_content(tree, "store/a-file", "left alone");
	check_content(tree, "store/Not a name/file", "left alone");
	assert_int_equal(tree_mode(tree, "store/linked") & S_IFMT, S_IFLNK);
	assert_int_equal(tree_mode(tree, "store/.moving"), 0);
}

static void test_migration(void **state) {
	char reason[512];
	make_layout_0(*state);
	assert_true(ensure(*state, reason));
	check_layout_1(*state);
	assert_true(ensure(*state, reason));
	check_layout_1(*state);
}

/* As it stands after each step of a migration that was cut off there. */
static void test_interrupted_migration(void **state) {
	const char *tree = *state;
	char reason[512];
	make_layout_0(tree);
	tree_directory(tree, "store/.moving");
	tree_directory(tree, "store/.moving/work");
	assert_true(ensure(tree, reason));
	check_layout_1(tree);

	/* All out of the way, with and without the marker; one already back. */
	assert_int_equal(unlink(tree_path(tree, "store/VERSION")), 0);
	tree_directory(tree, "store/.moving");
	static const char *const names[] = { "work", "home", "moving" };
	for (size_t i = 0; i < 3; i++) {
		char from[64], to[64];
		snprintf(from, sizeof(from), "store/%s", names[i]);
		snprintf(to, sizeof(to), "store/.moving/%s", names[i]);
		assert_int_equal(rename(tree_path(tree, from), tree_path(tree, to)), 0);
	}
	assert_true(ensure(tree, reason));
	check_layout_1(tree);
	tree_directory(tree, "store/.moving");
	assert_int_equal(rename(tree_path(tree, "store/work"), tree_path(tree, "store/.moving/work")), 0);
	assert_true(ensure(tree, reason));
	check_layout_1(tree);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_store, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_versions, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_marker_that_is_no_file, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_migration, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_interrupted_migration, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
