#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "base/memory.h"
#include "instances/closure.h"
#include "tree.h"

#define HASH(digit) "0123456789abcdfghijklmnpqrsvwxy" digit
#define ROOT HASH("1") "-coffer-work"
#define FOOT HASH("2") "-foot-1.23.0"
#define LINK HASH("3") "-a.link+_?=x"

/* A store in the tree, and a root in it with this list; "@" in it stands for the store. */
static void make_root(const char *tree, const char *list) {
	char text[4096] = "";
	const char *store = tree_path(tree, "store");
	for (const char *c = list; *c != '\0'; c++) {
		size_t length = strlen(text);
		snprintf(text + length, sizeof(text) - length, *c == '@' ? "%s" : "%.1s", *c == '@' ? store : c);
	}
	tree_file(tree, "store/" ROOT "/store-paths", text);
	tree_directory(tree, "store/" FOOT);
	tree_link(tree, "store/" LINK, "/nowhere");
}

static const char *find_link(const struct plan_closure *closure, const char *path) {
	for (size_t i = 0; i < closure->links_len; i++) {
		if (strcmp(closure->links[i].path, path) == 0) {
			return closure->links[i].target;
		}
	}
	return NULL;
}

static void test_good(void **state) {
	const char *tree = *state;
	char reason[512];
	make_root(tree, "@/" FOOT "\n@/" LINK "\n@/" FOOT "\n\n");
	tree_file(tree, "store/" ROOT "/sw/bin/sh", "");
	tree_file(tree, "store/" ROOT "/sw/bin/dbus-daemon", "");
	tree_file(tree, "store/" ROOT "/etc/fonts/fonts.conf", "");
	tree_link(tree, "store/" ROOT "/etc/ssl", "/nowhere");
	tree_link(tree, "generation", tree_path(tree, "store/" ROOT));
	tree_link(tree, "profile", "generation");
	/* By itself, and as a profile leads to it. */
	static const char *const paths[] = { "store/" ROOT, "profile" };
	for (size_t i = 0; i < 2; i++) {
		struct plan_closure *closure = closure_open(tree_path(tree, paths[i]), reason, sizeof(reason));
		assert_non_null(closure);
		assert_string_equal(closure->root, tree_path(tree, "store/" ROOT));
		assert_int_equal(closure->paths_len, 3);
		assert_string_equal(closure->paths[0].path, closure->root);
		assert_string_equal(closure->paths[1].path, tree_path(tree, "store/" FOOT));
		assert_null(closure->paths[1].link_target);
		assert_string_equal(closure->paths[2].path, tree_path(tree, "store/" LINK));
		assert_string_equal(closure->paths[2].link_target, "/nowhere");
		assert_int_equal(closure->links_len, 3);
		assert_string_equal(find_link(closure, "/bin/sh"), tree_path(tree, "store/" ROOT "/sw/bin/sh"));
		assert_string_equal(find_link(closure, "/etc/fonts"), tree_path(tree, "store/" ROOT "/etc/fonts"));
		assert_string_equal(find_link(closure, "/etc/ssl"), tree_path(tree, "store/" ROOT "/etc/ssl"));
		assert_string_equal(closure->shell, tree_path(tree, "store/" ROOT "/sw/bin/sh"));
		assert_true(closure->has_bus);
		closure_destroy(closure);
	}
}

static void test_bare(void **state) {
	char reason[512];
	make_root(*state, "");
	struct plan_closure *closure = closure_open(tree_path(*state, "store/" ROOT), reason, sizeof(reason));
	assert_non_null(closure);
	assert_int_equal(closure->paths_len, 1);
	assert_int_equal(closure->links_len, 0);
	assert_null(closure->shell);
	assert_false(closure->has_bus);
	closure_destroy(closure);
}

/* What the list may not name: the sandbox would get it. */
static void test_bad_lists(void **state) {
	static const struct {
		const char *list, *reason;
	} rows[] = {
		{ "/etc\n", "names what is no path of" },
		{ "/\n", "names what is no path of" },
		{ "@\n", "names what is no path of" },
		{ "@/\n", "names what is no path of" },
		{ "@/..\n", "names what is no path of" },
		{ "@/" FOOT "/bin\n", "names what is no path of" },
		{ "@/" FOOT "/..\n", "names what is no path of" },
		{ "@/" HASH("e") "-foot\n", "names what is no path of" }, /* not a digit of Nix's */
		{ "@/" HASH("") "-foot\n", "names what is no path of" },
		{ "@/" HASH("1") "\n", "names what is no path of" },
		{ "@/" HASH("1") "-\n", "names what is no path of" },
		{ "@/" HASH("1") "-a b\n", "names what is no path of" },
		{ "/nix/store/" FOOT "\n", "names what is no path of" },
		{ " @/" FOOT "\n", "names what is no path of" },
		{ FOOT "\n", "names what is no path of" },
		{ "@/" HASH("9") "-collected\n", "No such file or directory: build it anew, or coffer update" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char reason[512] = "";
		make_root(*state, rows[i].list);
		assert_null(closure_open(tree_path(*state, "store/" ROOT), reason, sizeof(reason)));
		if (strstr(reason, rows[i].reason) == NULL) {
			fail_msg("%s: %s", rows[i].list, reason);
		}
		tree_tear_down(state);
		tree_set_up(state);
	}
}

static void test_bad_roots(void **state) {
	const char *tree = *state;
	char reason[512];
	assert_null(closure_open(tree_path(tree, "missing"), reason, sizeof(reason)));
	assert_non_null(strstr(reason, "No such file or directory: build it first"));
	tree_file(tree, "root/store-paths", "");
	assert_null(closure_open(tree_path(tree, "root"), reason, sizeof(reason)));
	assert_non_null(strstr(reason, "is no path of a Nix store"));
	assert_null(closure_open("/usr", reason, sizeof(reason)));
	tree_directory(tree, "store/" FOOT);
	assert_null(closure_open(tree_path(tree, "store/" FOOT), reason, sizeof(reason)));
	assert_non_null(strstr(reason, "store-paths: No such file or directory"));
	tree_fifo(tree, "store/" FOOT "/store-paths");
	assert_null(closure_open(tree_path(tree, "store/" FOOT), reason, sizeof(reason)));
	assert_non_null(strstr(reason, "expected a regular file"));
}

/* What cofferdam makes itself is not to be had from elsewhere. */
static void test_own_etc(void **state) {
	char reason[512];
	make_root(*state, "");
	tree_file(*state, "store/" ROOT "/etc/passwd", "");
	assert_null(closure_open(tree_path(*state, "store/" ROOT), reason, sizeof(reason)));
	assert_non_null(strstr(reason, "etc/passwd: cofferdam makes this file itself"));
}

static void test_many(void **state) {
	const char *tree = *state;
	char reason[512];
	const char *store = tree_path(tree, "store");
	char *list = xstrdup("");
	for (int i = 0; i <= CLOSURE_PATHS_MAX; i++) {
		char *longer = xasprintf("%s%s/%s\n", list, store, FOOT);
		free(list);
		list = longer;
	}
	make_root(tree, "");
	tree_file(tree, "store/" ROOT "/list", list);
	free(list);
	tree_directory(tree, "store/" HASH("7") "-many");
	tree_link(tree, "store/" HASH("7") "-many/store-paths", "../" ROOT "/list");
	assert_null(closure_open(tree_path(tree, "store/" HASH("7") "-many"), reason, sizeof(reason)));
	assert_non_null(strstr(reason, "more than 2500 store paths"));
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_set_up, tree_tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		IN_TREE(test_good),
		IN_TREE(test_bare),
		IN_TREE(test_bad_lists),
		IN_TREE(test_bad_roots),
		IN_TREE(test_own_etc),
		IN_TREE(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
