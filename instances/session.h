#ifndef INSTANCES_SESSION_H
#define INSTANCES_SESSION_H

/* The whole of a session, from the config that is read to the last process that has ended. */

#include <stdbool.h>

struct session_options {
	const char *config; /* -c, or NULL */
	const char *command; /* -s, or NULL */
	bool exit_with_command; /* -x */
	int verbosity; /* how many -v */
	/* Paths of programs, or NULL: where they are installed. */
	const char *compositor, *init;
};

/* Returns the exit code: 0, wire/control.h's codes, or with -x that of the command. */
int session_run(const struct session_options *options);

#endif
