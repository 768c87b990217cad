#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

/* A config from a file, whole or not at all: for the supervisor and for `coffer check`. */

#include <stdio.h>
#include "config/config.h"

struct config_loaded {
	struct config *config;
	char *text; /* of the file, with a zero byte after it */
	size_t length;
	char *keymap; /* xkb text for config->keyboard */
};

/*
 * Reads, checks and compiles the file at path: a regular file (or a link to one) of at most CONFIG_SIZE_MAX bytes.
 * Returns true and everything in *loaded, for config_loaded_finish(); or false, *loaded empty, and at least one
 * error in *errors, which is empty before and the caller's after. home is config_parse()'s.
 */
bool config_load(const char *path, const char *home, struct config_loaded *loaded, struct config_errors *errors);
void config_loaded_finish(struct config_loaded *loaded);

/* One line an error: "PATH:LINE: text", or "PATH: text" where no line is to blame. */
void config_errors_print(FILE *out, const char *path, const struct config_errors *errors);

#endif
