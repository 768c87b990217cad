#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include "instances/etc.h"

static const char *find(const struct etc *etc, const char *path) {
	size_t len;
	const struct plan_file *files = etc_files(etc, &len);
	for (size_t i = 0; i < len; i++) {
		if (strcmp(files[i].path, path) == 0) {
			return files[i].content;
		}
	}
	return NULL;
}

static void test_files(void **state) {
	struct config_instance instance = { .name = (char *)"work", .network = NETWORK_NONE };
	struct plan_facts facts = { .has_bash = true };
	struct etc *etc = etc_create(&instance, &facts, "0123456789abcdef0123456789abcdef");
	assert_non_null(strstr(find(etc, "/etc/passwd"), "user:x:1000:1000:user:/home/user:/bin/bash\n"));
	assert_non_null(strstr(find(etc, "/etc/group"), "user:x:1000:\n"));
	assert_string_equal(find(etc, "/etc/hostname"), "work\n");
	assert_string_equal(find(etc, "/etc/hosts"), "127.0.0.1 localhost work\n::1 localhost work\n");
	assert_string_equal(find(etc, "/etc/machine-id"), "0123456789abcdef0123456789abcdef\n");
	assert_null(find(etc, "/etc/resolv.conf"));
	etc_destroy(etc);

	instance.network = NETWORK_NAT;
	facts.has_bash = false;
	etc = etc_create(&instance, &facts, "0123456789abcdef0123456789abcdef");
	assert_non_null(strstr(find(etc, "/etc/passwd"), ":/home/user:/bin/sh\n"));
	assert_string_equal(find(etc, "/etc/resolv.conf"), "nameserver 169.254.1.1\n");
	etc_destroy(etc);
}

static void test_machine_id(void **state) {
	char a[33], b[33];
	assert_true(etc_random_machine_id(a));
	assert_true(etc_random_machine_id(b));
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	assert_int_equal(strlen(a), 32);
	assert_string_not_equal(a, b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_machine_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
