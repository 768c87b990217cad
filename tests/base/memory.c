#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/memory.h"

static void test_zeroed(void **state) {
	unsigned char *bytes = xcalloc(300, 7);
	for (size_t i = 0; i < 300 * 7; i++) {
		assert_int_equal(bytes[i], 0);
	}
	free(bytes);
	void *nothing = xcalloc(0, 8);
	assert_non_null(nothing);
	free(nothing);
}

static void test_realloc_array(void **state) {
	int *numbers = xrealloc_array(NULL, 2, sizeof(int));
	numbers[0] = 1;
	numbers[1] = 2;
	numbers = xrealloc_array(numbers, 2000, sizeof(int));
	assert_int_equal(numbers[0], 1);
	assert_int_equal(numbers[1], 2);
	numbers = xrealloc_array(numbers, 0, sizeof(int));
	assert_non_null(numbers);
	free(numbers);
}

static void test_strings(void **state) {
	char *text = xstrdup("instance");
	assert_string_equal(text, "instance");
	free(text);
	text = xstrndup("instance", 4);
	assert_string_equal(text, "inst");
	free(text);
	text = xasprintf("%s-%d", "work", 7);
	assert_string_equal(text, "work-7");
	free(text);
}

/* A product that wraps around must end the process, not give a small block. */
static void test_overflow_ends(void **state) {
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(STDERR_FILENO);
		volatile size_t half = SIZE_MAX / 2 + 1;
		void *pointer = xrealloc_array(NULL, half, 2);
		_exit(pointer != NULL ? 0 : 3);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3));
}

static const struct {
	const char *text;
	size_t size;
	const char *copy;
	bool whole;
} copies[] = {
	{ "", 1, "", true },
	{ "a", 1, "", false },
	{ "work", 5, "work", true },
	{ "work", 4, "wor", false },
	{ "w\xc3\xb6", 4, "w\xc3\xb6", true },
	{ "w\xc3\xb6", 3, "w", false },
	{ "\xe2\x82\xac\xe2\x82\xac", 6, "\xe2\x82\xac", false },
	{ "\xe2\x82\xac", 3, "", false },
};

static void test_copy_string(void **state) {
	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
		char out[8];
		memset(out, 'x', sizeof(out));
		assert_int_equal(copy_string(out, copies[i].size, copies[i].text), copies[i].whole);
		assert_string_equal(out, copies[i].copy);
		assert_int_equal(out[copies[i].size], 'x');
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_realloc_array),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_overflow_ends),
		cmocka_unit_test(test_copy_string),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
