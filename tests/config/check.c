#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "config/check.h"
#include "tests/config/text.h"

struct directory {
	char path[64];
	char file[80];
};

static int setup(void **state) {
	static struct directory directory;
	strcpy(directory.path, "/tmp/cofferdam-config-XXXXXX");
	assert_non_null(mkdtemp(directory.path));
	snprintf(directory.file, sizeof(directory.file), "%s/config", directory.path);
	*state = &directory;
	return 0;
}

static int teardown(void **state) {
	struct directory *directory = *state;
	unlink(directory->file);
	return rmdir(directory->path);
}

static void write_file(const char *path, const char *text, size_t length) {
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

/* What config_errors_print() says of path. The caller frees it. */
static char *load_errors(const char *path) {
	struct config_loaded loaded;
	struct config_errors errors = { 0 };
	assert_false(config_load(path, HOME, &loaded, &errors));
	assert_null(loaded.config);
	assert_null(loaded.text);
	assert_null(loaded.keymap);
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	config_errors_print(out, "F", &errors);
	fclose(out);
	config_errors_finish(&errors);
	return text;
}

static void expect_errors(const char *path, const char *expected) {
	char *text = load_errors(path);
	assert_string_equal(text, expected);
	free(text);
}

static void test_good(void **state) {
	struct directory *directory = *state;
	static const char text[] = "instance a\n";
	write_file(directory->file, text, strlen(text));
	struct config_loaded loaded;
	struct config_errors errors = { 0 };
	assert_true(config_load(directory->file, HOME, &loaded, &errors));
	assert_int_equal(errors.len, 0);
	assert_int_equal(loaded.length, strlen(text));
	assert_string_equal(loaded.text, text);
	assert_int_equal(loaded.config->instances_len, 1);
	assert_non_null(strstr(loaded.keymap, "xkb_keymap"));
	config_loaded_finish(&loaded);
	assert_null(loaded.config);
}

static void test_errors(void **state) {
	struct directory *directory = *state;
	static const char text[] = "input keyboard {\n\txkb-layout nowhere\n\trepeat-rate x\n}\nfoo\nlayout x\n";
	write_file(directory->file, text, strlen(text));
	char *out = load_errors(directory->file);
	/* The keymap's is among them, in its place. */
	assert_int_equal(strncmp(out, "F:1: input: expected xkb names", 30), 0);
	char *rest = strchr(out, '\n') + 1;
	assert_int_equal(strncmp(rest, "F:3: repeat-rate: ", 18), 0);
	rest = strchr(rest, '\n') + 1;
	assert_int_equal(strncmp(rest, "F:5: unknown directive 'foo'", 28), 0);
	rest = strchr(rest, '\n') + 1;
	assert_string_equal(rest, "F:6: layout: expected nothing after it\n");
	free(out);
}

static void test_more(void **state) {
	struct directory *directory = *state;
	char text[2 * 101 + 1] = "";
	for (size_t i = 0; i < 101; i++) {
		strcat(text, "a\n");
	}
	write_file(directory->file, text, strlen(text));
	char *out = load_errors(directory->file);
	assert_non_null(strstr(out, "\nF:100: unknown directive 'a'"));
	assert_null(strstr(out, "F:101:"));
	assert_non_null(strstr(out, "\nF: there are more errors than these 100\n"));
	free(out);
}

static void test_sizes(void **state) {
	struct directory *directory = *state;
	char *text = xcalloc(CONFIG_SIZE_MAX + 1, 1);
	memset(text, '\n', CONFIG_SIZE_MAX + 1);
	write_file(directory->file, text, CONFIG_SIZE_MAX);
	struct config_loaded loaded;
	struct config_errors errors = { 0 };
	assert_true(config_load(directory->file, HOME, &loaded, &errors));
	config_loaded_finish(&loaded);
	write_file(directory->file, text, CONFIG_SIZE_MAX + 1);
	expect_errors(directory->file, "F: the file is too large: expected at most 1048576 bytes\n");
	free(text);
}

static void test_not_files(void **state) {
	struct directory *directory = *state;
	expect_errors("/dev/null", "F: expected a regular file\n");
	expect_errors("/dev/zero", "F: expected a regular file\n");
	expect_errors(directory->path, "F: expected a regular file\n");
	unlink(directory->file);
	expect_errors(directory->file, "F: cannot be opened: No such file or directory\n");
	/* Nobody will ever write to it. */
	assert_int_equal(mkfifo(directory->file, 0600), 0);
	expect_errors(directory->file, "F: expected a regular file\n");
	unlink(directory->file);
	/* A link is a common way to have a config somewhere else. */
	assert_int_equal(symlink("/dev/null", directory->file), 0);
	expect_errors(directory->file, "F: expected a regular file\n");
}

int main(void) {
	unsetenv("XKB_DEFAULT_LAYOUT");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_files, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
