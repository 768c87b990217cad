#ifndef INSTANCES_CHILDREN_H
#define INSTANCES_CHILDREN_H

/*
 * The supervisor's children. It is a subreaper: what its programs leave behind becomes its child, is reaped when it
 * ends, and is ended with the session, so that nothing outlives it.
 */

#include <stddef.h>
#include "base/loop.h"

struct children;

/* NULL where the loop cannot tell of children (logged). */
struct children *children_create(struct loop *loop);
/* Forgets the children; those that are still there stay. NULL is allowed. */
void children_destroy(struct children *children);

/*
 * As loop_add_child(), for a child that was launched, or adopted. The child stays known, and is reaped, when it is
 * forgotten, which NULL is allowed for.
 */
struct child;
struct child *children_watch(struct children *children, pid_t pid, loop_child_handler handler, void *data);
void children_forget(struct child *child);

/* How many processes have us as their parent. */
size_t children_count(struct children *children);
/* Sends a signal to all of them. */
void children_signal(struct children *children, int signal_number);

#endif
