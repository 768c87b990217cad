#ifndef INSTANCES_REQUESTS_H
#define INSTANCES_REQUESTS_H

/* What each request of `coffer` means, and those that wait until it is done. */

#include "config/config.h"
#include "instances/compositor.h"
#include "instances/control.h"
#include "instances/fleet.h"
#include "instances/settings.h"
#include "store/store.h"

struct requests;

struct requests_handler {
	/* Reload was asked for: requests_reloaded() tells how it went. */
	void (*reload)(void *data);
	/* The session is to end: requests_ended() when it has. */
	void (*quit)(void *data);
};

/* Where things are. The path is copied, the others are borrowed. */
struct requests_places {
	const char *shell_socket;
	const struct settings *settings;
	const struct store *store;
};

struct requests *requests_create(struct loop *loop, struct fleet *fleet, struct compositor *compositor,
	const struct requests_places *places, const struct requests_handler *handler, void *data);
/* NULL is allowed. */
void requests_destroy(struct requests *requests);

/* As in control_handler. */
void requests_take(struct requests *requests, struct control_client *client, const struct control_message *request);
void requests_gone(struct requests *requests, struct control_client *client);

/* ---- what requests wait for ---- */

void requests_instance_changed(struct requests *requests, struct member *member);
/* SESSION_WINDOW, SESSION_CLIPBOARD, SESSION_LIMITS or SESSION_QUERY_END. */
void requests_compositor_answered(struct requests *requests, const struct session_message *message);
void requests_compositor_died(struct requests *requests);
/* error NULL: the new config is in effect. errors: those of the file at path, where it was they; else NULL. */
void requests_reloaded(
	struct requests *requests, const char *path, const struct config_errors *errors, const char *error);
/* The session begins to end, and has ended. */
void requests_ending(struct requests *requests);
void requests_ended(struct requests *requests);

#endif
