#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "policy/protocols.h"

/* What each audience is promised, said here a second time: to change a row, change both. */
static const char *const everyone[] = {
	"wl_compositor", "wl_data_device_manager", "wl_fixes", "wl_output", "wl_shm", "wl_subcompositor",
	"wp_alpha_modifier_v1", "wp_content_type_manager_v1", "wp_cursor_shape_manager_v1",
	"wp_fractional_scale_manager_v1", "wp_presentation", "wp_single_pixel_buffer_manager_v1", "wp_viewporter",
	"xdg_activation_v1", "xdg_system_bell_v1", "xdg_toplevel_tag_manager_v1", "xdg_wm_base", "xdg_wm_dialog_v1",
	"zwp_pointer_gestures_v1", "zwp_primary_selection_device_manager_v1", "zwp_text_input_manager_v3",
	"zxdg_decoration_manager_v1",
};
static const char *const shell[] = {
	"ext_data_control_manager_v1", "ext_foreign_toplevel_image_capture_source_manager_v1",
	"ext_foreign_toplevel_list_v1", "ext_idle_notifier_v1", "ext_image_copy_capture_manager_v1",
	"ext_output_image_capture_source_manager_v1", "ext_session_lock_manager_v1", "ext_workspace_manager_v1",
	"zwlr_foreign_toplevel_manager_v1", "zwlr_gamma_control_manager_v1", "zwlr_layer_shell_v1",
	"zwlr_output_manager_v1", "zwlr_output_power_manager_v1", "zwlr_screencopy_manager_v1",
	"zwlr_virtual_pointer_manager_v1", "zwp_virtual_keyboard_manager_v1",
};
static const struct {
	uint32_t grant;
	const char *interface;
} granted[] = {
	{GRANT_GPU, "zwp_linux_dmabuf_v1"},
	{GRANT_GPU, "wp_linux_drm_syncobj_manager_v1"},
	{GRANT_COLOR_MANAGEMENT, "wp_color_manager_v1"},
	{GRANT_COLOR_MANAGEMENT, "wp_color_representation_manager_v1"},
	{GRANT_TOPLEVEL_ICON, "xdg_toplevel_icon_manager_v1"},
	{GRANT_XDG_OUTPUT, "zxdg_output_manager_v1"},
	{GRANT_POINTER_LOCK, "zwp_pointer_constraints_v1"},
	{GRANT_POINTER_LOCK, "zwp_relative_pointer_manager_v1"},
	{GRANT_IDLE_INHIBIT, "zwp_idle_inhibit_manager_v1"},
	{GRANT_TEARING, "wp_tearing_control_manager_v1"},
	{GRANT_TABLET, "zwp_tablet_manager_v2"},
	{GRANT_INPUT_METHOD, "zwp_input_method_manager_v2"},
	{GRANT_XDG_FOREIGN, "zxdg_exporter_v2"},
	{GRANT_XDG_FOREIGN, "zxdg_importer_v2"},
};
/* A few of those that must never be seen, and that wlroots 0.20 could advertise. */
static const char *const nobody[] = {
	"ext_transient_seat_manager_v1", "org_kde_kwin_server_decoration_manager", "wl_drm", "wp_drm_lease_device_v1",
	"wp_security_context_manager_v1", "xwayland_shell_v1", "zwlr_data_control_manager_v1",
	"zwlr_export_dmabuf_manager_v1", "zwp_keyboard_shortcuts_inhibit_manager_v1", "zxdg_exporter_v1",
	"zxdg_importer_v1",
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define GRANTS_ALL UINT32_MAX

/* May an instance without a word, one with this grant, one with all others, and the shell see it? */
static void assert_seen(const char *interface, uint32_t grant, bool plain, bool with, bool without, bool by_shell) {
	const struct protocol_rule *rule = protocol_find(interface);
	if (!rule) {
		fail_msg("%s has no row", interface);
		return;
	}
	if (protocol_allows(rule, false, 0) != plain || protocol_allows(rule, false, grant) != with ||
			protocol_allows(rule, false, ~grant) != without || protocol_allows(rule, true, 0) != by_shell) {
		fail_msg("%s is not seen as it should be", interface);
	}
}

static void test_audiences(void **state) {
	for (size_t i = 0; i < LEN(everyone); i++) {
		assert_seen(everyone[i], 0, true, true, true, true);
	}
	for (size_t i = 0; i < LEN(shell); i++) {
		assert_seen(shell[i], GRANTS_ALL, false, false, false, true);
	}
	for (size_t i = 0; i < LEN(granted); i++) {
		assert_seen(granted[i].interface, granted[i].grant, false, true, false, true);
	}
	for (size_t i = 0; i < LEN(nobody); i++) {
		assert_seen(nobody[i], GRANTS_ALL, false, false, false, false);
	}
	/* The seat is its owner's: the table alone lets nobody see it. */
	assert_int_equal(protocol_find("wl_seat")->audience, PROTOCOL_OWN);
	assert_seen("wl_seat", GRANTS_ALL, false, false, false, false);
}

/* Nobody is let in but by the lists above. */
static void test_no_more_than_promised(void **state) {
	size_t len, seen = 0, own = 0;
	const struct protocol_rule *rules = protocol_rules(&len);
	for (size_t i = 0; i < len; i++) {
		seen += protocol_allows(&rules[i], true, GRANTS_ALL);
		own += rules[i].audience == PROTOCOL_OWN;
		assert_int_equal(rules[i].audience == PROTOCOL_GRANTED, rules[i].grant != 0);
		assert_true(strlen(rules[i].why) >= 8 && strlen(rules[i].why) <= 60);
	}
	assert_int_equal(seen, LEN(everyone) + LEN(shell) + LEN(granted));
	assert_int_equal(own, 1);
}

static void test_find(void **state) {
	size_t len;
	const struct protocol_rule *rules = protocol_rules(&len);
	for (size_t i = 0; i < len; i++) {
		assert_ptr_equal(protocol_find(rules[i].interface), &rules[i]);
		assert_true(i == 0 || strcmp(rules[i - 1].interface, rules[i].interface) < 0);
	}
	assert_null(protocol_find(""));
	assert_null(protocol_find("a"));
	assert_null(protocol_find("wl_seat2"));
	assert_null(protocol_find("wl_sea"));
	assert_null(protocol_find("WL_SEAT"));
	assert_null(protocol_find("zzz"));
	assert_false(protocol_allows(NULL, true, GRANTS_ALL));
	/* A row that someone spoils lets nobody in. */
	assert_false(protocol_allows(&(struct protocol_rule){"x", PROTOCOL_GRANTED, 0, ""}, false, GRANTS_ALL));
	assert_false(protocol_allows(&(struct protocol_rule){"x", (enum protocol_audience)99, 0, ""}, true, GRANTS_ALL));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_audiences),
		cmocka_unit_test(test_no_more_than_promised),
		cmocka_unit_test(test_find),
	};
	return cmocka_run_group_tests_name("policy protocols", tests, NULL, NULL);
}
