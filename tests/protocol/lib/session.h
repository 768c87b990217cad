#ifndef SESSION_H
#define SESSION_H

/*
 * The real thing under test: `cofferdam` with its compositor, headless, in a fresh runtime directory. The programs
 * are those that $TEST_COFFERDAM and $TEST_COFFER name.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tests/protocol/lib/client.h"
#include "tests/protocol/lib/devices.h"
#include "tests/protocol/lib/process.h"
#include "tests/protocol/lib/test.h"

/* A headless output's size in wlroots. */
#define OUTPUT_WIDTH 1280
#define OUTPUT_HEIGHT 720

struct session;
struct peer;

/*
 * Starts it with this config file and waits until it says READY=1. It is stopped at the end of the case, and that
 * is part of the case: it has to end within 5 s and leave no process and no socket behind, its compositor must be
 * the one that it began with, and its log must hold no word of a sanitizer. Where the case fails, its log and a
 * picture of the screen are kept. On a peer (peer.h), that is started instead, whatever the config; every instance
 * is then the same socket, the shell's too or its host's; and where it ends of itself the case says that it crashed.
 */
struct session *session_start(struct test *test, const char *config);

/* The peer that stands for it, or NULL: it is ours. */
struct peer *session_peer(const struct session *session);

/* Stops it now. Fails the case unless it ends as told above. */
void session_stop(struct session *session);

/* From now on the compositor may die and be started again. */
void session_allow_restart(struct session *session);
struct test *session_test(const struct session *session);
pid_t session_pid(const struct session *session);
/* The compositor's process now; 0 while there is none. */
pid_t session_compositor_pid(const struct session *session);
/* Waits until the supervisor has ended of itself. Returns its status as waitpid() gives it. */
int session_wait_end(struct session *session);
/* All that it has logged so far; valid until the next call. */
const char *session_log(struct session *session);

/* Paths below $XDG_RUNTIME_DIR/cofferdam. */
const char *session_runtime_directory(const struct session *session);
const char *session_shell_socket(const struct session *session);
char *session_instance_socket(const struct session *session, const char *instance); /* the caller frees it */

/* A connection to it that says nothing yet; flags: SOCK_NONBLOCK or 0. */
int session_connect_raw(struct session *session, const char *instance, int flags);
/* A new client of this instance. */
struct client *session_connect(struct session *session, const char *instance);
/* The one client on the shell's socket, and the person's hands on it; made on first use, anew after it has died. */
struct client *session_shell(struct session *session);
struct virtual_keyboard *session_keyboard(struct session *session);
struct virtual_pointer *session_pointer(struct session *session);

/* Runs `coffer WORDS…`, NULL-terminated. The caller finishes the output. */
struct process_output session_coffer(struct session *session, const char *const *words);
#define COFFER(session, ...) session_coffer(session, (const char *const[]){ __VA_ARGS__, NULL })
/* What `coffer ps --json` says of all instances, to be freed; fails the case where there is no answer. */
char *session_list_instances(struct session *session);

#endif
