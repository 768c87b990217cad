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
#include "config/find.h"

static void expect_own(const char *config_home, const char *home, const char *expected) {
	if (config_home != NULL) {
		setenv("XDG_CONFIG_HOME", config_home, 1);
	} else {
		unsetenv("XDG_CONFIG_HOME");
	}
	char *own = config_find_own(home);
	if (expected == NULL) {
		assert_null(own);
	} else {
		assert_string_equal(own, expected);
	}
	free(own);
}

static void test_own(void **state) {
	expect_own(NULL, "/home/a", "/home/a/.config/cofferdam/config");
	expect_own("/etc/a", "/home/a", "/etc/a/cofferdam/config");
	expect_own("/etc/a", NULL, "/etc/a/cofferdam/config");
	/* The specification has relative ones ignored. */
	expect_own("etc/a", "/home/a", "/home/a/.config/cofferdam/config");
	expect_own("", "/home/a", "/home/a/.config/cofferdam/config");
	expect_own(NULL, NULL, NULL);
	expect_own(NULL, "home", NULL);
}

static void test_default(void **state) {
	char *path = config_find_default();
	assert_int_equal(path[0], '/');
	assert_non_null(strstr(path, "/cofferdam/default.scfg"));
	free(path);
}

static void test_which(void **state) {
	char directory[] = "/tmp/cofferdam-find.XXXXXX";
	assert_non_null(mkdtemp(directory));
	setenv("XDG_CONFIG_HOME", directory, 1);
	setenv("XDG_CONFIG_DIRS", "/nonexistent", 1);
	char *none = config_find("/home/a"), *fallback = config_find_default();
	assert_string_equal(none, fallback);

	char *room = xasprintf("%s/cofferdam", directory), *own = xasprintf("%s/config", room);
	assert_int_equal(mkdir(room, 0700), 0);
	/* Unreadable, but there: it is not passed over. */
	int fd = open(own, O_CREAT | O_WRONLY, 0);
	assert_true(fd >= 0);
	close(fd);
	char *found = config_find("/home/a");
	assert_string_equal(found, own);
	/* What is there as the machine's holds where the person has none. */
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	char *directories = xasprintf("relative:/nonexistent:%s", directory);
	setenv("XDG_CONFIG_DIRS", directories, 1);
	free(directories);
	free(found);
	found = config_find("/home/a");
	assert_string_equal(found, own);
	unlink(own);
	rmdir(room);
	rmdir(directory);
	free(none);
	free(fallback);
	free(room);
	free(own);
	free(found);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_which),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
