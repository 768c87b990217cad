#ifndef CONFIG_BLOCKS_H
#define CONFIG_BLOCKS_H

/* Walks libscfg's tree by the table. */

#include "config/parser.h"

/* Gives every field of a block's struct its default from the table. */
void block_apply_defaults(struct parser *parser, enum directive_block block, void *target);

/* Checks a block's lines against the table, and fills target. */
void block_parse(
	struct parser *parser, enum directive_block block, const struct scfg_block *untrusted_block, void *target);

#endif
