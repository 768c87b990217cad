#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/focus.h"

#define NOW 1000000

static void test_new_window(void **state) {
	static const struct {
		const char *what;
		struct focus_facts facts;
		bool focused;
	} rows[] = {
		/* The instance that has the focus may put up dialogs even while the person types. */
		{"same instance, typing", {true, false, NOW, NOW, 0}, true},
		{"same instance, long quiet", {true, false, NOW, 1, 0}, true},
		/* F1: nobody else may, quiet or not. */
		{"other, typing", {false, false, NOW, NOW - 1, 0}, false},
		{"other, long quiet", {false, false, NOW, 1, 0}, false},
		{"other, no key ever", {false, false, NOW, 0, 0}, false},
		/* Started by the person. */
		{"started, not typed since", {false, false, NOW, NOW - 2000, NOW - 2000}, true},
		{"started, typed before", {false, false, NOW, NOW - 2001, NOW - 2000}, true},
		{"started, typed since", {false, false, NOW, NOW - 1999, NOW - 2000}, false},
		{"started, no key ever", {false, false, NOW, 0, NOW - 2000}, true},
		{"started just now", {false, false, NOW, NOW, NOW}, true},
		{"started, last moment", {false, false, NOW, 0, NOW - FOCUS_SPAWN_MS}, true},
		{"started, too late", {false, false, NOW, 0, NOW - FOCUS_SPAWN_MS - 1}, false},
		{"started in the future", {false, false, NOW, 0, NOW + 1}, false},
		{"started at a time below zero", {false, false, NOW, 0, INT64_MIN}, false},
		{"clock at its lowest", {false, false, INT64_MIN, INT64_MAX, INT64_MAX}, false},
		/* Nothing has the focus: only once keys in flight have landed. */
		{"void, no key ever", {false, true, NOW, 0, 0}, true},
		{"void, key just now", {false, true, NOW, NOW, 0}, false},
		{"void, key half a second ago", {false, true, NOW, NOW - FOCUS_QUIET_MS, 0}, true},
		{"void, key a moment less ago", {false, true, NOW, NOW - FOCUS_QUIET_MS + 1, 0}, false},
		{"void, key in the future", {false, true, NOW, INT64_MAX, 0}, false},
		{"void, typing, but started since", {false, true, NOW, NOW - 100, NOW - 50}, true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (focus_new_window(&rows[i].facts) != rows[i].focused) {
			fail_msg("%s: expected %s", rows[i].what, rows[i].focused ? "focus" : "no focus");
		}
	}
}

static void test_wait(void **state) {
	static const struct {
		int64_t now, last_key, wait;
	} rows[] = {
		{NOW, 0, 0},
		{NOW, -5, 0},
		{NOW, INT64_MIN, 0},
		{NOW, NOW, FOCUS_QUIET_MS},
		{NOW, NOW - 1, FOCUS_QUIET_MS - 1},
		{NOW, NOW - FOCUS_QUIET_MS + 1, 1},
		{NOW, NOW - FOCUS_QUIET_MS, 0},
		{NOW, NOW - FOCUS_QUIET_MS - 1, 0},
		{NOW, 1, 0},
		{100, 0, 0}, /* a machine that has just started */
		{NOW, NOW + 1, FOCUS_QUIET_MS},
		{INT64_MIN, INT64_MAX, FOCUS_QUIET_MS},
		{INT64_MAX, 1, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(focus_wait(rows[i].now, rows[i].last_key), rows[i].wait);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_window),
		cmocka_unit_test(test_wait),
	};
	return cmocka_run_group_tests_name("policy focus", tests, NULL, NULL);
}
