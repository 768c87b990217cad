#ifndef INSTANCES_SHELL_H
#define INSTANCES_SHELL_H

/*
 * The trusted shell: programs that run as the person, outside of all instances, on the shell socket. Those of the
 * config are started when the desktop is ready, and again after the compositor was, and again when they fail: by a
 * signal or with another exit code than 0, after a second, then two, four, eight, and then no more. Those started by a
 * chord, the menu and the command of -s are started once.
 */

#include <stdbool.h>
#include "base/loop.h"
#include "config/config.h"
#include "instances/children.h"

struct shell;

struct shell_handler {
	/* The command of -s has ended, with this exit code (128 and the signal's number where one ended it). */
	void (*command_ended)(void *data, int code);
	/* A program of the config fails again and again: it is left alone, as text says. */
	void (*given_up)(void *data, const char *text);
};

/* socket: the path of the shell's Wayland socket, copied. */
struct shell *shell_create(
	struct loop *loop, struct children *children, const char *socket, const struct shell_handler *handler, void *data);
/* Kills what runs, unseen. NULL is allowed. */
void shell_destroy(struct shell *shell);

/* Ends what was started before from the config, and starts these. */
void shell_start(struct shell *shell, const struct config_argv *commands, size_t len);
/* Runs one more program. False where it cannot be executed, or PROGRAMS_MAX run already (logged). */
bool shell_exec(struct shell *shell, const struct config_argv *command);
/* Runs the command line of -s by /bin/sh; command_ended tells its end. */
bool shell_run_command(struct shell *shell, const char *command);

/*
 * Runs a chooser in the manner of dmenu: choices, one a line, on its standard input; what it prints is the choice.
 * One at a time: false where one is open, or cannot be executed (logged). chosen is called at most once, with a
 * line of choices exactly as it was there.
 */
typedef void (*shell_chosen)(void *data, const char *choice);
bool shell_choose(
	struct shell *shell, const struct config_argv *menu, const char *choices, shell_chosen chosen, void *data);

/* SIGTERM to all, or SIGKILL: to each with its process group. */
void shell_stop(struct shell *shell);
void shell_kill(struct shell *shell);
bool shell_is_idle(const struct shell *shell);

#define PROGRAMS_MAX 256

/* ---- the pure part ---- */

#define SHELL_SHORT_LIFE_MS 60000
/*
 * How long to wait, in milliseconds, before a program is started again that has ended with this code (128 and the
 * signal's number) after so many milliseconds; -1: not at all, since it wanted to end, or was told to. *short_lives, of
 * this program, 0 at first, counts those shorter than SHELL_SHORT_LIFE_MS in a row.
 */
int64_t shell_delay(int code, int64_t lifetime, unsigned int *short_lives);
#define SHELL_SHORT_LIVES_MAX 5

/* True where untrusted_choice, less a line feed at its end, is one of the lines of choices. */
bool shell_is_choice(const char *choices, const char *untrusted_choice, size_t length);

#endif
