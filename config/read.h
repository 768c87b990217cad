#ifndef CONFIG_READ_H
#define CONFIG_READ_H

#include "config/config.h"
#include "config/sources.h"

/*
 * config_parse(), but with the model where there are errors too, so that more can be checked: NULL only where the
 * text cannot be read as blocks of lines. errors are not in order yet. sources: where the lines of the text stand, or NULL.
 */
struct config *read_model(const char *untrusted_text, size_t length, const char *home, const struct config_sources *sources,
	struct config_errors *errors);

#endif
