#ifndef INSTANCES_SYSCALLS_H
#define INSTANCES_SYSCALLS_H

/*
 * The system call filter of every instance, as the BPF program that seccomp(2) takes, in a memfd with its offset at
 * 0. What is refused gets EPERM, or ENOSYS where programs then fall back to an older call. Returns the descriptor,
 * or -1 (logged).
 */
int syscalls_create_filter(void);

#endif
