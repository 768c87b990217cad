#ifndef INSTANCES_ENDING_H
#define INSTANCES_ENDING_H

/* The end of a session as a list of steps, one after the other, each with its time: in all, no more than 5 s. */

#include <stdbool.h>
#include <stddef.h>
#include "base/loop.h"

#define ENDING_FORCED_MS 300 /* after force, a step is waited for so long, and no longer */

struct ending_step {
	const char *name;
	int patience; /* milliseconds from begin to force */
	void (*begin)(void *data);
	bool (*is_done)(void *data);
	void (*force)(void *data);
};

struct ending;

/* steps: borrowed, and called with step_data. done is called once, after the last of them. */
struct ending *ending_create(struct loop *loop, const struct ending_step *steps, size_t len, void *step_data,
	void (*done)(void *data), void *data);
/* NULL is allowed. */
void ending_destroy(struct ending *ending);

/* Begins; called again, which is for people who will not wait, it forces the step that is under way. */
void ending_start(struct ending *ending);
bool ending_is_started(const struct ending *ending);

#endif
