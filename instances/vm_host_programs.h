#ifndef INSTANCES_VM_HOST_PROGRAMS_H
#define INSTANCES_VM_HOST_PROGRAMS_H

/*
 * What the supervisor waits to hear of the guest's programs, in coffer-vm: of each that it has asked for, that it was
 * started or could not be, once, and its end, once. Whoever owns the guest's kernel can say anything any number of
 * times, and the supervisor, which is everybody's, has work with all that it hears: so it hears no more than that.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire/init.h"

#define VM_PROGRAMS_MAX 512

/* All zero at first. */
struct vm_programs {
	struct vm_program {
		uint32_t id;
		bool was_started;
	} list[VM_PROGRAMS_MAX];
	size_t len;
};

/* The supervisor has asked for a program. Returns 0, or EAGAIN where there are too many, or one of that id. */
int vm_programs_expect(struct vm_programs *programs, uint32_t id);
/* True for INIT_STARTED, INIT_FAILED or INIT_EXITED of an id where the supervisor waits for it; then it no longer does. */
bool vm_programs_take(struct vm_programs *programs, enum init_type type, uint32_t untrusted_id);

#endif
