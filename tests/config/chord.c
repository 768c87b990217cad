#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#include "config/chord.h"
#include "config/config.h"

static void test_good(void **state) {
	static const struct {
		const char *text;
		uint32_t modifiers, keysym;
	} rows[] = {
		{ "Super+Shift+Return", MODIFIER_SUPER | MODIFIER_SHIFT, XKB_KEY_Return },
		{ "super+shift+return", MODIFIER_SUPER | MODIFIER_SHIFT, XKB_KEY_Return },
		{ "SUPER+C", MODIFIER_SUPER, XKB_KEY_c },
		{ "Super+c", MODIFIER_SUPER, XKB_KEY_c },
		{ "Super+Super+c", MODIFIER_SUPER, XKB_KEY_c },
		{ "Super+1", MODIFIER_SUPER, XKB_KEY_1 },
		{ "Super+Space", MODIFIER_SUPER, XKB_KEY_space },
		{ "Super+comma", MODIFIER_SUPER, XKB_KEY_comma },
		{ "Super+Adiaeresis", MODIFIER_SUPER, XKB_KEY_adiaeresis },
		{ "Super+Shift+Escape", MODIFIER_SUPER | MODIFIER_SHIFT, XKB_KEY_Escape },
		{ "Ctrl+Alt+Delete", MODIFIER_CTRL | MODIFIER_ALT, XKB_KEY_Delete },
		{ "Ctrl+Alt+Shift+a", MODIFIER_CTRL | MODIFIER_ALT | MODIFIER_SHIFT, XKB_KEY_a },
		{ "F1", 0, XKB_KEY_F1 },
		{ "f35", 0, XKB_KEY_F35 },
		{ "Alt+F4", MODIFIER_ALT, XKB_KEY_F4 },
		{ "Print", 0, XKB_KEY_Print },
		{ "Pause", 0, XKB_KEY_Pause },
		{ "Scroll_Lock", 0, XKB_KEY_Scroll_Lock },
		{ "xf86audiomute", 0, XKB_KEY_XF86AudioMute },
		{ "XF86MonBrightnessUp", 0, XKB_KEY_XF86MonBrightnessUp },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t modifiers, keysym;
		char *error = chord_parse(rows[i].text, &modifiers, &keysym);
		if (error != NULL) {
			fail_msg("%s: %s", rows[i].text, error);
		}
		assert_int_equal(modifiers, rows[i].modifiers);
		assert_int_equal(keysym, rows[i].keysym);
	}
}

#define BEFORE "expected Super, Shift, Ctrl or Alt before each '+' of a chord, not "
#define KEY "expected the name of a key, such as Return, comma or F1, not "
#define MODIFIER "expected a key that is no modifier at the end of a chord, not "
#define TAKES \
	" would take a key from programs: expected Super+ or Ctrl+Alt+, " \
	"or a key that types nothing, such as F1 or Print"
#define FIXED " always shows whose each window is: expected another chord"
#define TERMINAL " switches the virtual terminal: expected another chord"

static void test_bad(void **state) {
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", KEY "''" },
		{ "+", BEFORE "'+'" },
		{ "Super+", KEY "''" },
		{ "Super++", BEFORE "'Super++'" },
		{ "Super+,", KEY "','" },
		{ "Super+nokey", KEY "'nokey'" },
		{ "Super+NoSymbol", KEY "'NoSymbol'" },
		{ "Super+VoidSymbol", KEY "'VoidSymbol'" },
		{ "Super+0x0", KEY "'0x0'" },
		{ "Hyper+a", BEFORE "'Hyper+a'" },
		{ "Super+a+b", BEFORE "'Super+a+b'" },
		{ "+a", BEFORE "'+a'" },
		{ "Super +a", BEFORE "'Super +a'" },
		{ "Super_L", MODIFIER "'Super_L'" },
		{ "Super+Shift_R", MODIFIER "'Shift_R'" },
		{ "Super+Caps_Lock", MODIFIER "'Caps_Lock'" },
		{ "Super+Num_Lock", MODIFIER "'Num_Lock'" },
		{ "Super+ISO_Level3_Shift", MODIFIER "'ISO_Level3_Shift'" },
		{ "Super+ISO_Level5_Lock", MODIFIER "'ISO_Level5_Lock'" },
		{ "a", "'a'" TAKES },
		{ "Shift+a", "'Shift+a'" TAKES },
		{ "Ctrl+c", "'Ctrl+c'" TAKES },
		{ "Alt+Tab", "'Alt+Tab'" TAKES },
		{ "Return", "'Return'" TAKES },
		{ "Escape", "'Escape'" TAKES },
		{ "KP_1", "'KP_1'" TAKES },
		{ "U20AC", "'U20AC'" TAKES },
		{ "Ctrl+Shift+BackSpace", "'Ctrl+Shift+BackSpace'" TAKES },
		{ "Super+Escape", "'Super+Escape'" FIXED },
		{ "super+escape", "'super+escape'" FIXED },
		{ "Super+0xff1b", "'Super+0xff1b'" FIXED },
		{ "Ctrl+Alt+F1", "'Ctrl+Alt+F1'" TERMINAL },
		{ "Alt+Ctrl+Super+F12", "'Alt+Ctrl+Super+F12'" TERMINAL },
		{ "XF86Switch_VT_3", "'XF86Switch_VT_3'" TERMINAL },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t modifiers, keysym;
		char *error = chord_parse(rows[i].text, &modifiers, &keysym);
		if (error == NULL) {
			fail_msg("%s was taken", rows[i].text);
		}
		assert_string_equal(error, rows[i].error);
		free(error);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
