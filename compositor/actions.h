#ifndef COMPOSITOR_ACTIONS_H
#define COMPOSITOR_ACTIONS_H

/* What a bound chord does: one table from enum config_action to a function. */

#include "compositor/carry.h"
#include "compositor/desk.h"
#include "compositor/focus.h"
#include "compositor/owners.h"
#include "config/config.h"

struct link;
struct actions;

struct actions *actions_create(struct desk *desk, struct focus *focus, struct carry *carry, struct owners *owners,
	struct link *link);
void actions_destroy(struct actions *actions);
/* serial: of this config; the supervisor is told it with each bind it carries out. */
void actions_configure(struct actions *actions, uint32_t serial);
/* index: of the bind in the present config. */
void actions_run(struct actions *actions, const struct config_bind *bind, int index);
void actions_owners(struct actions *actions);

#endif
