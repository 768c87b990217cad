#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "config/check.h"
#include "tree.h"

/*
 * Loads TREE/config, with TREE/home as the home. Returns what config_errors_print() says of it, with TREE taken out; ""
 * where it is good. The caller frees it, and finishes *loaded where it is good.
 */
static char *load(const char *tree, struct config_loaded *loaded) {
	struct config_errors errors = { 0 };
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	bool good = config_load(tree_path(tree, "config"), tree_path(tree, "home"), loaded, &errors);
	assert_int_equal(good, errors.len == 0);
	config_errors_print(out, tree_path(tree, "config"), &errors);
	fclose(out);
	config_errors_finish(&errors);
	size_t skip = strlen(tree) + 1;
	for (char *at; (at = strstr(text, tree)) != NULL;) {
		memmove(at, at + skip, strlen(at + skip) + 1);
	}
	return text;
}

static void expect(const char *tree, const char *errors) {
	struct config_loaded loaded;
	char *text = load(tree, &loaded);
	assert_string_equal(text, errors);
	free(text);
	config_loaded_finish(&loaded);
}

static void test_place(void **state) {
	const char *tree = *state;
	struct config_loaded loaded;
	tree_file(tree, "config", "instance work {\n\tapp a a\n}\ninclude parts/one.scfg; include ~/two.scfg /dev/null\nbind Super+y run two b\n");
	tree_file(tree, "parts/one.scfg", "# the first\n\ninclude ../other/inner.scfg\n\ninstance one { persist x; app c c }\nbind Super+x run work a");
	tree_file(tree, "other/inner.scfg", "layout { gap 7; }\n");
	tree_file(tree, "home/two.scfg", "instance two {\n\tapp b b\n}\n");
	expect(tree, "config:4: include: '/dev/null': expected a regular file\n");
	tree_file(tree, "config", "instance work {\n\tapp a a\n}\ninclude parts/one.scfg; include ~/two.scfg\nbind Super+y run two b\n");
	char *text = load(tree, &loaded);
	assert_string_equal(text, "");
	free(text);
	const struct config *config = loaded.config;
	assert_int_equal(config->instances_len, 3);
	assert_string_equal(config->instances[0].name, "work");
	assert_string_equal(config->instances[1].name, "one");
	assert_string_equal(config->instances[2].name, "two");
	assert_int_equal(config->gap, 7);
	assert_int_equal(config->binds_len, 2);

	/* Each line knows where it stands. */
	static const struct {
		const char *path;
		int line;
	} places[] = { { NULL, 1 }, { "parts/one.scfg", 5 }, { "home/two.scfg", 1 } };
	for (size_t i = 0; i < 3; i++) {
		int line = config->instances[i].line;
		const char *path = sources_get_path(&loaded.sources, line);
		assert_int_equal(sources_find(&loaded.sources, line).line, places[i].line);
		assert_true((path == NULL) == (places[i].path == NULL));
		if (path != NULL) {
			assert_string_equal(path, tree_path(tree, places[i].path));
		}
	}
	/* The whole, which the compositor gets, says the same without any file. */
	struct config_errors errors = { 0 };
	struct config *again = config_parse(loaded.text, loaded.length, NULL, &errors);
	assert_non_null(again);
	assert_null(strstr(loaded.text, "include"));
	assert_int_equal(again->instances_len, 3);
	assert_int_equal(again->binds_len, 2);
	config_destroy(again);
	config_loaded_finish(&loaded);
}

static void test_errors(void **state) {
	static const struct {
		const char *config, *one, *two, *errors;
	} rows[] = {
		{ "include one", "nonsense\n", "", "one:1: unknown directive 'nonsense' outside of all blocks: expected output, input, shell, clipboard, layout, bind, instance or include\n" },
		{ "\nnonsense\ninclude one", "\n\nlayout {\n\tgap x\n}\n", "", NULL },
		{ "include one", "bind Super+x 'open\n", "", "one:1: a quote is opened and not closed on this line\n" },
		{ "include one\ninclude two", "instance a {\n", "}\n", "one:1: the block opened here is never closed: expected '}'\n" },
		{ "include one", "}\n", "", "one:1: '}' closes nothing: no block is open here\n" },
		{ "include none", "", "", "config:1: include: 'none': cannot be opened: No such file or directory\n" },
		{ "\ninclude parts/", "", "", "config:2: include: expected the path of a file, such as colours.scfg, ~/x or /srv/x, not 'parts/'\n" },
		{ "include .", "", "", "config:1: include: '.': expected a regular file\n" },
		{ "include fifo", "", "", "config:1: include: 'fifo': expected a regular file\n" },
		{ "include ''", "", "", "config:1: include: expected the path of a file, such as colours.scfg, ~/x or /srv/x, not ''\n" },
		{ "include ~other/x", "", "", "config:1: include: expected the path of a file, such as colours.scfg, ~/x or /srv/x, not '~other/x'\n" },
		{ "include", "", "", "config:1: include: expected at least 1 parameter (PATH...), not 0\n" },
		{ "include one {\n}", "", "", "config:1: include: expected no block after it\n" },
		{ "include one {\n\tx\n}", "", "", "config:1: include: expected no block after it\n" },
		{ "instance a {\n\tinclude one\n}", "", "", NULL },
		{ "include config", "", "", "config:1: include: 'config': is part of this config already: expected it once\n" },
		{ "include one two", "", "\ninclude one", "two:2: include: 'one': is part of this config already: expected it once\n" },
		{ "include one", "include two", "include one", "two:1: include: 'one': is part of this config already: expected it once\n" },
		{ "include one link", "", "", "config:1: include: 'link': is part of this config already: expected it once\n" },
		{ "instance a {\n}\ninclude one", "\ninstance a {\n}\n", "", "one:2: instance: 'a' is already on line 1 of config: expected another name\n" },
		{ "include one two", "\ninstance a {\n}\n", "\n\ninstance a {\n}\n", "two:3: instance: 'a' is already on line 2 of one: expected another name\n" },
		{ "include one", "instance a {\n}\ninstance a {\n}\n", "", "one:3: instance: 'a' is already on line 1: expected another name\n" },
		{ "include one", "bind Super+x run nobody a\n", "", "one:1: bind: expected the name of an instance of this file, not 'nobody'\n" },
		{ "include one", "input keyboard {\n\txkb-layout nowhere\n}\n", "", NULL },
		{ "include one", "\xff\n", "", "one:1: the line holds bytes that are not UTF-8\n" },
		{ "# include none\nlayout { font include; }", "", "", "" },
	};
	const char *tree = *state;
	tree_fifo(tree, "fifo");
	tree_link(tree, "link", "one");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_loaded loaded;
		tree_file(tree, "config", rows[i].config);
		tree_file(tree, "one", rows[i].one);
		tree_file(tree, "two", rows[i].two);
		char *text = load(tree, &loaded);
		if (rows[i].errors == NULL ? text[0] == '\0' : strcmp(text, rows[i].errors) != 0) {
			fail_msg("row %zu: %s", i, text);
		}
		free(text);
		config_loaded_finish(&loaded);
	}
	/* All of all files in one go, those of the first file first. */
	tree_file(tree, "config", "include one\nwrong\n");
	tree_file(tree, "one", "\nwrong too\n");
	struct config_loaded loaded;
	char *text = load(tree, &loaded);
	assert_int_equal(strncmp(text, "config:2: unknown directive 'wrong'", 35), 0);
	assert_non_null(strstr(text, "\none:2: unknown directive 'wrong'"));
	free(text);
}

static void test_bounds(void **state) {
	const char *tree = *state;
	char name[32], text[64];
	tree_file(tree, "config", "include 0");
	for (int i = 0; i < SOURCES_DEPTH_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		snprintf(text, sizeof(text), i < SOURCES_DEPTH_MAX - 1 ? "include %d" : "# the end", i + 1);
		tree_file(tree, name, text);
	}
	expect(tree, "");
	tree_file(tree, name, "include deeper");
	tree_file(tree, "deeper", "");
	expect(tree, "7:1: include: expected at most 64 files, and at most 8 that include one another\n");

	char *line = xstrdup("include");
	for (int i = 0; i < SOURCES_MAX; i++) {
		snprintf(name, sizeof(name), "many-%d", i);
		tree_file(tree, name, "");
		char *longer = xasprintf("%s %s", line, name);
		free(line);
		line = longer;
	}
	tree_file(tree, "config", line);
	free(line);
	expect(tree, "config:1: include: expected at most 64 files, and at most 8 that include one another\n");

	/* What is too large in one file is too large in several. */
	char *large = xcalloc(600 * 1024 + 1, 1);
	memset(large, '\n', 600 * 1024);
	tree_file(tree, "large", large);
	tree_file(tree, "larger", large);
	free(large);
	tree_file(tree, "config", "include large larger");
	expect(tree, "config:1: include: 'larger': the file is too large: expected at most 1048576 bytes in all files together\n");
}

/* Who may write to a part of the config may write all of it. */
static void test_shared(void **state) {
	const char *tree = *state;
	char *text = xasprintf("include home/part link\ninstance work {\n\tfiles %s\n}\n", tree_path(tree, "home/shared"));
	tree_file(tree, "config", text);
	free(text);
	tree_file(tree, "home/part", "");
	tree_file(tree, "home/shared/target", "");
	tree_link(tree, "link", "home/shared/target");
	expect(tree, "config:2: instance: work would be handed 'home/shared/target', which is part of the config: expected another place\n");
	assert_int_equal(unlink(tree_path(tree, "link")), 0);
	tree_link(tree, "home/shared/way", "../part2");
	tree_file(tree, "home/part2", "");
	tree_link(tree, "link", "home/part2");
	expect(tree, "");
	text = xasprintf("include home/part home/shared/way\ninstance work {\n\tfiles %s rw\n}\n", tree_path(tree, "home/shared"));
	tree_file(tree, "config", text);
	free(text);
	expect(tree, "config:2: instance: work would be handed 'home/shared/way', which is part of the config: expected another place\n");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_place, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_errors, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_bounds, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_shared, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
