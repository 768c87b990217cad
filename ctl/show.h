#ifndef CTL_SHOW_H
#define CTL_SHOW_H

/* The subcommands that show what is: as a table for a person, as JSON for a program. */

#include "ctl/arguments.h"

int show_ps(const struct arguments *arguments);
int show_windows(const struct arguments *arguments);
/* show_limits.c */
int show_limits(const struct arguments *arguments);
/* `clipboard status`, and `clipboard clear` by act_clipboard_clear(). */
int show_clipboard(const struct arguments *arguments);

#endif
