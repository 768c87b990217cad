#ifndef INSTANCES_INBOX_H
#define INSTANCES_INBOX_H

/* What the compositor says, and who is to hear it. It may be in hostile hands: what it names is looked up, or is nothing. */

#include "instances/actions.h"
#include "instances/compositor.h"
#include "instances/fleet.h"
#include "instances/reload.h"
#include "instances/requests.h"
#include "instances/settings.h"

struct inbox;

struct inbox_parts {
	struct compositor *compositor;
	struct settings *settings;
	struct fleet *fleet;
	struct actions *actions;
	struct requests *requests;
	struct reload *reload;
};

struct inbox_handler {
	void (*ready)(void *data); /* it can use the config; once for each process of it */
	void (*refused)(void *data); /* it cannot (logged) */
	void (*closed)(void *data); /* the person has closed the window that the session is shown in */
};

struct inbox *inbox_create(const struct inbox_parts *parts, const struct inbox_handler *handler, void *data);
/* NULL is allowed. */
void inbox_destroy(struct inbox *inbox);
/* There is a new compositor, which has said nothing yet. */
void inbox_begin(struct inbox *inbox);
/* The session is ending: nothing is started any more. */
void inbox_ending(struct inbox *inbox);
/* A checked message. */
void inbox_take(struct inbox *inbox, const struct session_message *message);

#endif
