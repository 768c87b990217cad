#ifndef TESTS_FUZZ_RANDOM_H
#define TESTS_FUZZ_RANDOM_H

/* Numbers that look like chance and follow from a seed alone (splitmix64), so that every run can be had again. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state; /* the seed, at first; any will do */
};

uint64_t rng_next(struct rng *rng);
/* From 0 to limit - 1; 0 where limit is 0. */
size_t rng_below(struct rng *rng, size_t limit);
/* True in one of `in` cases. */
bool rng_one(struct rng *rng, size_t in);
/* A number such as programs stumble over: around 0, around powers of two, or any. */
uint32_t rng_odd_number(struct rng *rng);

#endif
