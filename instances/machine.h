#ifndef INSTANCES_MACHINE_H
#define INSTANCES_MACHINE_H

#include "instances/plan.h"

/*
 * init_program: coffer-init, outside; coffer-vm and coffer-guest are beside it.
 *
 * Looks up what the machine of this instance needs of the host, and packs the first file system of its guest: kernel_fd
 * and initrd_fd are open descriptors then, the caller's. Returns false with one line in reason (size bytes) that says
 * what is missing and what to do; no descriptor is open then. The caller calls machine_finish() either way.
 */
bool machine_gather(struct plan_machine *machine, const struct config_instance *instance, const char *init_program,
	char *reason, size_t size);
/* Does not close the descriptors. */
void machine_finish(struct plan_machine *machine);

#endif
