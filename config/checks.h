#ifndef CONFIG_CHECKS_H
#define CONFIG_CHECKS_H

#include "config/parser.h"

/* What can be told only when every line is read: that what is named exists. */
void checks_run(struct parser *parser);

/* Gives a colour to each instance without one, and refuses a colour given twice. */
void checks_color(struct parser *parser);

#endif
