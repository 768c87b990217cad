#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* The one clock by which everything here waits. Needs no more than libc: coffer-init has it too. */

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t clock_now(void);

#endif
