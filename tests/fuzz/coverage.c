#include <stdint.h>
#include "tests/fuzz/coverage.h"

#define MAP_SIZE 65536 /* a power of two, so that places are a uint16_t */

/* What is called without an argument can only find its state in one place. */
static struct {
	bool recording;
	uint8_t counts[MAP_SIZE];
	uint16_t reached[MAP_SIZE]; /* whose counts are not zero: a small part of all */
	size_t reached_len;
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
		size_t at = (place ^ (place >> 16)) & (MAP_SIZE - 1);
		if (map.counts[at] == 0) {
			map.reached[map.reached_len++] = (uint16_t)at;
		}
		map.counts[at] += map.counts[at] < UINT8_MAX;
	}
}

void coverage_begin(void) {
	for (size_t i = 0; i < map.reached_len; i++) {
		map.counts[map.reached[i]] = 0;
	}
	map.reached_len = 0;
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
	if ((map.seen[place] & magnitude(count)) != 0) {
		return false;
	}
	map.seen[place] |= magnitude(count);
	return true;
}

bool coverage_end(void) {
	map.recording = false;
	bool is_new = false;
	for (size_t i = 0; i < map.reached_len; i++) {
		is_new |= look_at(map.reached[i]);
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
