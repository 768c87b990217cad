#ifndef CONFIG_BLOCKS_H
#define CONFIG_BLOCKS_H

/* Walks libscfg's tree by the table, and makes what a block fills. */

#include "config/parser.h"

#define COLOR_UNSET UINT32_MAX /* an instance's colour until the palette gives it one */

/* Gives every field of a block's struct its default from the table. */
void block_apply_defaults(struct parser *parser, enum directive_block block, void *target);

/* Checks a block's lines against the table, and fills target. */
void block_parse(
	struct parser *parser, enum directive_block block, const struct scfg_block *untrusted_block, void *target);

/* For the table. */
void *open_output(
	struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line);
void *open_keyboard(
	struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line);
void *open_instance(
	struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line);

#endif
