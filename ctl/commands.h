#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include <stddef.h>
#include "ctl/arguments.h"

/* The one table of subcommands, in the order in which help lists them. */
const struct command *commands_list(size_t *len);
/* NULL where there is none. */
const struct command *commands_find(const char *name);

/*
 * Carries out a whole command line, and returns an enum control_exit; what went wrong has been said on stderr, in
 * one line, but for the errors of a config file, which are one line each.
 */
int commands_main(int argc, char **argv);

#endif
