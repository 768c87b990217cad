#ifndef INSTANCES_STANDSTILL_H
#define INSTANCES_STANDSTILL_H

/*
 * Stopping every process of a pid namespace, and seeing that they stand. A stop signal is taken when a process goes
 * back to its own code: what it began in the kernel, a long write(2) say, goes on until then. And what has not yet
 * stopped may start another, or wake one that has. So the signal is sent again before each look, until two looks in a
 * row find nothing that moves, or the time is over. For the first process of the namespace; nothing here needs more
 * than libc, and nothing waits.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define STANDSTILL_PATIENCE_MS 2000 /* from the beginning until the answer, whatever still moves */
#define STANDSTILL_AGAIN_MS 500 /* between signals to what stands: a timer of its own may have woken it */

struct standstill;

/*
 * stop(data) sends SIGSTOP to all but the caller. proc_fd is /proc (borrowed; where it is none, nothing is ever seen to
 * stand), and self the pid in it that is left out. NULL where there is no memory.
 */
struct standstill *standstill_create(int proc_fd, pid_t self, void (*stop)(void *data), void *data);
/* NULL is allowed. */
void standstill_destroy(struct standstill *standstill);

/* All times: CLOCK_MONOTONIC, ms. */
void standstill_begin(struct standstill *standstill, int64_t now);
/* Stops no more: the caller wakes them. */
void standstill_end(struct standstill *standstill);
/* For poll(2): how long until standstill_step() has something to do; -1 where nothing is to be stopped. */
int standstill_timeout(const struct standstill *standstill, int64_t now);
/*
 * Does what is to be done now. Returns true once after each standstill_begin(): everything stands but *unstopped
 * threads, which were not seen to stop in time.
 */
bool standstill_step(struct standstill *standstill, int64_t now, int32_t *unstopped);

#endif
