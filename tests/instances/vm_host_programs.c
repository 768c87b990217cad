#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "instances/vm_host_programs.h"

static void test_hears_of_each_what_is_waited_for(void **state) {
	static const struct {
		enum init_type said[4]; /* of one that was asked for */
		bool heard[4];
	} cases[] = {
		{ { INIT_STARTED, INIT_STARTED, INIT_EXITED, INIT_EXITED }, { true, false, true, false } },
		{ { INIT_EXITED, INIT_STARTED, INIT_FAILED, INIT_EXITED }, { true, false, false, false } },
		{ { INIT_FAILED, INIT_FAILED, INIT_STARTED, INIT_EXITED }, { true, false, false, false } },
		{ { INIT_STARTED, INIT_FAILED, INIT_EXITED, INIT_STARTED }, { true, false, true, false } },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vm_programs programs = { 0 };
		assert_int_equal(vm_programs_expect(&programs, 7), 0);
		assert_int_equal(vm_programs_expect(&programs, 9), 0);
		for (size_t k = 0; k < 4; k++) {
			assert_int_equal(vm_programs_take(&programs, cases[i].said[k], 7), cases[i].heard[k]);
			assert_false(vm_programs_take(&programs, cases[i].said[k], 8));
		}
		/* The other is as it was. */
		assert_true(vm_programs_take(&programs, INIT_STARTED, 9));
		assert_true(vm_programs_take(&programs, INIT_EXITED, 9));
		assert_int_equal(programs.len, 0);
	}
}

static void test_has_an_end(void **state) {
	static struct vm_programs programs;
	for (uint32_t id = 0; id < VM_PROGRAMS_MAX; id++) {
		assert_int_equal(vm_programs_expect(&programs, id), 0);
	}
	assert_int_equal(vm_programs_expect(&programs, VM_PROGRAMS_MAX), EAGAIN);
	assert_true(vm_programs_take(&programs, INIT_FAILED, 0));
	assert_int_equal(vm_programs_expect(&programs, 1), EAGAIN);
	assert_int_equal(vm_programs_expect(&programs, VM_PROGRAMS_MAX), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hears_of_each_what_is_waited_for),
		cmocka_unit_test(test_has_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
