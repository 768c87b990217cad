#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "golden.h"
#include "instances/cgroups.h"
#include "instances/scope.h"

/*
 * The limits, to be read: golden/NAME.txt is what comes before the backend's command where the user's systemd limits
 * it. `cgroups --write` makes the files anew.
 */
#define MACHINE (UINT64_C(8) << 30)

static const struct {
	const char *name, *config;
	int version;
} scopes[] = {
	{ "scope", "instance work {\n}\n", 257 },
	{ "scope-full", "instance work {\nmemory 512M\npids 100\ncpu-weight 20\n}\n", 253 },
	{ "scope-none", "instance work {\nmemory none\n}\n", 257 },
	{ "scope-252", "instance work {\n}\n", 252 },
};

static char *describe(size_t index) {
	struct config_errors errors = { 0 };
	struct config *config = config_parse(scopes[index].config, strlen(scopes[index].config), NULL, &errors);
	assert_non_null(config);
	struct words arguments = { 0 };
	scope_arguments(&config->instances[0], MACHINE, "cofferdam-4711-work-1.scope", scopes[index].version, &arguments);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	golden_print_words(out, &arguments);
	fclose(out);
	words_finish(&arguments);
	config_destroy(config);
	return text;
}

static void test_golden(void **state) {
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		char *text = describe(i);
		golden_compare(scopes[i].name, text, "the limits are now others");
		free(text);
	}
}

static int write_golden(void) {
	bool written = true;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		char *text = describe(i);
		written = golden_write(scopes[i].name, text) && written;
		free(text);
	}
	return written ? 0 : 1;
}

static void test_memory(void **state) {
	struct config_instance instance = { .memory = CONFIG_MEMORY_AUTO };
	assert_int_equal(scope_memory(&instance, MACHINE), UINT64_C(6) << 30);
	assert_int_equal(scope_swap(&instance, MACHINE), UINT64_C(3) << 29);
	instance.memory = UINT64_C(1) << 30;
	assert_int_equal(scope_memory(&instance, MACHINE), UINT64_C(1) << 30);
	assert_int_equal(scope_swap(&instance, MACHINE), UINT64_C(1) << 28);
	instance.memory = CONFIG_MEMORY_NONE;
	assert_int_equal(scope_memory(&instance, MACHINE), UINT64_MAX);
	assert_int_equal(scope_swap(&instance, MACHINE), UINT64_MAX);
}

/* ---- what the kernel's files say ---- */

static void expect_text(char *actual, const char *expected) {
	if (expected == NULL) {
		assert_null(actual);
	} else {
		assert_non_null(actual);
		assert_string_equal(actual, expected);
	}
	free(actual);
}

static void test_path(void **state) {
	static const struct {
		const char *text, *path;
	} rows[] = {
		{ "0::/user.slice/user-1000.slice/session-2.scope\n", "/user.slice/user-1000.slice/session-2.scope" },
		{ "0::/\n", "/" },
		{ "0::/x", "/x" },
		{ "9:name=systemd:/a\n8:pids:/b\n0::/c\n", "/c" },
		{ "10::/a\n0::/b\n", "/b" },
		{ "8:pids:/b\n", NULL },
		{ "0::", NULL },
		{ "0::\n8:pids:/b\n", NULL },
		{ "", NULL },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_text(cgroups_parse_path(rows[i].text), rows[i].path);
	}
}

static void test_mount(void **state) {
	static const struct {
		const char *text, *point, *root;
	} rows[] = {
		{ "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup", "/" },
		{ "1 1 0:1 / / rw - ext4 /dev/sda rw\n30 23 0:26 /docker/x /sys/fs/cgroup rw shared:4 master:2 - cgroup2 c rw\n",
			"/sys/fs/cgroup", "/docker/x" },
		{ "29 23 0:25 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
		  "30 23 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup rw\n",
			"/sys/fs/cgroup/unified", "/" },
		{ "29 23 0:25 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n", NULL, NULL },
		{ "30 23 0:26 / /a\\040b rw - cgroup2 cgroup2 rw\n", NULL, NULL },
		{ "30 23 - cgroup2 \n", NULL, NULL },
		{ "", NULL, NULL },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *point = NULL, *root = NULL;
		assert_int_equal(cgroups_parse_mount(rows[i].text, &point, &root), rows[i].point != NULL);
		expect_text(point, rows[i].point);
		expect_text(root, rows[i].root);
	}
}

static void test_words(void **state) {
	assert_true(cgroups_has_word("cpuset cpu io memory pids\n", "cpu"));
	assert_true(cgroups_has_word("cpuset cpu io memory pids\n", "pids"));
	assert_true(cgroups_has_word("memory", "memory"));
	assert_false(cgroups_has_word("cpuset io\n", "cpu"));
	assert_false(cgroups_has_word("\n", "cpu"));
	assert_false(cgroups_has_word("", "cpu"));
}

static void test_version(void **state) {
	assert_int_equal(cgroups_parse_version("systemd 257 (257.9-1~deb13u1)\n+PAM +AUDIT\n"), 257);
	assert_int_equal(cgroups_parse_version("systemd 252\n"), 252);
	assert_int_equal(cgroups_parse_version("systemd v252\n"), 0);
	assert_int_equal(cgroups_parse_version("systemd -3\n"), 0);
	assert_int_equal(cgroups_parse_version(""), 0);
}

static void test_counts(void **state) {
	static const char events[] = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n";
	assert_int_equal(cgroups_parse_count(events, "oom_kill"), 2);
	assert_int_equal(cgroups_parse_count(events, "oom"), 3);
	assert_int_equal(cgroups_parse_count(events, "max"), 12);
	assert_int_equal(cgroups_parse_count(events, "kill"), 0);
	assert_int_equal(cgroups_parse_count("max 7", "max"), 7);
	assert_int_equal(cgroups_parse_count("", "max"), 0);
}

int main(int argc, char *argv[]) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_mount),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_counts),
	};
	if (argc == 2 && strcmp(argv[1], "--write") == 0) {
		return write_golden();
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
