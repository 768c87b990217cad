#ifndef BASE_LOOP_H
#define BASE_LOOP_H

/*
 * The supervisor's and coffer's event loop: descriptors, timers, signals, children. One thread, epoll, callbacks
 * in the order the kernel reports. A source may remove itself or another source inside any callback. The functions
 * that add return NULL where the kernel refuses (logged); the source is owned by the loop until it is removed.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct loop_source;

/*
 * NULL where the kernel refuses (logged). Sets SIGCHLD to its default where it was ignored, since under SIG_IGN
 * nobody learns how a child ended.
 */
struct loop *loop_create(void);
/* Removes what is left. Not inside a callback. NULL is allowed. */
void loop_destroy(struct loop *loop);
/*
 * Runs until loop_stop(), which takes effect before the next callback, or before the first where it came earlier.
 * Returns 0, or -1 where the kernel refused to wait.
 */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/*
 * events and revents are EPOLLIN, EPOLLOUT and so on. The loop does not own fd: remove the source before fd is
 * closed. One source a descriptor: for both directions, ask for both events.
 */
typedef void (*loop_fd_handler)(void *data, int fd, uint32_t revents);
struct loop_source *loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_handler handler, void *data);
void loop_update_fd(struct loop_source *source, uint32_t events);

/*
 * Fires once, milliseconds after it was armed; 0 disarms, less counts as 1. Arming again moves it. Timers that are due
 * fire in the order of their times, and of being armed where those are equal.
 */
typedef void (*loop_timer_handler)(void *data);
struct loop_source *loop_add_timer(struct loop *loop, loop_timer_handler handler, void *data);
void loop_arm_timer(struct loop_source *source, int64_t milliseconds);

/*
 * The signal is blocked while it has a source: a child process restores its mask before it executes anything.
 * Several sources may share a signal.
 */
typedef void (*loop_signal_handler)(void *data, int signal_number);
struct loop_source *loop_add_signal(struct loop *loop, int signal_number, loop_signal_handler handler, void *data);

/*
 * Called once with waitpid()'s status when this child ends, or at the next turn where it has already; the child is
 * reaped by the loop, and the source is removed before the call. Removing the source forgets the child unreaped.
 */
typedef void (*loop_child_handler)(void *data, pid_t pid, int status);
struct loop_source *loop_add_child(struct loop *loop, pid_t pid, loop_child_handler handler, void *data);

/* NULL is allowed. */
void loop_remove(struct loop_source *source);

#endif
