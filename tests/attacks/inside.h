#ifndef INSIDE_H
#define INSIDE_H

/*
 * Attacks from within: the attack's own program, started once more by `coffer run` in a sandbox of the session. It knows by
 * its arguments what to do there, and says line by line what it got; the test outside reads that in the instance's log.
 */

#include <stdbool.h>

#include "tests/protocol/lib/session.h"

/* The first argument of the program inside; the parts' names and their arguments follow. */
#define INSIDE "--inside"

/*
 * Makes the program ready for instances to run. Before session_start(). Returns lines for such an instance's block in
 * the config, valid until the end of the case.
 */
const char *inside_config(struct test *test);

/* `coffer run INSTANCE … PART ARGUMENTS…`, NULL-terminated. Fails the case unless it is started. */
void inside_start(struct session *session, const char *instance, const char *const *words);
/* Starts it and waits until it has said its last word. Returns all that it said; the caller frees it. */
char *inside_run(struct session *session, const char *instance, const char *const *words);
#define INSIDE_RUN(session, instance, ...) inside_run(session, instance, (const char *const[]){ __VA_ARGS__, NULL })

/* What the instance's log holds, by all of its programs; the caller frees it. */
char *inside_log(struct session *session, const char *instance);
/* What the line of what was said that begins so says besides; NULL where there is none. The caller frees it. */
char *inside_find(const char *said, const char *start);

/* ---- for the part inside ---- */

/* One line, "NAME ANSWER": "done", or the name of the error where error, an errno, is not 0. */
void inside_tell(const char *name, int error);
/* The last word. Ends the program. */
_Noreturn void inside_end(void);

#endif
