#ifndef TESTS_FUZZ_MODEL_H
#define TESTS_FUZZ_MODEL_H

#include "config/config.h"

/* Everything in a config but the numbers of lines, as text: two that say the same are the same. The caller frees it. */
char *model_print(const struct config *config);

#endif
