#ifndef INSTANCES_CONTAINER_H
#define INSTANCES_CONTAINER_H

#include "instances/plan.h"

/*
 * Looks up what a container needs of the host. Returns false with one line in reason (size bytes) that says what is
 * missing. The caller calls container_finish() either way.
 */
bool container_gather(struct plan_container *container, char *reason, size_t size);
void container_finish(struct plan_container *container);

#endif
