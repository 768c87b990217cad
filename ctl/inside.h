#ifndef CTL_INSIDE_H
#define CTL_INSIDE_H

/* A look at the home of a running instance, from outside. What is in there is the instance's: nothing is believed. */

#include <stdbool.h>

/*
 * Opens the home in the mount namespace of the instance's coffer-init, no link of the instance's followed. *fd is -1
 * where it does not run. Returns an enum control_exit, and has said what is wrong.
 */
int inside_open_home(const char *name, int *fd);

#endif
