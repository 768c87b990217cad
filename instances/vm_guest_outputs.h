#ifndef INSTANCES_VM_GUEST_OUTPUTS_H
#define INSTANCES_VM_GUEST_OUTPUTS_H

/*
 * The outputs of the guest's programs, in coffer-guest: each is a pipe, as a program expects of its output, and a
 * connection of its own to coffer-vm that the pipe is pumped into.
 */

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include "wire/vm.h"

#define VM_GUEST_OUTPUTS_MAX 512 /* open at a time */
#define VM_GUEST_OUTPUTS_POLLS (2 * VM_GUEST_OUTPUTS_MAX)

struct vm_guest_outputs;

/* NULL where there is no memory. */
struct vm_guest_outputs *vm_guest_outputs_create(void);

/*
 * Opens the outputs of a program, count of them (1 or 2), and gives the ends that it writes to: fds[1] is fds[0] where
 * it has one. The caller closes fds[0], and fds[1] where it is another. Returns 0 or errno.
 */
int vm_guest_outputs_open(struct vm_guest_outputs *outputs, uint32_t id, int count, int fds[INIT_FDS_MAX]);

/* Fills in what to wait for, and returns how many entries (VM_GUEST_OUTPUTS_POLLS at most); then takes them. */
nfds_t vm_guest_outputs_prepare(struct vm_guest_outputs *outputs, struct pollfd *polls);
void vm_guest_outputs_handle(struct vm_guest_outputs *outputs, const struct pollfd *polls);
bool vm_guest_outputs_are_open(const struct vm_guest_outputs *outputs);

/* Connects to the host, blocking, until the kernel gives it up. Returns the descriptor, or -1 with errno set. */
int vm_guest_connect(unsigned int port);

#endif
