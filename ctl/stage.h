#ifndef CTL_STAGE_H
#define CTL_STAGE_H

/*
 * A directory in the making. It is found again under the same name by the next command of its kind, and emptied then,
 * should this one be interrupted.
 */

#include <stdbool.h>

struct stage {
	int parent_fd, fd;
	char *name;
};

/* Makes name in parent_fd, empty, and holds it. False, and said; stage_finish() either way. Does not own parent_fd. */
bool stage_make(struct stage *stage, int parent_fd, const char *name);
/* Erases what is still under the name. */
void stage_finish(struct stage *stage);

#endif
