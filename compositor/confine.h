#ifndef COMPOSITOR_CONFINE_H
#define COMPOSITOR_CONFINE_H

/*
 * During start-up the compositor gives up what it no longer needs, for good: by Landlock, every file but fonts,
 * cursors and devices, and everybody else's signals and abstract sockets; by seccomp(2), executing, tracing, new
 * processes and sockets, shared memory of others, and the calls that reach into the kernel. What it holds open stays
 * open, and the line to the supervisor is all its authority.
 *
 * What is not refused, since a filter of calls cannot see it: whether a file of a given path exists, its size and its
 * times (stat(2)); and before Linux 7.1 a message to a datagram socket's path, by a socket that a client has handed over.
 *
 * What the kernel lacks is said in the log, and the rest is done. Both return false only where a confinement that the
 * kernel has was refused: then nothing may be trusted to hold, and the caller ends.
 */

#include <stdbool.h>

/*
 * Files. Before the first thread, as far as that can be: Linux below 7.0 confines the calling thread and those made
 * from now on, and the threads that a graphics driver has made by now stay as they are, which is said in the log.
 */
bool confine_files(void);

/* Calls, of all threads. After the last socket: those of devices' news are opened when the screens start. */
bool confine_calls(void);

#endif
