#ifndef CONFIG_OPEN_H
#define CONFIG_OPEN_H

/* What opens a block: checks its name and returns the struct that its lines fill, or NULL, and said. */

#include "config/parser.h"

/* What no instance may be called; ends in NULL. */
extern const char *const reserved_names[];

#define COLOR_UNSET UINT32_MAX /* an instance's colour until the palette gives it one */

void *open_output(
	struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line);
void *open_keyboard(
	struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line);
void *open_instance(
	struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line);

#endif
