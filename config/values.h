#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

/* Setters for one field, by its type. Each checks what the row of the table says. */

#include "config/parser.h"

/* Whole decimal digits with an optional sign, within int. Independent of the locale. */
bool value_integer(const char *untrusted_text, int *out);
/* Decimal digits with an optional sign and point. Independent of the locale. */
bool value_number(const char *untrusted_text, double *out);

/* Whole decimal digits, then nothing, K, M or G, of 1024 each. */
bool value_size(const char *untrusted_text, uint64_t *out);

#define VALUE_SETTER(name) \
	void name(struct parser *parser, const struct directive *directive, const struct scfg_directive *untrusted_line, \
		void *target)

VALUE_SETTER(set_integer); /* int */
VALUE_SETTER(set_number); /* double, or one of the row's words */
VALUE_SETTER(set_size); /* uint64_t, bytes with K or M */
VALUE_SETTER(set_memory); /* uint64_t, bytes with K, M or G, or auto, or none */
VALUE_SETTER(set_text); /* char * */
VALUE_SETTER(set_word); /* int or enum */
VALUE_SETTER(set_bool); /* bool, from a word */
VALUE_SETTER(set_flag); /* bool, from the directive's own name */
VALUE_SETTER(set_color); /* uint32_t */
VALUE_SETTER(set_mode); /* of struct config_output */
VALUE_SETTER(set_position); /* of struct config_output */
VALUE_SETTER(set_limit); /* uint64_t by enum config_limit; limit.c */
VALUE_SETTER(set_root); /* char *: "host" or a path */
VALUE_SETTER(set_kernel); /* of struct config_instance */

/* lists.c: these add to a list. */
VALUE_SETTER(set_menu);
VALUE_SETTER(add_exec);
VALUE_SETTER(add_types);
VALUE_SETTER(add_pair);
VALUE_SETTER(add_grants); /* uint32_t bits */
VALUE_SETTER(add_app);
VALUE_SETTER(add_environment);
VALUE_SETTER(add_start);

/* paths.c */
VALUE_SETTER(add_files);
VALUE_SETTER(add_persist);
VALUE_SETTER(add_include); /* of a text that is no file: what it names is not read */

/* actions.c */
VALUE_SETTER(add_bind);

#endif
