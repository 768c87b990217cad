#ifndef CTL_ARGUMENTS_H
#define CTL_ARGUMENTS_H

/* The command line of one subcommand, checked against that subcommand's row. */

#include <stdbool.h>
#include <stddef.h>

struct arguments {
	const char *const *words; /* without options; borrowed from argv */
	size_t words_len;
	bool json, follow, help, yes, all, to;
	const char *config; /* of --config, or NULL; borrowed */
};

enum command_option {
	OPTION_JSON = 1 << 0, /* --json */
	OPTION_FOLLOW = 1 << 1, /* -f, --follow */
	OPTION_CONFIG = 1 << 2, /* -c, --config FILE */
	OPTION_YES = 1 << 3, /* -y, --yes */
	OPTION_ALL = 1 << 4, /* -a, --all */
	OPTION_TO = 1 << 5, /* --to */
};

struct command {
	const char *name;
	const char *synopsis; /* what follows the name, "" for nothing */
	const char *summary; /* one clause, lower case, for `coffer --help` */
	const char *help; /* whole sentences in lines of at most 80 columns, for `coffer NAME --help` */
	unsigned options; /* enum command_option bits, beside -h and --help */
	size_t words_min, words_max;
	/* The words from the second on are somebody else's command line: no option among them is ours. */
	bool passes_on;
	/* Returns an enum control_exit, and has said what is wrong where that is not EXIT_CODE_OK. */
	int (*run)(const struct arguments *arguments);
};

/*
 * Sorts the words out of argv (those after the subcommand's name), which it reorders. "--" ends the options.
 * Returns true, or false where it has said on stderr what is wrong. With arguments->help nothing else counts.
 */
bool arguments_parse(const struct command *command, int argc, char **argv, struct arguments *arguments);

#endif
