#ifndef INSTANCES_PROGRAMS_H
#define INSTANCES_PROGRAMS_H

/*
 * Where Cofferdam's own files are, seen from the running executable: in ../libexec and ../share of its directory
 * (installed anywhere, or staged), beside it in a build tree, else where they were configured to be. No variable of
 * the environment has a say in what the supervisor executes.
 */

/* The absolute path of a program such as coffer-init, or of the room that it is built in. The caller frees it. */
char *programs_find(const char *name, const char *room);

#endif
