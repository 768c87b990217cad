#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#include "policy/keys.h"

static const struct config_bind binds[] = {
	{.modifiers = MODIFIER_SUPER, .keysym = XKB_KEY_c},
	{.modifiers = MODIFIER_SUPER | MODIFIER_SHIFT, .keysym = XKB_KEY_q},
	{.modifiers = 0, .keysym = XKB_KEY_XF86AudioMute},
	{.modifiers = MODIFIER_CTRL | MODIFIER_ALT, .keysym = XKB_KEY_Delete},
	{.modifiers = MODIFIER_SUPER, .keysym = XKB_KEY_Cyrillic_es},
	/* A config cannot have these two; were they to come, they would have no effect. */
	{.modifiers = MODIFIER_SUPER, .keysym = XKB_KEY_Escape},
	{.modifiers = 0, .keysym = XKB_KEY_NoSymbol},
	{.modifiers = MODIFIER_SUPER, .keysym = XKB_KEY_1},
	{.modifiers = MODIFIER_SUPER, .keysym = XKB_KEY_exclam},
};
#define BINDS_LEN (sizeof(binds) / sizeof(binds[0]))

static void test_match(void **state) {
	static const struct {
		uint32_t modifiers, keysym;
		int bind;
	} rows[] = {
		{MODIFIER_SUPER, XKB_KEY_c, 0},
		{MODIFIER_SUPER, XKB_KEY_C, 0},
		{MODIFIER_SUPER | MODIFIER_SHIFT, XKB_KEY_Q, 1},
		{MODIFIER_SUPER | MODIFIER_SHIFT, XKB_KEY_q, 1},
		{MODIFIER_SUPER, XKB_KEY_q, -1},
		{MODIFIER_SHIFT, XKB_KEY_q, -1},
		{MODIFIER_SUPER | MODIFIER_CTRL, XKB_KEY_c, -1},
		{0, XKB_KEY_c, -1},
		{0, XKB_KEY_XF86AudioMute, 2},
		{MODIFIER_SHIFT, XKB_KEY_XF86AudioMute, -1},
		{MODIFIER_CTRL | MODIFIER_ALT, XKB_KEY_Delete, 3},
		{MODIFIER_SUPER, XKB_KEY_Cyrillic_ES, 4},
		{MODIFIER_SUPER, XKB_KEY_Escape, -1},
		{0, XKB_KEY_NoSymbol, -1},
		{MODIFIER_SUPER, XKB_KEY_NoSymbol, -1},
		/* Bits that are no modifier of a chord, as Caps Lock or Num Lock, are not looked at. */
		{MODIFIER_SUPER | 0xfff0, XKB_KEY_c, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int bind = keys_match(binds, BINDS_LEN, rows[i].modifiers, rows[i].keysym);
		if (bind != rows[i].bind) {
			fail_msg("row %zu: %d, expected %d", i, bind, rows[i].bind);
		}
	}
	assert_int_equal(keys_match(NULL, 0, MODIFIER_SUPER, XKB_KEY_c), -1);
}

/* ---- a person at the keys ---- */

/* A press with one keysym; what the bookkeeping says. */
static enum keys_verdict press(struct keys *keys, uint32_t code, uint32_t modifiers, uint32_t keysym, int *bind) {
	bool is_super = keysym == XKB_KEY_Super_L || keysym == XKB_KEY_Super_R;
	return keys_press(keys, code, is_super, modifiers, &keysym, 1, binds, BINDS_LEN, bind);
}

enum step_kind { DOWN = 1, UP, SWITCH, WITHHOLD };

struct step {
	enum step_kind kind;
	uint32_t code, modifiers, keysym;
	enum keys_verdict verdict;
	int bind;
};

#define STEPS_MAX 12

static const struct story {
	const char *what;
	struct step steps[STEPS_MAX];
} stories[] = {
	{"a key goes to the focused instance, press and release", {
		{DOWN, KEY_A, 0, XKB_KEY_a, KEYS_FORWARD, -1},
		{UP, KEY_A, 0, 0, KEYS_FORWARD, 0},
	}},
	{"Super alone is never seen", {
		{DOWN, KEY_LEFTMETA, 0, XKB_KEY_Super_L, KEYS_SWALLOW, -1},
		{UP, KEY_LEFTMETA, 0, 0, KEYS_SWALLOW, 0},
	}},
	{"a chord: neither press nor release, whichever key goes up first", {
		{DOWN, KEY_LEFTMETA, 0, XKB_KEY_Super_L, KEYS_SWALLOW, -1},
		{DOWN, KEY_C, MODIFIER_SUPER, XKB_KEY_c, KEYS_CHORD, 0},
		{UP, KEY_C, 0, 0, KEYS_SWALLOW, 0},
		{DOWN, KEY_C, MODIFIER_SUPER, XKB_KEY_c, KEYS_CHORD, 0},
		{UP, KEY_LEFTMETA, 0, 0, KEYS_SWALLOW, 0},
		{UP, KEY_C, 0, 0, KEYS_SWALLOW, 0},
		{DOWN, KEY_C, 0, XKB_KEY_c, KEYS_FORWARD, -1},
		{UP, KEY_C, 0, 0, KEYS_FORWARD, 0},
	}},
	{"what is no chord but held with Super is nobody's text", {
		{DOWN, KEY_LEFTMETA, 0, XKB_KEY_Super_L, KEYS_SWALLOW, -1},
		{DOWN, KEY_Z, MODIFIER_SUPER, XKB_KEY_z, KEYS_SWALLOW, -1},
		{UP, KEY_LEFTMETA, 0, 0, KEYS_SWALLOW, 0},
		{UP, KEY_Z, 0, 0, KEYS_SWALLOW, 0},
	}},
	{"Super counts while its key is down, though xkb knows nothing of it", {
		{DOWN, KEY_RIGHTMETA, 0, XKB_KEY_Super_R, KEYS_SWALLOW, -1},
		{DOWN, KEY_Z, 0, XKB_KEY_z, KEYS_SWALLOW, -1},
		{DOWN, KEY_C, 0, XKB_KEY_c, KEYS_CHORD, 0},
		{DOWN, KEY_ESC, 0, XKB_KEY_Escape, KEYS_OWNERS, -1},
		{UP, KEY_RIGHTMETA, 0, 0, KEYS_SWALLOW, 0},
		{DOWN, KEY_X, 0, XKB_KEY_x, KEYS_FORWARD, -1},
	}},
	{"xkb's Super counts too, as from a virtual keyboard that presses no key for it", {
		{DOWN, 1, MODIFIER_SUPER, XKB_KEY_c, KEYS_CHORD, 0},
		{UP, 1, 0, 0, KEYS_SWALLOW, 0},
		{DOWN, 1, MODIFIER_SUPER, XKB_KEY_z, KEYS_SWALLOW, -1},
	}},
	{"the chord's other modifiers: each is released to whom it was pressed", {
		{DOWN, KEY_LEFTSHIFT, 0, XKB_KEY_Shift_L, KEYS_FORWARD, -1},
		{DOWN, KEY_LEFTMETA, MODIFIER_SHIFT, XKB_KEY_Super_L, KEYS_SWALLOW, -1},
		{DOWN, KEY_Q, MODIFIER_SHIFT | MODIFIER_SUPER, XKB_KEY_Q, KEYS_CHORD, 1},
		{UP, KEY_Q, 0, 0, KEYS_SWALLOW, 0},
		{UP, KEY_LEFTSHIFT, 0, 0, KEYS_FORWARD, 0},
		{DOWN, KEY_LEFTSHIFT, MODIFIER_SUPER, XKB_KEY_Shift_L, KEYS_SWALLOW, -1},
		{DOWN, KEY_Q, MODIFIER_SHIFT | MODIFIER_SUPER, XKB_KEY_Q, KEYS_CHORD, 1},
		{UP, KEY_LEFTMETA, 0, 0, KEYS_SWALLOW, 0},
		{UP, KEY_LEFTSHIFT, 0, 0, KEYS_SWALLOW, 0},
	}},
	{"a chord without Super", {
		{DOWN, KEY_LEFTCTRL, 0, XKB_KEY_Control_L, KEYS_FORWARD, -1},
		{DOWN, KEY_LEFTALT, MODIFIER_CTRL, XKB_KEY_Alt_L, KEYS_FORWARD, -1},
		{DOWN, KEY_DELETE, MODIFIER_CTRL | MODIFIER_ALT, XKB_KEY_Delete, KEYS_CHORD, 3},
		{UP, KEY_LEFTCTRL, 0, 0, KEYS_FORWARD, 0},
		{UP, KEY_DELETE, 0, 0, KEYS_SWALLOW, 0},
		{UP, KEY_LEFTALT, 0, 0, KEYS_FORWARD, 0},
	}},
	{"a key that was down before Super goes up where it went down", {
		{DOWN, KEY_A, 0, XKB_KEY_a, KEYS_FORWARD, -1},
		{DOWN, KEY_LEFTMETA, 0, XKB_KEY_Super_L, KEYS_SWALLOW, -1},
		{UP, KEY_A, 0, 0, KEYS_FORWARD, 0},
	}},
	{"a key held across a switch is not released to the other", {
		{DOWN, KEY_A, 0, XKB_KEY_a, KEYS_FORWARD, -1},
		{SWITCH, 0, 0, 0, 0, 0},
		{DOWN, KEY_B, 0, XKB_KEY_b, KEYS_FORWARD, -1},
		{DOWN, KEY_A, 0, XKB_KEY_a, KEYS_SWALLOW, -1},
		{UP, KEY_A, 0, 0, KEYS_SWALLOW, 0},
		{UP, KEY_B, 0, 0, KEYS_FORWARD, 0},
		{DOWN, KEY_A, 0, XKB_KEY_a, KEYS_FORWARD, -1},
	}},
	{"a second press of what is down, and a release of what is not", {
		{UP, KEY_A, 0, 0, KEYS_SWALLOW, 0},
		{DOWN, KEY_A, 0, XKB_KEY_a, KEYS_FORWARD, -1},
		{DOWN, KEY_A, 0, XKB_KEY_a, KEYS_SWALLOW, -1},
		{UP, KEY_A, 0, 0, KEYS_FORWARD, 0},
		{UP, KEY_A, 0, 0, KEYS_SWALLOW, 0},
		{DOWN, KEY_C, MODIFIER_SUPER, XKB_KEY_c, KEYS_CHORD, 0},
		{DOWN, KEY_C, MODIFIER_SUPER, XKB_KEY_c, KEYS_SWALLOW, -1},
		{DOWN, KEY_C, 0, XKB_KEY_c, KEYS_SWALLOW, -1},
		{UP, KEY_C, 0, 0, KEYS_SWALLOW, 0},
	}},
	{"a key that turns into Super while it is down stays what it was", {
		{DOWN, KEY_A, 0, XKB_KEY_a, KEYS_FORWARD, -1},
		{DOWN, KEY_A, 0, XKB_KEY_Super_L, KEYS_SWALLOW, -1},
		{UP, KEY_A, 0, 0, KEYS_FORWARD, 0},
	}},
	{"Super+Escape, whatever else is held, and however often", {
		{DOWN, KEY_LEFTCTRL, 0, XKB_KEY_Control_L, KEYS_FORWARD, -1},
		{DOWN, KEY_LEFTMETA, MODIFIER_CTRL, XKB_KEY_Super_L, KEYS_SWALLOW, -1},
		{DOWN, KEY_ESC, MODIFIER_CTRL | MODIFIER_SUPER, XKB_KEY_Escape, KEYS_OWNERS, -1},
		{DOWN, KEY_ESC, MODIFIER_SUPER, XKB_KEY_Escape, KEYS_OWNERS, -1},
		{UP, KEY_ESC, 0, 0, KEYS_SWALLOW, 0},
		{DOWN, KEY_ESC, 0xf, XKB_KEY_Escape, KEYS_OWNERS, -1},
		{UP, KEY_ESC, 0, 0, KEYS_SWALLOW, 0},
		{UP, KEY_LEFTMETA, 0, 0, KEYS_SWALLOW, 0},
		{DOWN, KEY_ESC, MODIFIER_CTRL, XKB_KEY_Escape, KEYS_FORWARD, -1},
		{UP, KEY_ESC, 0, 0, KEYS_FORWARD, 0},
	}},
	{"what a prompt took is not released to the window below", {
		{DOWN, KEY_Y, 0, XKB_KEY_y, KEYS_FORWARD, -1},
		{WITHHOLD, KEY_Y, 0, 0, 0, 0},
		{WITHHOLD, KEY_X, 0, 0, 0, 0},
		{UP, KEY_Y, 0, 0, KEYS_SWALLOW, 0},
		{DOWN, KEY_X, 0, XKB_KEY_x, KEYS_FORWARD, -1},
		{UP, KEY_X, 0, 0, KEYS_FORWARD, 0},
	}},
};

static void play(const struct story *story) {
	struct keys keys = {0};
	for (size_t i = 0; i < STEPS_MAX && story->steps[i].kind; i++) {
		const struct step *step = &story->steps[i];
		enum keys_verdict verdict = step->verdict;
		int bind = 77;
		switch (step->kind) {
		case DOWN:
			verdict = press(&keys, step->code, step->modifiers, step->keysym, &bind);
			assert_true(keys_any_pressed(&keys));
			break;
		case UP:
			verdict = keys_release(&keys, step->code);
			break;
		case SWITCH:
			keys_switch(&keys);
			break;
		case WITHHOLD:
			keys_withhold(&keys, step->code);
			break;
		}
		if (verdict != step->verdict || (step->kind == DOWN && bind != step->bind)) {
			fail_msg("%s: step %zu: verdict %d, bind %d", story->what, i, verdict, bind);
		}
	}
}

static void test_stories(void **state) {
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		play(&stories[i]);
	}
}

static void test_several_keysyms(void **state) {
	struct keys keys = {0};
	int bind;
	/* Level 0 before the translated one. */
	const uint32_t one[] = {XKB_KEY_1, XKB_KEY_exclam};
	assert_int_equal(keys_press(&keys, KEY_1, false, MODIFIER_SUPER, one, 2, binds, BINDS_LEN, &bind), KEYS_CHORD);
	assert_int_equal(bind, 7);
	/* The second one alone, as with a layout of other letters. */
	const uint32_t es[] = {XKB_KEY_Cyrillic_ze, XKB_KEY_c};
	assert_int_equal(keys_press(&keys, KEY_C, false, MODIFIER_SUPER, es, 2, binds, BINDS_LEN, &bind), KEYS_CHORD);
	assert_int_equal(bind, 0);
	const uint32_t escape[] = {XKB_KEY_Caps_Lock, XKB_KEY_Escape};
	assert_int_equal(keys_press(&keys, KEY_CAPSLOCK, false, MODIFIER_SUPER, escape, 2, binds, BINDS_LEN, &bind),
		KEYS_OWNERS);
	/* A key that means nothing is a key all the same. */
	assert_int_equal(keys_press(&keys, KEY_F20, false, 0, NULL, 0, NULL, 0, &bind), KEYS_FORWARD);
	assert_int_equal(bind, -1);
}

/* More keys than a person has fingers: no press without room for its release, and Super+Escape still. */
static void test_too_many(void **state) {
	struct keys keys = {0};
	int bind;
	for (uint32_t i = 0; i < KEYS_PRESSED_MAX; i++) {
		assert_int_equal(press(&keys, 1000 + i, 0, XKB_KEY_a, &bind), KEYS_FORWARD);
	}
	assert_int_equal(press(&keys, KEY_A, 0, XKB_KEY_a, &bind), KEYS_SWALLOW);
	assert_int_equal(keys_release(&keys, KEY_A), KEYS_SWALLOW);
	assert_int_equal(press(&keys, KEY_C, MODIFIER_SUPER, XKB_KEY_c, &bind), KEYS_SWALLOW);
	assert_int_equal(press(&keys, KEY_LEFTMETA, 0, XKB_KEY_Super_L, &bind), KEYS_SWALLOW);
	assert_int_equal(press(&keys, KEY_ESC, MODIFIER_SUPER, XKB_KEY_Escape, &bind), KEYS_OWNERS);
	assert_int_equal(keys_release(&keys, KEY_ESC), KEYS_SWALLOW);
	for (uint32_t i = 0; i < KEYS_PRESSED_MAX; i++) {
		assert_true(keys_any_pressed(&keys));
		assert_int_equal(keys_release(&keys, 1000 + i), KEYS_FORWARD);
	}
	assert_false(keys_any_pressed(&keys));
}

/*
 * Any order of events: what an instance is told is always a press, then its own release, and never while Super is
 * held. The sequence is the same in every run.
 */
static void test_any_order(void **state) {
	static const uint32_t codes[] = {KEY_LEFTMETA, KEY_RIGHTMETA, KEY_LEFTSHIFT, KEY_A, KEY_C, KEY_Q, KEY_ESC};
	static const uint32_t keysyms[] = {XKB_KEY_Super_L, XKB_KEY_Super_R, XKB_KEY_Shift_L, XKB_KEY_a, XKB_KEY_c,
		XKB_KEY_q, XKB_KEY_Escape};
	struct keys keys = {0};
	bool down[7] = {0}, told[7] = {0};
	uint32_t random = 1;
	for (int step = 0; step < 200000; step++) {
		random = random * 1664525 + 1013904223;
		size_t key = (random >> 16) % 7;
		uint32_t action = (random >> 24) % 16;
		bool super = down[0] || down[1];
		uint32_t modifiers = (super ? MODIFIER_SUPER : 0) | (down[2] ? MODIFIER_SHIFT : 0);
		int bind;
		if (action == 0) {
			keys_switch(&keys);
			for (size_t i = 0; i < 7; i++) {
				told[i] = false;
			}
		} else if (action < 8) {
			enum keys_verdict verdict = press(&keys, codes[key], modifiers, keysyms[key], &bind);
			if (verdict == KEYS_FORWARD) {
				assert_false(super || key < 2 || down[key] || told[key]);
				told[key] = true;
			} else if (verdict == KEYS_SWALLOW) {
				assert_true(super || key < 2 || down[key]);
			}
			assert_int_equal(verdict == KEYS_OWNERS, super && key == 6);
			assert_int_equal(verdict == KEYS_CHORD, bind >= 0);
			down[key] = true;
		} else {
			assert_int_equal(keys_release(&keys, codes[key]), told[key] ? KEYS_FORWARD : KEYS_SWALLOW);
			down[key] = told[key] = false;
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_several_keysyms),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_any_order),
	};
	return cmocka_run_group_tests_name("policy keys", tests, NULL, NULL);
}
