#ifndef INSTANCES_CONTROL_H
#define INSTANCES_CONTROL_H

/*
 * The control socket: connections of `coffer`, one request each (wire/control.h). What a request means is
 * requests.h's business; here are those who ask, bounded in number and in patience.
 */

#include "base/loop.h"
#include "wire/control.h"

struct control;
struct control_client;

struct control_handler {
	/*
	 * A checked request. It is answered now or later by control_answer() and, once and last, control_end() or
	 * control_fail(), after which the client is no more.
	 */
	void (*request)(void *data, struct control_client *client, const struct control_message *request);
	/* A client whose request is not answered yet is gone. */
	void (*gone)(void *data, struct control_client *client);
};

/* Takes over listen_fd. NULL where it cannot be watched (logged). */
struct control *control_create(struct loop *loop, int listen_fd, const struct control_handler *handler, void *data);
/* Closes every connection; gone is not called. NULL is allowed. */
void control_destroy(struct control *control);

/* One more answer. A client that does not read is dropped when its queue is full; gone is called for it later. */
void control_answer(struct control_client *client, struct control_message *message);
void control_answer_line(struct control_client *client, const char *text);
void control_end(struct control_client *client);
void control_fail(struct control_client *client, enum control_exit code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
