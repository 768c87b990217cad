#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "base/fd.h"
#include "instances/shared.h"
#include "tree.h"

static void test_within(void **state) {
	static const struct {
		const char *path, *directory;
		bool within;
	} rows[] = {
		{ "/a", "/a", true },
		{ "/a/b", "/a", true },
		{ "/ab", "/a", false },
		{ "/a", "/a/b", false },
		{ "/a", "/", true },
		{ "/", "/", true },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(shared_is_within(rows[i].path, rows[i].directory), rows[i].within);
	}
}

static void test_hidden(void **state) {
	static const struct {
		const char *destination;
		bool hides;
	} rows[] = {
		{ "/", true },
		{ "/home", true },
		{ "/home/user", true },
		{ "/home/user/Documents", false },
		{ "/home/anna/Documents", false },
		{ "/usr", true },
		{ "/usr/share/x", true },
		{ "/etc/passwd", true },
		{ "/proc/1", true },
		{ "/dev/video0", true },
		{ "/sys/class", true },
		{ "/run", true },
		{ "/run/user", true },
		{ "/run/user/1000", true },
		{ "/run/user/1000/wayland-0", true },
		{ "/run/media/stick", false },
		{ "/run/coffer-init", true },
		{ "/tmp", true },
		{ "/tmp/exchange", false },
		{ "/var", true },
		{ "/srv/books", false },
		{ "/usrlocal", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((shared_find_hidden(rows[i].destination) != NULL) != rows[i].hides) {
			fail_msg("%s", rows[i].destination);
		}
	}
}

static void test_open(void **state) {
	const char *tree = *state;
	static const struct {
		const char *path; /* below the tree */
		const char *destination; /* or NULL, and */
		const char *reason;
	} rows[] = {
		{ "home/Documents/work", "/home/user/Documents/work", NULL },
		{ "home/note", "/home/user/note", NULL },
		{ "data/books", "TREE/data/books", NULL },
		{ "home/missing", NULL, "does not exist" },
		{ "home/link", NULL, "symbolic link" },
		{ "home/link/work", NULL, "symbolic link" },
		{ "data/link", NULL, "symbolic link" },
		{ "home/fifo", NULL, "neither a directory nor a plain file" },
		{ "home/socket", NULL, "neither a directory nor a plain file" },
		{ "home/.local/state", NULL, "the state of other instances" },
		{ "home/.local/state/cofferdam", NULL, "the state of other instances" },
		{ "home/.local/state/cofferdam/bank", NULL, "the state of other instances" },
		{ "home/.config", NULL, "the config" },
		{ "home", NULL, "the state of other instances" },
		{ "home/Documents/../.config", NULL, "without . or .." },
		{ "home/Documents/", NULL, "without . or .." },
		{ "home//Documents", NULL, "without . or .." },
		{ "home/./Documents", NULL, "without . or .." },
	};
	tree_directory(tree, "home/Documents/work");
	tree_file(tree, "home/note", "");
	tree_link(tree, "home/link", "Documents");
	tree_fifo(tree, "home/fifo");
	tree_socket(tree, "home/socket");
	tree_directory(tree, "home/.local/state/cofferdam/bank");
	tree_directory(tree, "data/books");
	tree_link(tree, "data/link", "books");
	tree_directory(tree, "home/.config/cofferdam");
	/* The person's own home may be reached through a link, as it is on some systems. */
	tree_link(tree, "linked-home", "home");
	const struct shared_guard guards[] = {
		{ tree_path(tree, "home/.local/state/cofferdam"), "the state of other instances" },
		{ tree_path(tree, "linked-home/.config/cofferdam/config"), "the config" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_file file = { .path = (char *)tree_path(tree, rows[i].path) };
		char reason[512] = "", *destination = NULL;
		int fd = shared_open(&file, tree_path(tree, "home"), guards, 2, &destination, reason, sizeof(reason));
		if (rows[i].destination == NULL) {
			if (fd >= 0 || strstr(reason, rows[i].reason) == NULL) {
				fail_msg("%s: %s", rows[i].path, fd >= 0 ? "opened" : reason);
			}
			continue;
		}
		const char *wanted = strncmp(rows[i].destination, "TREE/", 5) == 0 ? tree_path(tree, rows[i].destination + 5)
																		   : rows[i].destination;
		if (fd < 0) {
			fail_msg("%s: %s", rows[i].path, reason);
		}
		assert_string_equal(destination, wanted);
		assert_true(tree_is_at(tree, rows[i].path, fd));
		fd_close(&fd);
		free(destination);
	}
}

static void test_linked_home(void **state) {
	const char *tree = *state;
	char reason[512], *destination = NULL;
	tree_directory(tree, "var/home/Documents");
	tree_link(tree, "home", "var/home");
	struct config_file file = { .path = (char *)tree_path(tree, "home/Documents") };
	int fd = shared_open(&file, tree_path(tree, "home"), NULL, 0, &destination, reason, sizeof(reason));
	assert_true(tree_is_at(tree, "var/home/Documents", fd));
	assert_string_equal(destination, "/home/user/Documents");
	fd_close(&fd);
	free(destination);
}

static void test_own_places(void **state) {
	char reason[512], *destination = NULL;
	struct config_file file = { .path = (char *)"/usr/share" };
	assert_int_equal(shared_open(&file, "/home/anna", NULL, 0, &destination, reason, sizeof(reason)), -1);
	assert_non_null(strstr(reason, "the sandbox's own /usr"));
	file.path = (char *)"relative";
	assert_int_equal(shared_open(&file, "/home/anna", NULL, 0, &destination, reason, sizeof(reason)), -1);
	file.path = (char *)"/";
	assert_int_equal(shared_open(&file, "/home/anna", NULL, 0, &destination, reason, sizeof(reason)), -1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test_setup_teardown(test_open, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_linked_home, tree_set_up, tree_tear_down),
		cmocka_unit_test(test_own_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
