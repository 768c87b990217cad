#ifndef CTL_ACT_H
#define CTL_ACT_H

/* The subcommands that ask the supervisor to do something. */

#include "ctl/arguments.h"

int act_run(const struct arguments *arguments);
int act_stop(const struct arguments *arguments);
int act_kill(const struct arguments *arguments);
int act_reload(const struct arguments *arguments);
int act_quit(const struct arguments *arguments);
int act_clipboard_clear(const struct arguments *arguments);
int act_socket(const struct arguments *arguments);

#endif
