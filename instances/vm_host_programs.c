#include <errno.h>
#include "instances/vm_host_programs.h"

static struct vm_program *find_program(struct vm_programs *programs, uint32_t id) {
	for (size_t i = 0; i < programs->len; i++) {
		if (programs->list[i].id == id) {
			return &programs->list[i];
		}
	}
	return NULL;
}

int vm_programs_expect(struct vm_programs *programs, uint32_t id) {
	if (programs->len == VM_PROGRAMS_MAX || find_program(programs, id) != NULL) {
		return EAGAIN;
	}
	programs->list[programs->len++] = (struct vm_program){ .id = id };
	return 0;
}

bool vm_programs_take(struct vm_programs *programs, enum init_type type, uint32_t untrusted_id) {
	struct vm_program *program = find_program(programs, untrusted_id);
	if (program == NULL || (type != INIT_EXITED && program->was_started)) {
		return false;
	}
	if (type == INIT_STARTED) {
		program->was_started = true;
	} else {
		*program = programs->list[--programs->len];
	}
	return true;
}
