#ifndef COMPOSITOR_INBOX_H
#define COMPOSITOR_INBOX_H

/* Carries out what the supervisor says: one table from message type to a function. */

#include "compositor/actions.h"
#include "compositor/carry.h"
#include "compositor/client.h"
#include "compositor/instance.h"
#include "compositor/keyboard.h"
#include "compositor/link.h"
#include "compositor/output.h"
#include "compositor/pointer.h"
#include "compositor/report.h"
#include "compositor/seat.h"
#include "compositor/strip.h"

/* Whom the messages concern; all borrowed. */
struct inbox_parts {
	struct instances *instances;
	struct doors *doors;
	struct seats *seats;
	struct outputs *outputs;
	struct desk *desk;
	struct keyboards *keyboards;
	struct pointer *pointer;
	struct carry *carry;
	struct painter *painter;
	struct strip *strip;
	struct actions *actions;
	struct report *report;
};

struct inbox;

struct inbox *inbox_create(const struct inbox_parts *parts);
void inbox_destroy(struct inbox *inbox);
/* link is where answers go. */
void inbox_message(struct inbox *inbox, struct link *link, struct session_message *message);

#endif
