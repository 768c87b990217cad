#ifndef INSTANCES_PROCESS_H
#define INSTANCES_PROCESS_H

/* What /proc tells of processes: proc_pid_stat(5). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid, parent;
	bool is_zombie;
};

/* Reads the text of a /proc/PID/stat. Its second field may hold any bytes but the last parenthesis ends it. */
bool process_parse(const char *untrusted_stat, struct process *process);

/* The pid that a text begins with, above 1 since no process of ours is that; 0 where there is none. */
pid_t process_parse_pid(const char *untrusted_text);

typedef void (*process_visitor)(void *data, const struct process *process);
/* Calls visit for every process there is, in the order of pids. */
void process_for_each(process_visitor visit, void *data);

/* The same for our own children alone. The program has one thread. */
void process_for_each_child(process_visitor visit, void *data);

struct process_usage {
	uint32_t processes;
	uint64_t memory; /* bytes in memory that no file and no shared memory stands behind */
};

/* Adds up root and all that descend from it. root 0: nothing. */
struct process_usage process_measure(pid_t root);

#endif
