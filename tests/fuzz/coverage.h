#ifndef TESTS_FUZZ_COVERAGE_H
#define TESTS_FUZZ_COVERAGE_H

/*
 * Which way a run took, where the code was compiled with gcc's -fsanitize-coverage=trace-pc: the compiler then calls
 * __sanitizer_cov_trace_pc() at each edge, which is here. In other builds nothing is ever recorded.
 */

#include <stdbool.h>
#include <stddef.h>

/* One at a time: what the compiler calls has no argument to carry a state. */
void coverage_begin(void);
/* True where the run since coverage_begin() went where none went before, or went there far more often. */
bool coverage_end(void);
/* Places seen so far; 0 in builds that do not record. */
size_t coverage_count(void);

/* For the compiler. */
void __sanitizer_cov_trace_pc(void);

#endif
