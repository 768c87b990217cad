#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include "base/fd.h"
#include "store/store.h"
#include "tree.h"

static int open_path(struct store *store, const char *path, bool is_file, char *reason) {
	struct config_persist persist = { .path = (char *)path, .is_file = is_file };
	reason[0] = '\0';
	return store_open(store, "work", &persist, reason, 512);
}

static void test_first_use(void **state) {
	const char *tree = *state;
	char reason[512];
	struct store *store = store_create(tree_path(tree, "state/cofferdam"));
	assert_int_equal(tree_mode(tree, "state"), 0); /* nothing is made before it is needed */
	int fd = open_path(store, ".local/share/fish", false, reason);
	assert_true(tree_is_at(tree, "state/cofferdam/work/home/.local/share/fish", fd));
	fd_close(&fd);
	fd = open_path(store, ".config/app/rc", true, reason);
	assert_true(tree_is_at(tree, "state/cofferdam/work/home/.config/app/rc", fd));
	fd_close(&fd);
	assert_int_equal(tree_mode(tree, "state/cofferdam"), S_IFDIR | 0700);
	assert_int_equal(tree_mode(tree, "state/cofferdam/work/home"), S_IFDIR | 0700);
	assert_int_equal(tree_mode(tree, "state/cofferdam/work/home/.local"), S_IFDIR | 0700);
	assert_int_equal(tree_mode(tree, "state/cofferdam/work/home/.config/app/rc"), S_IFREG | 0600);
	store_destroy(store);
}

static void test_second_use(void **state) {
	const char *tree = *state;
	char reason[512];
	tree_file(tree, "state/VERSION", "1\n");
	tree_file(tree, "state/work/home/rc", "kept");
	tree_file(tree, "state/work/home/data/file", "kept");
	struct store *store = store_create(tree_path(tree, "state"));
	int fd = open_path(store, "rc", true, reason);
	assert_true(tree_is_at(tree, "state/work/home/rc", fd));
	fd_close(&fd);
	fd = open_path(store, "data", false, reason);
	assert_true(tree_is_at(tree, "state/work/home/data", fd));
	fd_close(&fd);
	store_destroy(store);
}

/* What an instance that owns its state may leave there, or a bad backup bring back. */
static void test_hostile(void **state) {
	const char *tree = *state;
	static const struct {
		const char *path;
		bool is_file;
		const char *reason;
	} rows[] = {
		{ "link", false, "symbolic link" },
		{ "link-to-file", true, "symbolic link" },
		{ "link/below", false, "symbolic link" },
		{ "link/below", true, "symbolic link" },
		{ "dangling", true, "symbolic link" },
		{ "dangling", false, "symbolic link" },
		{ "file", false, "not a directory" },
		{ "file/below", true, "not a directory" },
		{ "directory", true, "not a plain file" },
		{ "fifo", true, "not a plain file" },
		{ "fifo", false, "not a directory" },
		{ "socket", true, "not a plain file" },
		{ "hard", true, "hard link" },
		{ "../../other/secret", true, "leaves the state store" },
		{ "../../other", false, "leaves the state store" },
	};
	tree_file(tree, "state/VERSION", "1\n");
	tree_file(tree, "outside", "secret");
	tree_file(tree, "state/other/secret", "secret");
	tree_directory(tree, "state/work/home");
	tree_link(tree, "state/work/home/link", "../../other");
	tree_link(tree, "state/work/home/link-to-file", "../../other/secret");
	tree_link(tree, "state/work/home/dangling", "../../other/new");
	tree_file(tree, "state/work/home/file", "");
	tree_directory(tree, "state/work/home/directory");
	tree_fifo(tree, "state/work/home/fifo");
	tree_socket(tree, "state/work/home/socket");
	tree_hard_link(tree, "state/work/home/hard", "outside");
	struct store *store = store_create(tree_path(tree, "state"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char reason[512];
		int fd = open_path(store, rows[i].path, rows[i].is_file, reason);
		if (fd >= 0 || strstr(reason, rows[i].reason) == NULL) {
			fail_msg("%s: %s", rows[i].path, fd >= 0 ? "opened" : reason);
		}
	}
	assert_int_equal(tree_mode(tree, "state/other/new"), 0);
	assert_int_equal(tree_mode(tree, "state/other/below"), 0);
	store_destroy(store);
}

/* The instance's own directory is a link: nobody but the person can have made it, and still it is not followed. */
static void test_linked_instance(void **state) {
	const char *tree = *state;
	char reason[512];
	tree_file(tree, "state/VERSION", "1\n");
	tree_directory(tree, "state/other");
	tree_link(tree, "state/work", "other");
	struct store *store = store_create(tree_path(tree, "state"));
	assert_int_equal(open_path(store, "rc", true, reason), -1);
	assert_non_null(strstr(reason, "symbolic link"));
	struct config_persist persist = { .path = (char *)"rc" };
	assert_int_equal(store_open(store, "../state", &persist, reason, sizeof(reason)), -1);
	store_destroy(store);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_use, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_second_use, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_linked_instance, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
