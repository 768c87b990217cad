#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>

#include "config/values.h"
#include "tests/config/text.h"

static void test_integer(void **state) {
	static const struct {
		const char *text;
		bool valid;
		int value;
	} rows[] = {
		{ "0", true, 0 },
		{ "007", true, 7 },
		{ "+5", true, 5 },
		{ "-5", true, -5 },
		{ "2147483647", true, INT_MAX },
		{ "-2147483647", true, -INT_MAX },
		{ "2147483648", false, 0 },
		{ "99999999999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "+-5", false, 0 },
		{ " 5", false, 0 },
		{ "5 ", false, 0 },
		{ "5.0", false, 0 },
		{ "5;", false, 0 },
		{ "0x5", false, 0 },
		{ "٥", false, 0 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int value = 0;
		assert_int_equal(value_integer(rows[i].text, &value), rows[i].valid);
		assert_int_equal(value, rows[i].value);
	}
}

static void test_number(void **state) {
	static const struct {
		const char *text;
		bool valid;
		double value;
	} rows[] = {
		{ "0", true, 0 },
		{ "1.5", true, 1.5 },
		{ "-0.25", true, -0.25 },
		{ "+2", true, 2 },
		{ "1.", false, 0 },
		{ ".5", false, 0 },
		{ "1,5", false, 0 },
		{ "1e3", false, 0 },
		{ "nan", false, 0 },
		{ "inf", false, 0 },
		{ "1000000", true, 1000000 },
		{ "1000001", false, 0 },
		{ "", false, 0 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double value = 0;
		assert_int_equal(value_number(rows[i].text, &value), rows[i].valid);
		assert_true(value > rows[i].value - 1e-9 && value < rows[i].value + 1e-9);
	}
}

#define SCALE "scale: expected a number from 0.5 to 4 or auto, not "
#define MODE "mode: expected a mode such as 1920x1080 or 1920x1080@59.94, not "
#define POSITION "position: expected a whole number from -32768 to 32767, not "
#define TRANSFORM "transform: expected normal, 90, 180, 270, flipped, flipped-90, flipped-180 or flipped-270, not "

static void test_output(void **state) {
	static const struct text_case rows[] = {
		{ "scale auto", 0, NULL },
		{ "scale 0.5", 0, NULL },
		{ "scale 4", 0, NULL },
		{ "scale 0.49", 0, SCALE "'0.49'" },
		{ "scale 4.01", 0, SCALE "'4.01'" },
		{ "scale -1", 0, SCALE "'-1'" },
		{ "scale ''", 0, SCALE "''" },
		{ "mode 1x1", 0, NULL },
		{ "mode 16384x16384@1000", 0, NULL },
		{ "mode 1920x1080@59.94Hz", 0, NULL },
		{ "mode 16385x1", 0, MODE "'16385x1'" },
		{ "mode 0x1", 0, MODE "'0x1'" },
		{ "mode 1x0", 0, MODE "'1x0'" },
		{ "mode 1920", 0, MODE "'1920'" },
		{ "mode 1920x", 0, MODE "'1920x'" },
		{ "mode 1920x1080@", 0, MODE "'1920x1080@'" },
		{ "mode 1920x1080@0", 0, MODE "'1920x1080@0'" },
		{ "mode 1920x1080@60hz", 0, MODE "'1920x1080@60hz'" },
		{ "mode 1920X1080", 0, MODE "'1920X1080'" },
		{ "position 0 0", 0, NULL },
		{ "position -32768 32767", 0, NULL },
		{ "position -32769 0", 0, POSITION "'-32769'" },
		{ "position 0 32768", 0, POSITION "'32768'" },
		{ "position 0 b", 0, POSITION "'b'" },
		{ "transform flipped-270", 0, NULL },
		{ "transform 45", 0, TRANSFORM "'45'" },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("output DP-1", rows);
}

static void test_keyboard(void **state) {
	static const struct text_case rows[] = {
		{ "repeat-rate 0", 0, NULL },
		{ "repeat-rate 200", 0, NULL },
		{ "repeat-rate 201", 0, "repeat-rate: expected a whole number of keys a second from 0 to 200, not '201'" },
		{ "repeat-rate -1", 0, "repeat-rate: expected a whole number of keys a second from 0 to 200, not '-1'" },
		{ "repeat-delay 49", 0, "repeat-delay: expected a whole number of milliseconds from 50 to 5000, not '49'" },
		{ "xkb-options ctrl:nocaps,grp:alt_shift_toggle", 0, NULL },
		{ "xkb-layout us de", 0, "xkb-layout: expected 1 parameter (NAME[,NAME...]), not 2" },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("input keyboard", rows);
}

static void test_pointer(void **state) {
	static const struct text_case rows[] = {
		{ "tap on", 0, NULL },
		{ "tap off", 0, NULL },
		{ "tap default", 0, NULL },
		{ "tap yes", 0, "tap: expected on, off or default, not 'yes'" },
		{ "accel-profile adaptive", 0, NULL },
		{ "accel-profile fast", 0, "accel-profile: expected flat, adaptive or default, not 'fast'" },
		{ "accel-speed -1", 0, NULL },
		{ "accel-speed 1", 0, NULL },
		{ "accel-speed 1.1", 0, "accel-speed: expected a number from -1 to 1, not '1.1'" },
		{ "cursor-size 7", 0, "cursor-size: expected a whole number of pixels from 8 to 128, not '7'" },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("input pointer", rows);
}

#define LIMIT "limit: expected a size from 1K to 64M, such as 512K or 16M, not "

static void test_clipboard(void **state) {
	static const struct text_case rows[] = {
		{ "limit 1024", 0, NULL },
		{ "limit 1K", 0, NULL },
		{ "limit 64M", 0, NULL },
		{ "limit 1023", 0, LIMIT "'1023'" },
		{ "limit 65M", 0, LIMIT "'65M'" },
		{ "limit 2147483647M", 0, LIMIT "'2147483647M'" },
		{ "limit 16m", 0, LIMIT "'16m'" },
		{ "limit 16MB", 0, LIMIT "'16MB'" },
		{ "limit -1K", 0, LIMIT "'-1K'" },
		{ "limit M", 0, LIMIT "'M'" },
		{ "expire 0", 0, NULL },
		{ "expire 3601", 0, "expire: expected a whole number of seconds from 0 to 3600, not '3601'" },
		{ "timeout 0", 0, "timeout: expected a whole number of seconds from 1 to 30, not '0'" },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("clipboard", rows);
}

static void test_layout(void **state) {
	static const struct text_case rows[] = {
		{ "main-ratio 0.1", 0, NULL },
		{ "main-ratio 0.9", 0, NULL },
		{ "main-ratio 0.09", 0, "main-ratio: expected a number from 0.1 to 0.9, not '0.09'" },
		{ "main-ratio auto", 0, "main-ratio: expected a number from 0.1 to 0.9, not 'auto'" },
		{ "main-count 0", 0, "main-count: expected a whole number of windows from 1 to 9, not '0'" },
		{ "gap 0", 0, NULL },
		{ "gap 101", 0, "gap: expected a whole number of pixels from 0 to 100, not '101'" },
		{ "font \"DejaVu Sans\"", 0, NULL },
		{ "font \"\"", 0, "font: expected a text of 1 to 255 bytes, not 0" },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("layout", rows);
}

#define MEMORY "memory: expected a size from 64M to 1024G, such as 512M or 4G, auto or none, not "

static void test_instance(void **state) {
	static const struct text_case rows[] = {
		{ "color \"#1775fd\"", 0, NULL },
		{ "color #ABCDEF", 0, NULL },
		{ "color 1775fd", 0, "color: expected a colour as #rrggbb, not '1775fd'" },
		{ "color #1775f", 0, "color: expected a colour as #rrggbb, not '#1775f'" },
		{ "color #1775fdf", 0, "color: expected a colour as #rrggbb, not '#1775fdf'" },
		{ "color #1775fg", 0, "color: expected a colour as #rrggbb, not '#1775fg'" },
		{ "color red", 0, "color: expected a colour as #rrggbb, not 'red'" },
		{ "backend bubblewrap", 0, NULL },
		{ "backend podman", 0, NULL },
		{ "backend vm", 0, NULL },
		{ "backend jail", 0, "backend: expected bubblewrap, podman or vm, not 'jail'" },
		{ "network host", 0, "network: expected none or nat, not 'host'" },
		{ "fullscreen cover", 0, NULL },
		{ "fullscreen on", 0, "fullscreen: expected strip or cover, not 'on'" },
		{ "grace 60", 0, NULL },
		{ "limit clients 1", 0, NULL },
		{ "limit objects 1000000", 0, NULL },
		{ "limit types 30", 0, NULL },
		{ "limit surfaces 0", 0, "limit: expected a whole number from 1 to 1000000, not '0'" },
		{ "limit surfaces 1000001", 0, "limit: expected a whole number from 1 to 1000000, not '1000001'" },
		{ "limit buffers many", 0, "limit: expected a whole number from 1 to 1000000, not 'many'" },
		{ "limit windows 3", 0, NULL },
		{ "limit popup-depth 64", 0, NULL },
		{ "limit popup-depth 65", 0, "limit: expected a whole number from 1 to 64, not '65'" },
		{ "limit shared-memory 64M", 0, NULL },
		{ "limit shared-memory 1024G", 0, NULL },
		{ "limit shared-memory 1025G", 0,
			"limit: expected a size from 1M to 1024G, such as 512M or 2G, not '1025G'" },
		{ "limit shared-memory 1023K", 0, "limit: expected a size from 1M to 1024G, such as 512M or 2G, not '1023K'" },
		{ "limit surfaces 1K", 0, "limit: expected a whole number from 1 to 1000000, not '1K'" },
		{ "limit panes 3", 0,
			"limit: expected clients, surfaces, subsurfaces, windows, popups, popup-depth, pools, shared-memory, "
			"buffers, callbacks, feedbacks, descriptors, tokens, types or objects, not 'panes'" },
		{ "memory 4G", 0, NULL },
		{ "memory 64M", 0, NULL },
		{ "memory auto", 0, NULL },
		{ "memory none", 0, NULL },
		{ "memory 63M", 0, MEMORY "'63M'" },
		{ "memory 1025G", 0, MEMORY "'1025G'" },
		{ "memory 2147483647G", 0, MEMORY "'2147483647G'" },
		{ "memory 4T", 0, MEMORY "'4T'" },
		{ "memory unlimited", 0, MEMORY "'unlimited'" },
		{ "pids 64", 0, NULL },
		{ "pids 63", 0, "pids: expected a whole number of processes from 64 to 32768, not '63'" },
		{ "cpu-weight 10000", 0, NULL },
		{ "cpu-weight 0", 0, "cpu-weight: expected a whole number of shares from 1 to 10000, not '0'" },
		{ "cpus 64", 0, NULL },
		{ "cpus 0", 0, "cpus: expected a whole number of processors from 1 to 64, not '0'" },
		{ "acceleration none", 0, NULL },
		{ "acceleration hvf", 0, "acceleration: expected auto, kvm or none, not 'hvf'" },
		{ "grace 61", 0, "grace: expected a whole number of seconds from 0 to 60, not '61'" },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("instance work", rows);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integer),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_keyboard),
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_clipboard),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_instance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
