#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "instances/actions.h"

static void test_choices(void **state) {
	static const char text[] = "instance work {\napp terminal foot\napp mail thunderbird -P work\n}\n"
							   "instance empty {\n}\n"
							   "instance bank {\napp browser firefox\n}\n";
	struct config_errors errors = { 0 };
	struct config *config = config_parse(text, strlen(text), "/home/anna", &errors);
	assert_non_null(config);
	char *choices = actions_list_choices(config);
	assert_string_equal(choices, "work terminal\nwork mail\nbank browser\n");
	free(choices);
	config_destroy(config);
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_choices) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
