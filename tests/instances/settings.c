#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "instances/settings.h"
#include "tree.h"

static void test_choice(void **state) {
	const char *tree = *state;
	struct config_errors errors = { 0 };
	unsetenv("XDG_CONFIG_HOME");
	tree_file(tree, ".config/cofferdam/config", "instance one {\n}\n");
	tree_file(tree, "other/cofferdam/config", "instance two {\n}\n");
	tree_file(tree, "given", "instance three {\n}\n");

	struct settings *settings = settings_create(NULL, tree);
	assert_null(settings_get(settings));
	assert_string_equal(settings_get_own_path(settings), tree_path(tree, ".config/cofferdam/config"));
	assert_null(settings_get_given_path(settings));
	struct snapshot *snapshot = settings_read(settings, &errors);
	assert_string_equal(snapshot_get_config(snapshot)->instances[0].name, "one");
	assert_null(settings_get(settings)); /* not before it is accepted */
	settings_accept(settings, snapshot);
	assert_ptr_equal(settings_get(settings), snapshot);
	uint32_t serial = snapshot_get_serial(snapshot);
	snapshot = settings_read(settings, &errors);
	assert_int_not_equal(snapshot_get_serial(snapshot), serial);
	snapshot_unref(snapshot);
	settings_destroy(settings);

	setenv("XDG_CONFIG_HOME", tree_path(tree, "other"), 1);
	settings = settings_create(NULL, tree);
	snapshot = settings_read(settings, &errors);
	assert_string_equal(snapshot_get_config(snapshot)->instances[0].name, "two");
	assert_string_equal(settings_get_path(settings), tree_path(tree, "other/cofferdam/config"));
	snapshot_unref(snapshot);
	settings_destroy(settings);

	settings = settings_create(tree_path(tree, "given"), tree);
	snapshot = settings_read(settings, &errors);
	assert_string_equal(snapshot_get_config(snapshot)->instances[0].name, "three");
	assert_string_equal(settings_get_given_path(settings), tree_path(tree, "given"));
	snapshot_unref(snapshot);
	settings_destroy(settings);
}

static void test_errors(void **state) {
	const char *tree = *state;
	struct config_errors errors = { 0 };
	tree_file(tree, "bad", "instance one {\n}\ninstance One {\n}\nnonsense\n");
	struct settings *settings = settings_create(tree_path(tree, "bad"), tree);
	assert_null(settings_read(settings, &errors));
	assert_int_equal(errors.len, 2);
	config_errors_finish(&errors);
	settings_destroy(settings);
	settings = settings_create(tree_path(tree, "missing"), tree);
	assert_null(settings_read(settings, &errors));
	assert_int_equal(errors.len, 1);
	config_errors_finish(&errors);
	settings_destroy(settings);
}

/* Whoever works by a version keeps it, whatever is accepted meanwhile. */
static void test_snapshot(void **state) {
	const char *tree = *state;
	struct config_errors errors = { 0 };
	tree_file(tree, "config", "instance one {\n}\n");
	struct settings *settings = settings_create(tree_path(tree, "config"), tree);
	settings_accept(settings, settings_read(settings, &errors));
	struct snapshot *kept = snapshot_ref(settings_get(settings));
	tree_file(tree, "config", "instance two {\n}\n");
	settings_accept(settings, settings_read(settings, &errors));
	assert_string_equal(snapshot_get_config(kept)->instances[0].name, "one");
	assert_string_equal(snapshot_get_config(settings_get(settings))->instances[0].name, "two");
	assert_true(snapshot_get_text_fd(kept) >= 0);
	assert_true(snapshot_get_keymap_fd(kept) >= 0);
	snapshot_unref(kept);
	settings_destroy(settings);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_choice, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_errors, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_snapshot, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
