#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "instances/lifecycle.h"

/* A life, and all that may come in its way. */
static const struct {
	enum session_instance_state state;
	enum lifecycle_event event;
	enum session_instance_state next;
	enum lifecycle_action action;
} steps[] = {
	/* the straight way */
	{ INSTANCE_STOPPED, EVENT_START, INSTANCE_PREPARING, DO_PREPARE },
	{ INSTANCE_PREPARING, EVENT_PREPARED, INSTANCE_STARTING, DO_NOTHING },
	{ INSTANCE_STARTING, EVENT_UP, INSTANCE_RUNNING, DO_SERVE },
	{ INSTANCE_RUNNING, EVENT_STOP, INSTANCE_STOPPING, DO_TERMINATE },
	{ INSTANCE_STOPPING, EVENT_GONE, INSTANCE_STOPPED, DO_REPORT },
	/* one more program */
	{ INSTANCE_PREPARING, EVENT_START, INSTANCE_PREPARING, DO_NOTHING },
	{ INSTANCE_STARTING, EVENT_START, INSTANCE_STARTING, DO_NOTHING },
	{ INSTANCE_RUNNING, EVENT_START, INSTANCE_RUNNING, DO_SERVE },
	{ INSTANCE_STOPPING, EVENT_START, INSTANCE_STOPPING, DO_REFUSE },
	/* it does not get up */
	{ INSTANCE_PREPARING, EVENT_BROKE, INSTANCE_FAILED, DO_REPORT },
	{ INSTANCE_PREPARING, EVENT_FAIL, INSTANCE_STOPPING, DO_DESTROY },
	{ INSTANCE_PREPARING, EVENT_TIMEOUT, INSTANCE_STOPPING, DO_DESTROY },
	{ INSTANCE_STARTING, EVENT_FAIL, INSTANCE_STOPPING, DO_DESTROY },
	{ INSTANCE_STARTING, EVENT_TIMEOUT, INSTANCE_STOPPING, DO_DESTROY },
	{ INSTANCE_STOPPING, EVENT_BROKE, INSTANCE_FAILED, DO_REPORT },
	{ INSTANCE_FAILED, EVENT_START, INSTANCE_PREPARING, DO_PREPARE },
	{ INSTANCE_FAILED, EVENT_STOP, INSTANCE_STOPPED, DO_REPORT },
	/* it does not go down */
	{ INSTANCE_STOPPING, EVENT_TIMEOUT, INSTANCE_STOPPING, DO_DESTROY },
	{ INSTANCE_STOPPING, EVENT_KILL, INSTANCE_STOPPING, DO_DESTROY },
	{ INSTANCE_STOPPING, EVENT_STOP, INSTANCE_STOPPING, DO_NOTHING },
	/* it dies */
	{ INSTANCE_RUNNING, EVENT_FAIL, INSTANCE_STOPPING, DO_DESTROY },
	{ INSTANCE_RUNNING, EVENT_GONE, INSTANCE_FAILED, DO_REPORT },
	{ INSTANCE_RUNNING, EVENT_KILL, INSTANCE_STOPPING, DO_DESTROY },
	{ INSTANCE_PREPARING, EVENT_KILL, INSTANCE_STOPPING, DO_DESTROY },
	/* what comes too late changes nothing */
	{ INSTANCE_STOPPED, EVENT_STOP, INSTANCE_STOPPED, DO_NOTHING },
	{ INSTANCE_STOPPED, EVENT_KILL, INSTANCE_STOPPED, DO_NOTHING },
	{ INSTANCE_STOPPED, EVENT_GONE, INSTANCE_STOPPED, DO_NOTHING },
	{ INSTANCE_STOPPED, EVENT_UP, INSTANCE_STOPPED, DO_NOTHING },
	{ INSTANCE_STOPPED, EVENT_TIMEOUT, INSTANCE_STOPPED, DO_NOTHING },
	{ INSTANCE_STOPPING, EVENT_UP, INSTANCE_STOPPING, DO_NOTHING },
	{ INSTANCE_STOPPING, EVENT_PREPARED, INSTANCE_STOPPING, DO_NOTHING },
	{ INSTANCE_RUNNING, EVENT_UP, INSTANCE_RUNNING, DO_NOTHING },
	{ INSTANCE_RUNNING, EVENT_TIMEOUT, INSTANCE_RUNNING, DO_NOTHING },
	{ INSTANCE_FAILED, EVENT_GONE, INSTANCE_FAILED, DO_NOTHING },
	{ INSTANCE_FAILED, EVENT_TIMEOUT, INSTANCE_FAILED, DO_NOTHING },
};

static void test_steps(void **state) {
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct lifecycle_step step = lifecycle_step(steps[i].state, steps[i].event);
		if (step.next != steps[i].next || step.action != steps[i].action) {
			fail_msg("row %zu: came to %s, action %d", i, lifecycle_state_name(step.next), step.action);
		}
	}
}

/* Rules that hold for every pair, whatever the table says of it. */
static void test_rules(void **state) {
	for (int from = INSTANCE_STOPPED; from <= INSTANCE_FAILED; from++) {
		for (int event = 0; event < EVENT_COUNT; event++) {
			struct lifecycle_step step = lifecycle_step((enum session_instance_state)from, (enum lifecycle_event)event);
			/* A sandbox is made only where there is none, and the end of one is reported only where there was. */
			if (step.action == DO_PREPARE) {
				assert_true(from == INSTANCE_STOPPED || from == INSTANCE_FAILED);
			}
			if (step.action == DO_TERMINATE || step.action == DO_DESTROY) {
				assert_true(from != INSTANCE_STOPPED && from != INSTANCE_FAILED);
				assert_int_equal(step.next, INSTANCE_STOPPING);
			}
			/* Nobody is at rest while processes may live: only their end leads there. */
			bool rests = step.next == INSTANCE_STOPPED || step.next == INSTANCE_FAILED;
			bool rested = from == INSTANCE_STOPPED || from == INSTANCE_FAILED;
			if (rests && !rested) {
				assert_true(event == EVENT_GONE || event == EVENT_BROKE);
			}
			/* Programs are started in a sandbox that is up, and nowhere else. */
			if (step.action == DO_SERVE) {
				assert_int_equal(step.next, INSTANCE_RUNNING);
			}
		}
	}
}

static void test_times(void **state) {
	assert_int_equal(lifecycle_timeout(INSTANCE_STOPPED, 5, false), 0);
	assert_int_equal(lifecycle_timeout(INSTANCE_RUNNING, 5, false), 0);
	assert_int_equal(lifecycle_timeout(INSTANCE_FAILED, 5, false), 0);
	assert_int_equal(lifecycle_timeout(INSTANCE_STOPPING, 5, false), 5000);
	assert_true(lifecycle_timeout(INSTANCE_STOPPING, 0, false) > 0); /* no grace is at once, not never */
	assert_true(lifecycle_timeout(INSTANCE_PREPARING, 0, false) > 0);
	assert_true(lifecycle_timeout(INSTANCE_STARTING, 0, false) > 0);
	/* A guest boots, and has its programs' grace and then some to power off. */
	assert_true(lifecycle_timeout(INSTANCE_STARTING, 0, true) > lifecycle_timeout(INSTANCE_STARTING, 0, false));
	assert_true(lifecycle_timeout(INSTANCE_STOPPING, 5, true) > lifecycle_timeout(INSTANCE_STOPPING, 5, false));
	assert_int_equal(lifecycle_timeout(INSTANCE_RUNNING, 5, true), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
