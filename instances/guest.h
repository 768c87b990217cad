#ifndef INSTANCES_GUEST_H
#define INSTANCES_GUEST_H

/*
 * The supervisor's line to one coffer-init: wire/init.h. What comes from there comes from inside the instance, and
 * can change nothing but what is said of that instance.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/loop.h"
#include "instances/words.h"

struct guest;

struct guest_handler {
	void (*hello)(void *data, pid_t pid); /* coffer-init is up; once. pid: it, as we see it; 0 where we cannot */
	void (*started)(void *data, uint32_t id);
	void (*failed)(void *data, uint32_t id, int error); /* errno */
	void (*exited)(void *data, uint32_t id, int status); /* of waitpid() */
	/* Once for each guest_freeze(). Where it is frozen all the same, unstopped threads were not seen to stop. */
	void (*frozen)(void *data, bool frozen, uint32_t unstopped);
	/* It is gone, or makes no sense: nothing more will come, and nothing sent arrives. */
	void (*lost)(void *data, const char *reason);
};

/* Takes over fd. The handler may destroy the guest. NULL (logged) where it cannot be watched. */
struct guest *guest_create(struct loop *loop, int fd, const struct guest_handler *handler, void *data);
/* NULL is allowed. */
void guest_destroy(struct guest *guest);

/* Return false where it could not be sent: coffer-init does not read, or is gone. */
bool guest_start(
	struct guest *guest, uint32_t id, char *const *argv, const struct words *environment, int output_fd, int error_fd);
bool guest_terminate(struct guest *guest);
bool guest_freeze(struct guest *guest, bool freeze);

#endif
