#ifndef CTL_PROGRAM_H
#define CTL_PROGRAM_H

/* Programs that do the work for us: restic, tar, zstd. */

#include <sys/types.h>

struct program {
	const char *const *argv; /* found by PATH; NULL-terminated */
	int directory_fd; /* where it runs; -1 for here */
	int in_fd, out_fd; /* its standard input and output; -1 for ours */
};

/* Starts it; it is ended when we end. -1, and said, where it cannot be started. */
pid_t program_start(const struct program *program);
/* Its exit code, or 128 and the number of the signal that ended it. */
int program_wait(pid_t pid);
/* Both; -1 where it could not be started. */
int program_run(const struct program *program);

#endif
