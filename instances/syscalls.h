#ifndef INSTANCES_SYSCALLS_H
#define INSTANCES_SYSCALLS_H

/* What an instance may ask of the kernel, whatever its backend: one table, in the forms that backends take it in. */

enum syscalls_form {
	SYSCALLS_BPF,  /* the program that seccomp(2) takes */
	SYSCALLS_JSON, /* the seccomp object of the OCI runtime specification */
};

/*
 * The system call filter of every instance, in a memfd with its offset at 0. What is refused gets EPERM, or ENOSYS
 * where programs then fall back to an older call. Returns the descriptor, or -1 (logged).
 */
int syscalls_create_filter(enum syscalls_form form);

#endif
