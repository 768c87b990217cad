#ifndef TEST_PRIVATE_H
#define TEST_PRIVATE_H

/* Between runner.c, which starts a process for each case, and test.c, which lives in that process. */

#include "tests/protocol/lib/test.h"

/* The status of a case that was not carried through, for a reason that it has printed. */
#define TEST_EXIT_SKIPPED 77

struct test *test_create(
	const char *program, const struct test_case *current, const char *directory, double time_factor);
/* Runs the case and what it wants run at its end. Returns 0; a failed check ends the process instead. */
int test_run_and_destroy(struct test *test);

#endif
