#ifndef PROCESS_H
#define PROCESS_H

/* Programs started by a test: argument vectors, captured output, descendants found in /proc, and an end for all. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct test;

/* This process becomes the parent of what its descendants leave behind (PR_SET_CHILD_SUBREAPER). */
void process_adopt_orphans(void);

/* A changed environment for a child: "NAME=value" sets, "NAME" alone removes. NULL-terminated; NULL for none. */
struct process_options {
	const char *const *environment;
	const char *output; /* file that stdout and stderr are appended to; NULL: the test's own stderr */
};

/* Starts a program found in PATH, stdin empty. Returns its pid; fails the case where it cannot be started. */
pid_t process_start(struct test *test, const char *const *argv, const struct process_options *options);

/* Waits so long for this child. Returns false where it still runs; else *status is as from waitpid(). */
bool process_wait(pid_t pid, int64_t milliseconds, int *status);

struct process_output {
	int status; /* exit status, 128 + signal, or -1 where it had to be killed for being late */
	char *out, *err; /* at most 1 MiB each, zero-terminated */
};

/* Runs a program to its end with its output captured, for at most so long. The clients go on meanwhile. */
struct process_output process_run(
	struct test *test, const char *const *argv, const struct process_options *options, int64_t milliseconds);
void process_output_finish(struct process_output *output);

/* A descendant of this name, which is its executable's, of which the kernel keeps 15 bytes; 0 where there is none. */
pid_t process_find_descendant(pid_t ancestor, const char *name);
/* The descendants of a process, at most max, not itself. Returns how many. */
size_t process_descendants(pid_t ancestor, pid_t *pids, size_t max);
/* Any descendant that is not a zombie already reaped here; 0 where there is none. */
pid_t process_any_descendant(pid_t ancestor);
/* Is there such a process, and is it not a zombie? */
bool process_is_alive(pid_t pid);
/* A number that the kernel tells of it, by its name in proc_pid_status(5); KiB where it is memory. */
long process_status(struct test *test, pid_t pid, const char *name);
/* KiB of its own that it has in memory, without what it shares with others: RssAnon. */
long process_resident(struct test *test, pid_t pid);
/* How many descriptors it has. */
size_t process_count_descriptors(struct test *test, pid_t pid);

/* Ends this child and all its descendants, by SIGKILL, and reaps it. */
void process_kill_tree(pid_t pid);
/* Ends all descendants of this process and reaps them. */
void process_kill_descendants(void);

#endif
