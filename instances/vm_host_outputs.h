#ifndef INSTANCES_VM_HOST_OUTPUTS_H
#define INSTANCES_VM_HOST_OUTPUTS_H

/*
 * The outputs of the guest's programs, in coffer-vm: a descriptor that the supervisor gave is kept until the guest
 * connects for it, and what the guest then sends is pumped there. The guest's connections are bounded in number, say
 * within their first bytes whose they are, and get nothing that was not announced for exactly them.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire/vm.h"

#define VM_OUTPUTS_MAX 512  /* announced or open at a time */
#define VM_NEWCOMERS_MAX 16 /* connections that have not said whose they are; of more, the oldest is closed */
#define VM_OUTPUTS_POLLS (1 + VM_NEWCOMERS_MAX + 2 * VM_OUTPUTS_MAX)

struct vm_outputs;

/* Takes over a listening non-blocking socket. Returns NULL where there is no memory. */
struct vm_outputs *vm_outputs_create(int listen_fd);
void vm_outputs_destroy(struct vm_outputs *outputs);

/*
 * Announces an output, to be written to where fd leads: opened anew, so that being non-blocking is ours alone. fd
 * stays the caller's. Returns 0 or errno: EAGAIN where there are too many, ENXIO where fd is a socket.
 */
int vm_outputs_expect(struct vm_outputs *outputs, uint32_t id, enum vm_output which, int fd);
/* Takes what has connected by now: what the guest sent before it said something else may not have been looked at yet. */
void vm_outputs_catch_up(struct vm_outputs *outputs);
/* Nothing more will connect for this id, beyond what has by now. */
void vm_outputs_settle(struct vm_outputs *outputs, uint32_t id);

/* Fills in what to wait for, and returns how many entries (VM_OUTPUTS_POLLS at most). */
nfds_t vm_outputs_prepare(struct vm_outputs *outputs, struct pollfd *polls);
/* Takes the same entries after poll(). */
void vm_outputs_handle(struct vm_outputs *outputs, const struct pollfd *polls, nfds_t len);

/* True while something that has connected is not at its end. */
bool vm_outputs_are_open(const struct vm_outputs *outputs);

#endif
