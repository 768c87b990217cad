#ifndef CONFIG_DIRECTIVES_H
#define CONFIG_DIRECTIVES_H

#include "config/parser.h"

/* The one table of directives, ended by a row without a name. cofferdam-config(5) is held to it by a test. */
extern const struct directive directives[];
#define DIRECTIVES_MAX 96 /* more than there are */

extern const struct word backend_words[];
extern const struct word network_words[];
extern const struct word grant_words[];

#endif
