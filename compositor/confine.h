#ifndef COMPOSITOR_CONFINE_H
#define COMPOSITOR_CONFINE_H

/*
 * After start-up the compositor gives up what it no longer needs, for good: by seccomp(2), executing, tracing, new
 * sockets and the calls that reach into the kernel; by Landlock, every file but fonts, cursors and devices. What it
 * holds open stays open, and the line to the supervisor is all its authority.
 */

#include <stdbool.h>

/*
 * Confines this process and all its threads made from now on. What the kernel lacks is said in the log, and the rest
 * is done. Returns false only where a confinement that the kernel has was refused: then nothing may be trusted to
 * hold, and the caller ends.
 */
bool confine(void);

#endif
