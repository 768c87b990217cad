#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "instances/facts.h"
#include "tree.h"

static const char *find_source(const struct plan_facts *facts, const char *path) {
	for (size_t i = 0; i < facts->sources_len; i++) {
		if (strcmp(facts->sources[i].path, path) == 0) {
			return facts->sources[i].source;
		}
	}
	return NULL;
}

static const char *find_link(const struct plan_facts *facts, const char *path) {
	for (size_t i = 0; i < facts->links_len; i++) {
		if (strcmp(facts->links[i].path, path) == 0) {
			return facts->links[i].target;
		}
	}
	return NULL;
}

/* A root that came from somewhere: its links are taken as its own, and lead to nothing of the host's. */
static void test_root(void **state) {
	const char *tree = *state;
	tree_file(tree, "secret", "of the host");
	tree_file(tree, "root/usr/bin/bash", "");
	tree_file(tree, "root/usr/bin/dbus-daemon", "");
	tree_file(tree, "root/usr/lib/os-release", "");
	tree_directory(tree, "root/etc/fonts");
	tree_directory(tree, "root/lib32");
	tree_link(tree, "root/bin", "usr/bin");
	tree_link(tree, "root/lib", "/usr/lib");
	tree_link(tree, "root/sbin", "../../etc");
	tree_link(tree, "root/etc/os-release", "/usr/lib/os-release");
	tree_link(tree, "root/etc/xdg", "../../secret");
	tree_link(tree, "root/etc/profile", "/secret");
	tree_link(tree, "root/etc/vim", tree_path(tree, "secret"));
	unsetenv("TZ");
	struct plan_facts facts;
	facts_gather(&facts, tree_path(tree, "root"));
	assert_string_equal(find_source(&facts, "/usr"), tree_path(tree, "root/usr"));
	assert_string_equal(find_source(&facts, "/etc/fonts"), tree_path(tree, "root/etc/fonts"));
	assert_string_equal(find_source(&facts, "/etc/os-release"), tree_path(tree, "root/usr/lib/os-release"));
	assert_string_equal(find_source(&facts, "/lib32"), tree_path(tree, "root/lib32"));
	assert_string_equal(find_source(&facts, "/sbin"), tree_path(tree, "root/etc"));
	assert_string_equal(find_link(&facts, "/bin"), "usr/bin");
	assert_string_equal(find_link(&facts, "/lib"), "usr/lib");
	assert_null(find_source(&facts, "/bin"));
	assert_null(find_source(&facts, "/etc/xdg"));
	assert_null(find_source(&facts, "/etc/profile"));
	assert_null(find_source(&facts, "/etc/vim"));
	assert_null(find_source(&facts, "/etc/ssl/certs"));
	assert_true(facts.has_bus);
	assert_true(facts.has_bash);
	facts_finish(&facts);
}

static void test_no_root(void **state) {
	struct plan_facts facts;
	facts_gather(&facts, "/nonexistent/root");
	assert_int_equal(facts.sources_len, 0);
	assert_false(facts.has_bus);
	facts_finish(&facts);
}

static void test_environment(void **state) {
	const char *tree = *state;
	static const struct {
		const char *tz, *timezone;
	} rows[] = {
		{ "Europe/Zurich", "Europe/Zurich" },
		{ ":Europe/Zurich", "Europe/Zurich" },
		{ "Nowhere/Land", NULL },
		{ "../../../etc/passwd", NULL },
		{ "/etc/passwd", NULL },
		{ "Europe/Zurich\n", NULL },
		{ "", NULL },
	};
	tree_file(tree, "usr/share/zoneinfo/Europe/Zurich", "");
	struct plan_facts facts;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setenv("TZ", rows[i].tz, 1);
		facts_gather(&facts, tree);
		if (rows[i].timezone != NULL) {
			assert_string_equal(facts.timezone, rows[i].timezone);
		} else {
			assert_null(facts.timezone);
		}
		facts_finish(&facts);
	}
	clearenv();
	setenv("LANG", "de_CH.UTF-8", 1);
	setenv("LC_TIME", "en_DK.UTF-8", 1);
	setenv("LC_ALL", "../../x", 1);
	setenv("SECRET", "token", 1);
	facts_gather(&facts, tree);
	assert_int_equal(facts.locale.len, 2);
	assert_string_equal(words_get(&facts.locale, "LANG"), "de_CH.UTF-8");
	assert_string_equal(words_get(&facts.locale, "LC_TIME"), "en_DK.UTF-8");
	facts_finish(&facts);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_root, tree_set_up, tree_tear_down),
		cmocka_unit_test(test_no_root),
		cmocka_unit_test_setup_teardown(test_environment, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
