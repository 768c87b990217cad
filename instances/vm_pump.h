#ifndef INSTANCES_VM_PUMP_H
#define INSTANCES_VM_PUMP_H

/*
 * Bytes from one non-blocking descriptor to another, a buffer at a time: a reader that is slow holds up its own
 * writer, and nobody else. On both sides of a virtual machine a program's output goes through one of these.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define VM_PUMP_SIZE 4096
#define VM_PUMP_POLLS 2 /* entries that one asks for */

struct vm_pump {
	int from, to; /* its own; -1 where there is none */
	size_t start, end;
	char buffer[VM_PUMP_SIZE];
};

/* Takes over both descriptors, and sets `from` non-blocking: `to` has to be. */
void vm_pump_init(struct vm_pump *pump, int from, int to);
/* Closes both. */
void vm_pump_finish(struct vm_pump *pump);

/* What to wait for. */
void vm_pump_prepare(const struct vm_pump *pump, struct pollfd polls[VM_PUMP_POLLS]);
/* Moves what can be moved now. Returns false when it is at its end: finish it. SIGPIPE has to be ignored. */
bool vm_pump_run(struct vm_pump *pump, const struct pollfd polls[VM_PUMP_POLLS]);

#endif
