#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "policy/palette.h"

#define DESKTOP 0x0f1115
#define WHITE 0xffffff

static const char *const sight_names[] = {"normal sight", "protanopia", "deuteranopia", "tritanopia"};

static void assert_near(double value, double expected, double tolerance) {
	if (!(fabs(value - expected) <= tolerance)) {
		fail_msg("%f, expected %f", value, expected);
	}
}

/* Known values, so that the promises below are measured with a true rule. */
static void test_measures(void **state) {
	assert_near(palette_contrast(0x000000, WHITE), 21, 1e-9);
	assert_near(palette_contrast(WHITE, 0x000000), 21, 1e-9);
	assert_near(palette_contrast(0x777777, WHITE), 4.478, 0.001); /* WCAG's own near miss */
	assert_near(palette_contrast(0x123456, 0x123456), 1, 1e-9);

	/* OKLab: white is L 1, a 0, b 0; black is 0, 0, 0; sRGB red is 0.6280, 0.2249, 0.1258. */
	assert_near(palette_distance(0x000000, WHITE, SIGHT_NORMAL), 1, 1e-4);
	assert_near(palette_distance(0x000000, 0xff0000, SIGHT_NORMAL), sqrt(0.6280 * 0.6280 +
		0.2249 * 0.2249 + 0.1258 * 0.1258), 1e-3);
	for (int sight = SIGHT_NORMAL; sight <= SIGHT_TRITANOPIA; sight++) {
		assert_near(palette_distance(0x4abd95, 0x4abd95, sight), 0, 1e-12);
		/* Greys look the same to everybody. */
		assert_near(palette_distance(0x202020, 0xd0d0d0, sight),
			palette_distance(0x202020, 0xd0d0d0, SIGHT_NORMAL), 1e-3);
		assert_near(palette_distance(0x1775fd, 0xfa9719, sight),
			palette_distance(0xfa9719, 0x1775fd, sight), 1e-12);
	}
	/* The pairs that each sight confuses come closer under it, and only under it, by far. */
	assert_true(palette_distance(0xc04040, 0x6a6a30, SIGHT_PROTANOPIA) <
		palette_distance(0xc04040, 0x6a6a30, SIGHT_NORMAL) / 2);
	assert_true(palette_distance(0xd02090, 0x3080a0, SIGHT_DEUTERANOPIA) <
		palette_distance(0xd02090, 0x3080a0, SIGHT_NORMAL) / 2);
	assert_true(palette_distance(0x2080c0, 0x208f80, SIGHT_TRITANOPIA) <
		palette_distance(0x2080c0, 0x208f80, SIGHT_NORMAL) / 2);
}

static void test_colours_differ(void **state) {
	for (int sight = SIGHT_NORMAL; sight <= SIGHT_TRITANOPIA; sight++) {
		double smallest = INFINITY;
		for (size_t i = 0; i < PALETTE_LEN; i++) {
			for (size_t k = i + 1; k < PALETTE_LEN; k++) {
				double distance = palette_distance(palette_default[i], palette_default[k], sight);
				smallest = fmin(smallest, distance);
				if (distance < 0.105) {
					fail_msg("#%06x and #%06x are %.4f apart under %s", palette_default[i],
						palette_default[k], distance, sight_names[sight]);
				}
			}
		}
		printf("smallest distance under %s: %.4f\n", sight_names[sight], smallest);
	}
}

static void test_contrasts(void **state) {
	static const uint32_t text[PALETTE_LEN] = {
		0, 0, WHITE, 0, WHITE, 0, WHITE, 0, 0, 0, 0, 0,
	};
	double tag = INFINITY, border = INFINITY;
	for (size_t i = 0; i < PALETTE_LEN; i++) {
		uint32_t color = palette_default[i];
		assert_int_equal(palette_text_on(color), text[i]);
		tag = fmin(tag, palette_contrast(color, palette_text_on(color)));
		border = fmin(border, palette_contrast(color, DESKTOP));
		if (tag < 4.6 || border < 3) {
			fail_msg("#%06x: tag text %.2f, border %.2f", color, tag, border);
		}
	}
	printf("smallest contrast of tag text %.2f, of the border %.2f\n", tag, border);
	/* Whatever colour a person chooses, its text can be read: no colour is below 4.5. */
	for (uint32_t color = 0; color <= WHITE; color += 0x10307) {
		assert_true(palette_contrast(color, palette_text_on(color)) >= 4.5);
	}
	assert_int_equal(palette_text_on(0x000000), WHITE);
	assert_int_equal(palette_text_on(WHITE), 0x000000);
}

static void test_pick(void **state) {
	assert_int_equal(palette_pick(NULL, 0), palette_default[0]);
	/* Twelve picks are twelve colours, and the next twelve again, whatever came first. */
	uint32_t taken[2 * PALETTE_LEN];
	for (size_t first = 0; first < PALETTE_LEN; first++) {
		taken[0] = palette_default[first];
		for (size_t i = 1; i < 2 * PALETTE_LEN; i++) {
			taken[i] = palette_pick(taken, i);
			assert_int_equal(taken[i], palette_pick(taken, i));
			for (size_t k = i - i % PALETTE_LEN; k < i; k++) {
				assert_int_not_equal(taken[k], taken[i]);
			}
		}
	}
	/* The second is as far as can be from the first. */
	for (size_t i = 0; i < PALETTE_LEN; i++) {
		uint32_t second = palette_pick(&palette_default[i], 1);
		double best = 0, got = INFINITY;
		for (size_t k = 0; k < PALETTE_LEN; k++) {
			double worst = INFINITY;
			for (int sight = SIGHT_NORMAL; sight <= SIGHT_TRITANOPIA; sight++) {
				worst = fmin(worst, palette_distance(palette_default[i], palette_default[k], sight));
			}
			best = fmax(best, worst);
			got = palette_default[k] == second ? worst : got;
		}
		assert_near(got, best, 1e-12);
	}
	/* A colour of the person's own counts by how near it is. */
	uint32_t own = palette_default[0] ^ 0x010101;
	assert_int_not_equal(palette_pick(&own, 1), palette_default[0]);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measures),
		cmocka_unit_test(test_colours_differ),
		cmocka_unit_test(test_contrasts),
		cmocka_unit_test(test_pick),
	};
	return cmocka_run_group_tests_name("policy palette", tests, NULL, NULL);
}
