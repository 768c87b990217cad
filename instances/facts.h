#ifndef INSTANCES_FACTS_H
#define INSTANCES_FACTS_H

#include "instances/plan.h"

/* What of its root an instance gets to see, as far as it is there; ends in NULL. */
extern const char *const facts_source_paths[];

/*
 * Looks up what the plan of an instance with this root ("/" or another absolute path) has to know of the host.
 * Never fails: what cannot be found out is left out. The caller calls facts_finish().
 */
void facts_gather(struct plan_facts *facts, const char *root);
/* The same of an instance whose root is a closure, which is borrowed. */
void facts_gather_closure(struct plan_facts *facts, const struct plan_closure *closure);
/* Sources and links alone, of what the host's own programs need in a sandbox: carrier.h. */
void facts_gather_carrier(struct plan_facts *facts);
void facts_finish(struct plan_facts *facts);

#endif
