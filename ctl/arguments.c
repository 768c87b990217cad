#include <string.h>

#include "ctl/arguments.h"
#include "ctl/text.h"

static const struct {
	const char *spelling;
	unsigned option; /* 0: help, which every subcommand has */
} spellings[] = {
	{ "-h", 0 },
	{ "--help", 0 },
	{ "--json", OPTION_JSON },
	{ "-f", OPTION_FOLLOW },
	{ "--follow", OPTION_FOLLOW },
	{ "-c", OPTION_CONFIG },
	{ "--config", OPTION_CONFIG },
	{ "-y", OPTION_YES },
	{ "--yes", OPTION_YES },
	{ "-a", OPTION_ALL },
	{ "--all", OPTION_ALL },
	{ "--to", OPTION_TO },
};

/* *value is the word after it, and becomes NULL where the option takes that. */
static bool set_option(
	const struct command *command, const char *word, char **value, struct arguments *arguments) {
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		unsigned option = spellings[i].option;
		if (strcmp(word, spellings[i].spelling) != 0 || (option & ~command->options) != 0) {
			continue;
		}
		arguments->help = arguments->help || option == 0;
		arguments->json = arguments->json || option == OPTION_JSON;
		arguments->follow = arguments->follow || option == OPTION_FOLLOW;
		arguments->yes = arguments->yes || option == OPTION_YES;
		arguments->to = arguments->to || option == OPTION_TO;
		arguments->all = arguments->all || option == OPTION_ALL;
		if (option == OPTION_CONFIG) {
			if (*value == NULL) {
				text_complain("%s wants a file after it", word);
				return false;
			}
			arguments->config = *value;
			*value = NULL;
		}
		return true;
	}
	text_complain("%s has no option %s: coffer %s --help lists them", command->name, word, command->name);
	return false;
}

bool arguments_parse(const struct command *command, int argc, char **argv, struct arguments *arguments) {
	*arguments = (struct arguments){ .words = (const char *const *)argv };
	bool options_ended = false;
	size_t len = 0;
	for (int i = 0; i < argc; i++) {
		bool passed_on = command->passes_on && len >= 2;
		/* analyzer: of argc words each is there */
		if (!options_ended && !passed_on && strcmp(argv[i], "--") == 0) {
			options_ended = true;
		} else if (!options_ended && !passed_on && argv[i][0] == '-' && argv[i][1] != '\0') {
			char *value = i + 1 < argc ? argv[i + 1] : NULL;
			const bool had_value = value != NULL;
			if (!set_option(command, argv[i], &value, arguments)) {
				return false;
			}
			i += had_value && value == NULL;
		} else {
			argv[len++] = argv[i];
		}
	}
	arguments->words_len = len;
	if (!arguments->help && (len < command->words_min || len > command->words_max)) {
		text_complain(
			"write it as: coffer %s%s%s", command->name, command->synopsis[0] != '\0' ? " " : "", command->synopsis);
		return false;
	}
	return true;
}
