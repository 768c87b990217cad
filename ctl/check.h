#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include "ctl/arguments.h"

/* Checks a config file, by default the one that cofferdam would load. Needs no session. */
int check_file(const struct arguments *arguments);

#endif
