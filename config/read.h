#ifndef CONFIG_READ_H
#define CONFIG_READ_H

#include "config/config.h"

/*
 * config_parse(), but with the model where there are errors too, so that more can be checked: NULL only where the
 * text cannot be read as blocks of lines. errors are not in order yet.
 */
struct config *read_model(const char *untrusted_text, size_t length, const char *home, struct config_errors *errors);

#endif
