#include "tests/fuzz/random.h"

uint64_t rng_next(struct rng *rng) {
	rng->state += 0x9e3779b97f4a7c15;
	uint64_t z = rng->state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

size_t rng_below(struct rng *rng, size_t limit) {
	return limit == 0 ? 0 : (size_t)(rng_next(rng) % limit);
}

bool rng_one(struct rng *rng, size_t in) {
	return rng_below(rng, in) == 0;
}

uint32_t rng_odd_number(struct rng *rng) {
	switch (rng_below(rng, 4)) {
	case 0:
		return (uint32_t)rng_next(rng);
	case 1:
		return (uint32_t)rng_below(rng, 17);
	default:
		/* One less than a power of two, it, and one more; or the same below zero. */
		return ((uint32_t)1 << rng_below(rng, 32)) * (rng_one(rng, 4) ? UINT32_MAX : 1) + (uint32_t)rng_below(rng, 3) -
			1;
	}
}
