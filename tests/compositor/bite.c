#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compositor/bite.h"

/* Takes whole bites of requests that cost so many ns a byte, one a microsecond; returns the longest. */
static int64_t take(struct bite *bite, int64_t cost, int count, int64_t *time) {
	int64_t longest = 0;
	for (int i = 0; i < count; i++) {
		size_t bytes = bite_get(bite, 0);
		int64_t ns = (int64_t)bytes * cost;
		longest = ns > longest ? ns : longest;
		*time += ns + 1000;
		bite_note(bite, bytes, ns, *time);
	}
	return longest;
}

static const struct {
	int64_t cost; /* ns a byte */
	size_t least, most; /* bytes that it comes to */
} costs[] = {
	{1, BITE_MAX, BITE_MAX}, {9, BITE_MAX, BITE_MAX}, {40, 500, 2000}, {100, 200, 800}, {400, 50, 200},
	{1000, BITE_MIN, 80}, {100000, BITE_MIN, BITE_MIN},
};

static void test_settles(void **state) {
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		struct bite bite;
		int64_t time = 0;
		bite_init(&bite, time);
		take(&bite, costs[i].cost, 1000000, &time);
		assert_true(bite.bytes >= costs[i].least && bite.bytes <= costs[i].most);
	}
}

/* Who was cheap for a while and is costly then has a few long bites, not one after each that was cheap. */
static void test_shrinks_at_once(void **state) {
	struct bite bite;
	int64_t time = 0;
	bite_init(&bite, time);
	take(&bite, 1, 1000000, &time);
	assert_int_equal(bite.bytes, BITE_MAX);
	take(&bite, 500, 3, &time);
	assert_true(take(&bite, 500, 100, &time) <= BITE_NS);
	int64_t cheap = BITE_DOUBLES_NS / 10;
	for (int64_t until = time + cheap; time < until;) {
		take(&bite, 1, 1, &time);
	}
	assert_true(take(&bite, 500, 1, &time) <= BITE_NS * 2);
}

/* Several connections of one instance: what the first of them took, the others have not. */
static void test_rest(void **state) {
	struct bite bite;
	bite_init(&bite, 0);
	assert_int_equal(bite_get(&bite, 0), BITE_FIRST);
	assert_int_equal(bite_get(&bite, BITE_NS / 2), BITE_FIRST / 2);
	assert_int_equal(bite_get(&bite, BITE_NS - 1), 0);
	assert_int_equal(bite_get(&bite, BITE_NS), 0);
	assert_int_equal(bite_get(&bite, INT64_MAX), 0);
}

/* Nothing is learnt from no time, no bytes, or more than there can be. */
static void test_bounds(void **state) {
	struct bite bite;
	bite_init(&bite, 0);
	bite_note(&bite, 0, INT64_MAX, 1);
	assert_true(bite.bytes >= BITE_MIN && bite.bytes <= BITE_MAX);
	bite_note(&bite, 0, 0, INT64_MAX);
	bite_note(&bite, SIZE_MAX, 0, INT64_MAX);
	assert_true(bite.bytes >= BITE_MIN && bite.bytes <= BITE_MAX);
	for (int64_t i = 1; i < 100; i++) {
		bite_note(&bite, 1, 0, i * BITE_DOUBLES_NS);
	}
	assert_true(bite.bytes >= BITE_MIN && bite.bytes <= BITE_MAX);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settles), cmocka_unit_test(test_shrinks_at_once), cmocka_unit_test(test_rest),
		cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
