#ifndef INSTANCES_VM_HOST_COMMANDS_H
#define INSTANCES_VM_HOST_COMMANDS_H

/*
 * The programs around a guest, in coffer-vm: helpers that are started at once, and the machine, which is started when
 * each of them listens where it was said to. All of them have to stay.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define VM_COMMANDS_MAX 8
#define VM_REASON_SIZE 256

struct vm_command {
	char **argv;      /* as in main()'s */
	const char *name; /* what a person knows it by: the last part of its path */
	const char *wait; /* the socket that it has to listen on before the machine starts, or NULL */
	pid_t pid;        /* 0 before it runs and after it was reaped */
};

struct vm_commands {
	struct vm_command list[VM_COMMANDS_MAX]; /* the last is the machine */
	size_t len;
};

/*
 * Reads "-- [--wait SOCKET] CMD… -- … -- CMD…", a list that NULL ends and that stays as long as the commands: each
 * "--" is made its command's NULL. Returns false where it is not of that form.
 */
bool vm_commands_parse(struct vm_commands *commands, char **words);

/* Starts a command, with no signal blocked or ignored. Returns false with one line in reason. */
bool vm_command_start(struct vm_command *command, char reason[VM_REASON_SIZE]);

/*
 * The first command whose socket nobody listens on yet; NULL where all do. table is what /proc/net/unix says, NULL
 * where it cannot be read.
 */
const struct vm_command *vm_commands_find_unready(const struct vm_commands *commands, const char *table);

/* The command of this process, which is forgotten; NULL where it is of none. */
struct vm_command *vm_commands_reap(struct vm_commands *commands, pid_t pid);
bool vm_command_is_machine(const struct vm_commands *commands, const struct vm_command *command);
/* Says how it ended, by waitpid()'s status. */
void vm_command_describe_end(const struct vm_command *command, int status, char reason[VM_REASON_SIZE]);

#endif
