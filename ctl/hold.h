#ifndef CTL_HOLD_H
#define CTL_HOLD_H

/* The right to read what an instance keeps, and nobody writing to it meanwhile. */

#include "ctl/places.h"

struct hold;

/*
 * A stopped instance is locked, and does not start; one that runs in the session is frozen. The hold ends with
 * hold_finish(), or with this process, however it ends. Returns an enum control_exit, and has said what is wrong.
 */
int hold_take(struct places *places, const char *name, int instance_fd, struct hold **hold);
/* Would hold_take() freeze it, as it runs in the session? */
bool hold_would_freeze(const struct places *places, int instance_fd);
/*
 * Lets it go on. False where it has not stood still all the time: a person may thaw what we have frozen, and what is
 * done in the kernel may not stop in time. Why, is in reason, which may be NULL as hold may be.
 */
#define HOLD_REASON_SIZE 64
bool hold_finish(struct hold *hold, char reason[HOLD_REASON_SIZE]);

/* Takes the lock alone, for what is done to stopped instances. -1 where it runs, and said. */
int hold_lock(const char *name, int instance_fd);

#endif
