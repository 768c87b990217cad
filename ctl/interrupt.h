#ifndef CTL_INTERRUPT_H
#define CTL_INTERRUPT_H

/* Ctrl+C, and a terminal that is closed, while something large is being made: it is taken away before coffer ends. */

#include <stdbool.h>

/* From now on the first SIGINT or SIGHUP is remembered; the second ends coffer where it is. */
void interrupt_watch(void);
bool interrupt_came(void);

#endif
