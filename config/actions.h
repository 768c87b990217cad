#ifndef CONFIG_ACTIONS_H
#define CONFIG_ACTIONS_H

#include "config/parser.h"

/* A row of the table of actions. */
struct action {
	enum config_action action;
	const char *name;
	const char *parameters; /* as the manual writes them */
	size_t params_min, params_max;
	/* What checks and keeps the parameters; NULL where there are none. */
	void (*set)(struct parser *parser, const struct action *action, const struct scfg_directive *untrusted_line,
		struct config_bind *bind);
	const struct word *words; /* of a direction */
	int min, max; /* of a number */
	const char *doc; /* one line */
};

/* Every action, ended by a row without a name. */
extern const struct action actions[];

#endif
