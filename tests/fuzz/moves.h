#ifndef TESTS_FUZZ_MOVES_H
#define TESTS_FUZZ_MOVES_H

/* What a client does with its connection: what honest ones do, in any order, and any request there is. */

#include "tests/fuzz/raw.h"

/* One of both, chosen by the connection's chance; nothing is sent yet. */
void moves_make(struct raw *raw);

#endif
