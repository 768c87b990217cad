#ifndef CTL_QUESTION_H
#define CTL_QUESTION_H

#include <stdbool.h>

/*
 * Asks on the terminal, "TEXT? [y/N] ". True where the person says yes; false after "no", or where there is no terminal
 * to ask on, which is said: --yes answers in advance.
 */
bool question_ask(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
