#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

/* A config from a file, whole or not at all: for the supervisor and for `coffer check`. */

#include <stdio.h>
#include "config/config.h"
#include "config/sources.h"

struct config_loaded {
	struct config *config; /* its lines are those of the text */
	char *text; /* the whole, as config_parse() takes it, with a zero byte after it */
	size_t length;
	struct config_sources sources; /* the files that it was made of */
	char *keymap; /* xkb text for config->keyboard */
};

/*
 * Reads, checks and compiles the file at path, and what it includes: regular files (or links to them) of at most CONFIG_SIZE_MAX bytes.
 * Returns true and everything in *loaded, for config_loaded_finish(); or false, *loaded empty, and at least one
 * error in *errors, which is empty before and the caller's after. home is config_parse()'s.
 */
bool config_load(const char *path, const char *home, struct config_loaded *loaded, struct config_errors *errors);
/* The same, with one of the files as it is to be. */
bool config_load_draft(const char *path, const char *home, const struct config_draft *draft, struct config_loaded *loaded,
	struct config_errors *errors);
void config_loaded_finish(struct config_loaded *loaded);

/* One line an error: "PATH:LINE: text", or "PATH: text" where no line is to blame; PATH is path, or that of the included file. */
void config_errors_print(FILE *out, const char *path, const struct config_errors *errors);

#endif
