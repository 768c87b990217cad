#ifndef TESTS_WIRE_EVERY_FORM_H
#define TESTS_WIRE_EVERY_FORM_H

/* The checks of forms.h as cmocka tests of the including file's `conversation`. */

#include "forms.h"

#define EVERY_FORM(check) \
	static void test_##check(void **state) { \
		forms_##check(&conversation); \
	}

EVERY_FORM(cover_every_type)
EVERY_FORM(cover_every_member)
EVERY_FORM(round_trip)
EVERY_FORM(limits_accepted)
EVERY_FORM(corrupted_refused)
EVERY_FORM(corrupted_not_sent)
EVERY_FORM(wrong_length_refused)
EVERY_FORM(wrong_fds_refused)
EVERY_FORM(wrong_sender_refused)

#define EVERY_FORM_TESTS \
	cmocka_unit_test(test_cover_every_type), cmocka_unit_test(test_cover_every_member), \
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_limits_accepted), \
		cmocka_unit_test(test_corrupted_refused), cmocka_unit_test(test_corrupted_not_sent), \
		cmocka_unit_test(test_wrong_length_refused), cmocka_unit_test(test_wrong_fds_refused), \
		cmocka_unit_test(test_wrong_sender_refused)

#endif
