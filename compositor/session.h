#ifndef COMPOSITOR_SESSION_H
#define COMPOSITOR_SESSION_H

/* The compositor's whole life: a table of stages that is walked up and, at the end, backwards. */

#include <stdbool.h>

struct session_options {
	int link_fd; /* the line to the supervisor */
	bool confined; /* gives up, when it is up, what it needs no more */
};

/* Returns the exit code. */
int session_run(const struct session_options *options);

#endif
