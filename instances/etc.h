#ifndef INSTANCES_ETC_H
#define INSTANCES_ETC_H

#include "instances/plan.h"

/* The files of /etc that are made for one start of an instance. */
struct etc;

/*
 * machine_id: 32 hexadecimal digits, new at every start. The result and the files it lists live until
 * etc_destroy().
 */
struct etc *etc_create(const struct config_instance *instance, const struct plan_facts *facts, const char *machine_id);
void etc_destroy(struct etc *etc);
const struct plan_file *etc_files(const struct etc *etc, size_t *len);

/* Sets out to 32 random hexadecimal digits. Returns false where the kernel has none. */
bool etc_random_machine_id(char out[33]);

#endif
