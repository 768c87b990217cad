#ifndef COMPOSITOR_FACTS_H
#define COMPOSITOR_FACTS_H

/* What the owners view says of an instance. */

#include "compositor/instance.h"

#define FACTS_SIZE 640

/* "1 window, 1 popup · bubblewrap · nat · 214 MB", and what is amiss, into out (size bytes). Returns out. */
const char *facts_of(const struct instance *instance, char *out, size_t size);

#endif
