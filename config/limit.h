#ifndef CONFIG_LIMIT_H
#define CONFIG_LIMIT_H

/* `limit NAME NUMBER`: the one table of what an instance may have of the compositor at a time. */

#include "config/parser.h"

struct limit_row {
	const char *name;
	uint64_t min, max;
	uint64_t fallback; /* what holds where the file says nothing */
	bool is_bytes; /* written as a size: 512M, 2G */
};

/* By enum config_limit. */
extern const struct limit_row limit_rows[CONFIG_LIMITS];
/* The same names with their enum values, for errors and look-ups. */
extern const struct word limit_words[];

void limits_set_defaults(uint64_t limits[CONFIG_LIMITS]);

#endif
