#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>
#include "tests/fuzz/random.h"

/*
 * Changes data (size bytes, room for max) in one to eight ways: bits, bytes, numbers, digits, pieces left out,
 * repeated, or taken from other (other_size bytes, which may be data's own origin). Returns the new size.
 */
size_t mutate(struct rng *rng, uint8_t *data, size_t size, size_t max, const uint8_t *other, size_t other_size);

#endif
