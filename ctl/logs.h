#ifndef CTL_LOGS_H
#define CTL_LOGS_H

#include "ctl/arguments.h"

/*
 * What the programs of an instance have written, cleaned for a terminal wherever it goes: pipes end in terminals.
 * With --follow, goes on with what is added, through the file's being cut or replaced, until a signal.
 */
int logs_show(const struct arguments *arguments);

#endif
