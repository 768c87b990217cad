#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "ctl/stage.h"
#include "ctl/text.h"
#include "store/erase.h"

bool stage_make(struct stage *stage, int parent_fd, const char *name) {
	*stage = (struct stage){ .parent_fd = parent_fd, .fd = -1, .name = xstrdup(name) };
	/* What an interrupted one has left goes, unless it is not interrupted at all. */
	int old_fd = beneath_open(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (old_fd >= 0 && flock(old_fd, LOCK_EX | LOCK_NB) != 0) {
		text_complain("%s is in use by another coffer: try again when that has ended", name);
		fd_close(&old_fd);
		return false;
	}
	bool gone = erase_tree(parent_fd, name);
	fd_close(&old_fd);
	if (gone && mkdirat(parent_fd, name, 0700) == 0) {
		stage->fd = beneath_open(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	}
	if (stage->fd < 0 || flock(stage->fd, LOCK_EX | LOCK_NB) != 0) {
		text_complain("%s cannot be made: %s", name, strerror(errno));
		fd_close(&stage->fd);
		return false;
	}
	return true;
}

void stage_finish(struct stage *stage) {
	if (stage->fd >= 0) {
		erase_tree(stage->parent_fd, stage->name);
	}
	fd_close(&stage->fd);
	free(stage->name);
	stage->name = NULL;
}
