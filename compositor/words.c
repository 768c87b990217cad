#include "compositor/words.h"

#include <inttypes.h>
#include <stdio.h>

#define UNIT 1000

const char *words_size(uint64_t bytes, char *out, size_t size) {
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	size_t unit = 0;
	uint64_t whole = bytes, rest = 0;
	while (whole >= UNIT) {
		rest = whole % UNIT;
		whole /= UNIT;
		unit++;
	}
	/* Of a small number the first decimal says something. Rounded down: no 999.96 becomes 1000. */
	if (unit > 0 && whole < 10) {
		snprintf(out, size, "%" PRIu64 ".%" PRIu64 " %s", whole, rest / (UNIT / 10), units[unit]);
	} else {
		snprintf(out, size, "%" PRIu64 " %s", whole, units[unit]);
	}
	return out;
}

const char *words_left(int64_t left_ms, char *out, size_t size) {
	static const struct {
		int64_t from_seconds, unit_seconds;
		const char *unit;
	} steps[] = {{2 * 3600, 3600, "h"}, {2 * 60, 60, "min"}, {0, 1, "s"}};
	int64_t seconds = left_ms > 0 ? left_ms / 1000 + (left_ms % 1000 != 0) : 0;
	size_t step = 0;
	while (seconds < steps[step].from_seconds) {
		step++;
	}
	int64_t unit = steps[step].unit_seconds;
	snprintf(out, size, "%" PRId64 " %s", seconds / unit + (seconds % unit != 0), steps[step].unit);
	return out;
}

const char *words_count(uint64_t count, const char *noun, char *out, size_t size) {
	if (count == 0) {
		snprintf(out, size, "no %ss", noun);
	} else {
		snprintf(out, size, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
	}
	return out;
}
