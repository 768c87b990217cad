#ifndef INSTANCES_RUNTIME_H
#define INSTANCES_RUNTIME_H

/*
 * $XDG_RUNTIME_DIR/cofferdam, mode 0700: one session at a time. It holds `control`, `shell/wayland-0` and
 * `instances/NAME/wayland-0`. Everything in it is ours, and is made anew at every start.
 */

#include <stdbool.h>
#include <stddef.h>

struct runtime;

/*
 * Takes the directory in base (the value of XDG_RUNTIME_DIR), and clears what a crash left. NULL with one line in
 * reason (size bytes): also where another session has it.
 */
struct runtime *runtime_create(const char *base, char *reason, size_t size);
/* Removes the directory with everything in it. NULL is allowed. */
void runtime_destroy(struct runtime *runtime);

const char *runtime_get_path(const struct runtime *runtime);

/* A directory below, mode 0700, made where it is missing; NULL where it cannot be (logged). */
struct runtime_directory;
struct runtime_directory *runtime_open(struct runtime *runtime, const char *path);
/* Removes it with all that is in it. NULL is allowed. */
void runtime_remove(struct runtime_directory *directory);
int runtime_directory_get_fd(const struct runtime_directory *directory);
const char *runtime_directory_get_path(const struct runtime_directory *directory);

/*
 * A listening socket (SOCK_STREAM or SOCK_SEQPACKET), mode 0600, non-blocking and close-on-exec, in directory, or in
 * the runtime directory itself where directory is NULL. The caller closes it. -1 where it cannot be made (logged).
 */
int runtime_listen(struct runtime *runtime, struct runtime_directory *directory, const char *name, int type);

#endif
