#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include "config/config.h"
#include "ctl/arguments.h"

/* Checks a config file, by default the one that cofferdam would load. Needs no session. */
int check_file(const struct arguments *arguments);

/* The errors of the file at path, on stderr, cleaned: they quote it. */
void check_print_errors(const char *path, const struct config_errors *errors);

/* The person's home, absolute, or NULL. */
const char *check_find_home(void);

#endif
