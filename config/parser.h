#ifndef CONFIG_PARSER_H
#define CONFIG_PARSER_H

/*
 * What the files that turn a text into a model share: the state of one parse, and the form of the table's rows.
 * Only config/ and its tests include it.
 */

#include <scfg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "config/config.h"
#include "config/sources.h"

/* An instance, or an instance's app, that some line names and that has to exist when all is read. */
struct reference {
	int line;
	const char *directive; /* whose parameter it is */
	const char *instance, *app; /* borrowed from the model; app may be NULL */
};

struct parser {
	struct config *config;
	struct config_errors *errors;
	const char *home; /* NULL where "~" stays */
	const struct config_sources *sources; /* where the lines stand; NULL: in one file */
	struct reference *references;
	size_t references_len;
};

enum directive_block {
	BLOCK_NONE, /* not in any, opens none */
	BLOCK_TOP, /* outside of all blocks */
	BLOCK_OUTPUT,
	BLOCK_KEYBOARD,
	BLOCK_POINTER,
	BLOCK_SHELL,
	BLOCK_CLIPBOARD,
	BLOCK_LAYOUT,
	BLOCK_INSTANCE,
};

/* One word of a closed set, and what it stands for. Lists end in a NULL name. */
struct word {
	const char *name;
	int value;
	const char *refusal; /* why it is reserved but refused, else NULL */
};

/* A row of the table. */
struct directive {
	enum directive_block block; /* where it stands */
	const char *name;
	const char *selector; /* its fixed first parameter, as in `input keyboard`, or NULL */
	const char *parameters; /* as the manual writes them */
	int params_min, params_max; /* how many */
	bool repeats; /* may stand more than once in its block */

	/* A directive with a block: what opens it and returns the struct it fills. NULL: the config itself. */
	enum directive_block opens;
	void *(*open)(
		struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line);

	/* Without: what checks the parameters and puts them where they go, reporting what is wrong. */
	void (*set)(struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line,
		void *target);
	size_t offset; /* of the field in the block's struct; rows that share one exclude one another */
	const struct word *words; /* for types that are words */
	double min, max; /* of a number; of the bytes of a text; max: how many entries a list may have */
	const char *unit; /* "seconds" */
	const char *fallback; /* the default, as the file would write it; NULL: see unset */
	const char *unset; /* what holds without it, where that is no value */
	const char *doc; /* one line */
};

/* An error at a line of a directive, its name before it. */
void parser_error(struct parser *parser, const struct scfg_directive *untrusted_line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "line 5", or "line 5 of FILE" where that is another than that of the line it is said on. out has PLACE_SIZE bytes. */
#define PLACE_SIZE 320
const char *parser_place(const struct parser *parser, const struct scfg_directive *untrusted_line, int line, char *out);
void parser_refer(struct parser *parser, int line, const char *directive, const char *instance, const char *app);

/* The word's row, or NULL. */
const struct word *word_find(const struct word *words, const char *untrusted_name);
/* The name of a value; "" where it has none. */
const char *word_name(const struct word *words, int value);
/* "a, b or c", without the refused ones. The caller frees it. */
char *word_list(const struct word *words);
/* Finds it or reports what was expected. */
const struct word *word_expect(struct parser *parser, const struct word *words,
	const struct scfg_directive *untrusted_line, const char *untrusted_name);

/* Copies count words; argv->words is NULL-terminated. False, and said, where they are too many or too long. */
bool argv_set(struct parser *parser, const struct scfg_directive *untrusted_line, char *const *untrusted_words,
	size_t count, struct config_argv *argv);

#endif
