#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon.h>

#include "config/keymap.h"

#define KEYBOARD(a, b, c, d, e) \
	{ .rules = (char *)a, .model = (char *)b, .layout = (char *)c, .variant = (char *)d, .options = (char *)e }

static void test_good(void **state) {
	static const struct config_keyboard keyboards[] = {
		KEYBOARD("", "", "", "", ""),
		KEYBOARD("", "", "us", "", ""),
		KEYBOARD("evdev", "pc105", "us,de", ",nodeadkeys", "ctrl:nocaps"),
	};
	static const unsigned int layouts[] = { 1, 1, 2 };
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES);
	for (size_t i = 0; i < 3; i++) {
		char *error;
		char *text = config_keymap_text(&keyboards[i], &error);
		assert_null(error);
		assert_non_null(text);
		/* Whoever gets it needs no keyboard data of its own. */
		struct xkb_keymap *keymap = xkb_keymap_new_from_string(
			context, text, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
		assert_non_null(keymap);
		assert_int_equal(xkb_keymap_num_layouts(keymap), layouts[i]);
		xkb_keymap_unref(keymap);
		free(text);
	}
	xkb_context_unref(context);
}

static void test_bad(void **state) {
	static const struct {
		struct config_keyboard keyboard;
		const char *begin;
	} rows[] = {
		{ KEYBOARD("", "", "nowhere", "", ""),
			"input: expected xkb names that the system has, not layout 'nowhere' (" },
		{ KEYBOARD("", "", "us", "nobody", ""),
			"input: expected xkb names that the system has, not layout 'us', variant 'nobody' (" },
		{ KEYBOARD("norules", "", "us", "", ""),
			"input: expected xkb names that the system has, not rules 'norules', layout 'us' (" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *error;
		assert_null(config_keymap_text(&rows[i].keyboard, &error));
		assert_non_null(error);
		if (strncmp(error, rows[i].begin, strlen(rows[i].begin)) != 0) {
			fail_msg("%s", error);
		}
		assert_null(strchr(error, '\n'));
		free(error);
	}
}

int main(void) {
	/* The machine's own settings are not what is tested. */
	unsetenv("XKB_DEFAULT_RULES");
	unsetenv("XKB_DEFAULT_MODEL");
	unsetenv("XKB_DEFAULT_LAYOUT");
	unsetenv("XKB_DEFAULT_VARIANT");
	unsetenv("XKB_DEFAULT_OPTIONS");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
