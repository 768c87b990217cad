#include <stdint.h>
#include <string.h>
#include "tests/fuzz/coverage.h"

#define MAP_SIZE 65536 /* a power of two */

/* What is called without an argument can only find its state in one place. */
static struct {
	bool recording;
	uint8_t counts[MAP_SIZE];
	uint8_t seen[MAP_SIZE]; /* bit for each order of magnitude */
} map;

#ifdef __clang__
#define NOT_TRACED no_sanitize("coverage")
#else
#define NOT_TRACED no_sanitize_coverage
#endif

__attribute__((NOT_TRACED, no_sanitize("address", "undefined"))) void __sanitizer_cov_trace_pc(void) {
	if (map.recording) {
		uintptr_t place = (uintptr_t)__builtin_return_address(0);
		uint8_t *count = &map.counts[(place ^ (place >> 16)) & (MAP_SIZE - 1)];
		*count += *count < UINT8_MAX;
	}
}

void coverage_begin(void) {
	memset(map.counts, 0, sizeof(map.counts));
	map.recording = true;
}

static uint8_t magnitude(uint8_t count) {
	static const uint8_t limits[] = { 1, 2, 3, 7, 15, 31, 127, 255 };
	uint8_t bit = 0;
	while (count > limits[bit]) {
		bit++;
	}
	return (uint8_t)(1 << bit);
}

static bool look_at(size_t place) {
	uint8_t count = map.counts[place];
	if (count == 0 || (map.seen[place] & magnitude(count)) != 0) {
		return false;
	}
	map.seen[place] |= magnitude(count);
	return true;
}

bool coverage_end(void) {
	map.recording = false;
	bool is_new = false;
	uint64_t eight; /* nearly all are zero, so that many at a time */
	for (size_t i = 0; i < MAP_SIZE; i += sizeof(eight)) {
		memcpy(&eight, map.counts + i, sizeof(eight));
		for (size_t k = 0; eight != 0 && k < sizeof(eight); k++) {
			is_new |= look_at(i + k);
		}
	}
	return is_new;
}

size_t coverage_count(void) {
	size_t count = 0;
	for (size_t i = 0; i < MAP_SIZE; i++) {
		count += map.seen[i] != 0;
	}
	return count;
}
