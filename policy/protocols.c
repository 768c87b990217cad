#include <string.h>

#include "config/config.h"
#include "policy/protocols.h"

/* In order of interface: protocol_find() searches by halves. */
static const struct protocol_rule rules[] = {
	{"ext_background_effect_manager_v1", PROTOCOL_NOBODY, 0,
		"blurs what lies behind a window, which is not its own"},
	{"ext_data_control_manager_v1", PROTOCOL_SHELL, 0, "reads and sets a clipboard without focus"},
	{"ext_foreign_toplevel_image_capture_source_manager_v1", PROTOCOL_SHELL, 0,
		"pictures of other instances' windows"},
	{"ext_foreign_toplevel_list_v1", PROTOCOL_SHELL, 0, "titles of other instances' windows"},
	{"ext_idle_notifier_v1", PROTOCOL_SHELL, 0, "tells when the person is typing elsewhere"},
	{"ext_image_copy_capture_manager_v1", PROTOCOL_SHELL, 0, "takes pictures of the screen"},
	{"ext_output_image_capture_source_manager_v1", PROTOCOL_SHELL, 0, "pictures of whole outputs"},
	{"ext_session_lock_manager_v1", PROTOCOL_SHELL, 0, "covers every output and takes all input"},
	{"ext_transient_seat_manager_v1", PROTOCOL_NOBODY, 0,
		"would make seats past the one per instance"},
	{"ext_workspace_manager_v1", PROTOCOL_SHELL, 0, "shows and switches all workspaces"},
	{"org_kde_kwin_server_decoration_manager", PROTOCOL_NOBODY, 0,
		"xdg-decoration serves; frames are ours alone"},
	{"wl_compositor", PROTOCOL_EVERYONE, 0, "surfaces of its own"},
	{"wl_data_device_manager", PROTOCOL_EVERYONE, 0,
		"clipboard and drags on the instance's own seat"},
	{"wl_drm", PROTOCOL_NOBODY, 0, "legacy; linux-dmabuf serves"},
	{"wl_fixes", PROTOCOL_EVERYONE, 0, "lets a client destroy its registry"},
	{"wl_output", PROTOCOL_EVERYONE, 0, "size and scale, under neutral names"},
	{"wl_seat", PROTOCOL_OWN, 0, "input reaches one instance only"},
	{"wl_shell", PROTOCOL_NOBODY, 0, "legacy; xdg-shell serves"},
	{"wl_shm", PROTOCOL_EVERYONE, 0, "buffers in the client's own memory"},
	{"wl_subcompositor", PROTOCOL_EVERYONE, 0, "subsurfaces, clipped to the frame"},
	{"wp_alpha_modifier_v1", PROTOCOL_EVERYONE, 0, "opacity of its own surfaces"},
	{"wp_color_manager_v1", PROTOCOL_GRANTED, GRANT_COLOR_MANAGEMENT,
		"describes the monitor's colours"},
	{"wp_color_representation_manager_v1", PROTOCOL_GRANTED, GRANT_COLOR_MANAGEMENT,
		"goes with colour management"},
	{"wp_commit_timing_manager_v1", PROTOCOL_NOBODY, 0, "not implemented by wlroots 0.20"},
	{"wp_content_type_manager_v1", PROTOCOL_EVERYONE, 0, "a hint about its own surfaces"},
	{"wp_cursor_shape_manager_v1", PROTOCOL_EVERYONE, 0, "cursors of the compositor's own theme"},
	{"wp_drm_lease_device_v1", PROTOCOL_NOBODY, 0, "hands out a monitor past the compositor"},
	{"wp_fifo_manager_v1", PROTOCOL_NOBODY, 0, "not implemented by wlroots 0.20"},
	{"wp_fractional_scale_manager_v1", PROTOCOL_EVERYONE, 0, "the scale of its own surfaces"},
	{"wp_image_description_reference_v1", PROTOCOL_NOBODY, 0,
		"not a global by its text; no request makes one yet"},
	{"wp_linux_drm_syncobj_manager_v1", PROTOCOL_GRANTED, GRANT_GPU, "needs the GPU"},
	{"wp_pointer_warp_v1", PROTOCOL_NOBODY, 0, "moves the pointer without the person"},
	{"wp_presentation", PROTOCOL_EVERYONE, 0, "when its own frames were shown"},
	{"wp_security_context_manager_v1", PROTOCOL_NOBODY, 0, "its sockets would carry no instance"},
	{"wp_single_pixel_buffer_manager_v1", PROTOCOL_EVERYONE, 0, "buffers of one colour"},
	{"wp_tearing_control_manager_v1", PROTOCOL_GRANTED, GRANT_TEARING,
		"changes how the whole output is shown"},
	{"wp_viewporter", PROTOCOL_EVERYONE, 0, "crops and scales its own surfaces"},
	{"xdg_activation_v1", PROTOCOL_EVERYONE, 0, "tokens are checked against the instance"},
	{"xdg_session_manager_v1", PROTOCOL_NOBODY, 0, "not implemented by wlroots 0.20"},
	{"xdg_shell", PROTOCOL_NOBODY, 0, "legacy; xdg_wm_base serves"},
	{"xdg_system_bell_v1", PROTOCOL_EVERYONE, 0, "a rate-limited mark in the strip"},
	{"xdg_toplevel_drag_manager_v1", PROTOCOL_NOBODY, 0, "not implemented by wlroots 0.20"},
	{"xdg_toplevel_icon_manager_v1", PROTOCOL_GRANTED, GRANT_TOPLEVEL_ICON,
		"a picture of its choice beside trusted text"},
	{"xdg_toplevel_tag_manager_v1", PROTOCOL_EVERYONE, 0, "a name of its own windows, cleaned"},
	{"xdg_wm_base", PROTOCOL_EVERYONE, 0, "windows and popups, framed"},
	{"xdg_wm_dialog_v1", PROTOCOL_EVERYONE, 0, "says which of its windows are dialogs"},
	{"xwayland_shell_v1", PROTOCOL_NOBODY, 0, "X11 is not served"},
	{"zwlr_data_control_manager_v1", PROTOCOL_NOBODY, 0, "ext data control serves"},
	{"zwlr_export_dmabuf_manager_v1", PROTOCOL_NOBODY, 0, "ext image capture serves"},
	{"zwlr_foreign_toplevel_manager_v1", PROTOCOL_SHELL, 0,
		"lists and steers other instances' windows"},
	{"zwlr_gamma_control_manager_v1", PROTOCOL_SHELL, 0, "colours of whole outputs"},
	{"zwlr_layer_shell_v1", PROTOCOL_SHELL, 0, "panels and overlays outside any frame"},
	{"zwlr_output_manager_v1", PROTOCOL_SHELL, 0,
		"changes outputs and tells what monitors they are"},
	{"zwlr_output_power_manager_v1", PROTOCOL_SHELL, 0, "switches outputs off"},
	{"zwlr_screencopy_manager_v1", PROTOCOL_SHELL, 0, "pictures of whole outputs, for grim"},
	{"zwlr_virtual_pointer_manager_v1", PROTOCOL_SHELL, 0, "moves and clicks as the person would"},
	{"zwp_fullscreen_shell_v1", PROTOCOL_NOBODY, 0, "gives a client the whole output"},
	{"zwp_idle_inhibit_manager_v1", PROTOCOL_GRANTED, GRANT_IDLE_INHIBIT,
		"keeps the screen from locking"},
	{"zwp_input_method_manager_v2", PROTOCOL_GRANTED, GRANT_INPUT_METHOD,
		"sees the keys of its own instance's seat"},
	{"zwp_input_method_v1", PROTOCOL_NOBODY, 0, "legacy; input method v2 serves"},
	{"zwp_input_panel_v1", PROTOCOL_NOBODY, 0, "legacy; input method v2 serves"},
	{"zwp_input_timestamps_manager_v1", PROTOCOL_NOBODY, 0,
		"finer times of input than anyone needs"},
	{"zwp_keyboard_shortcuts_inhibit_manager_v1", PROTOCOL_NOBODY, 0,
		"chords are the person's, always"},
	{"zwp_linux_dmabuf_v1", PROTOCOL_GRANTED, GRANT_GPU, "needs the GPU"},
	{"zwp_linux_explicit_synchronization_v1", PROTOCOL_NOBODY, 0, "legacy; drm-syncobj serves"},
	{"zwp_pointer_constraints_v1", PROTOCOL_GRANTED, GRANT_POINTER_LOCK,
		"holds the pointer until focus is lost"},
	{"zwp_pointer_gestures_v1", PROTOCOL_EVERYONE, 0,
		"swipes and pinches on the instance's own seat"},
	{"zwp_primary_selection_device_manager_v1", PROTOCOL_EVERYONE, 0,
		"the instance's own primary selection"},
	{"zwp_relative_pointer_manager_v1", PROTOCOL_GRANTED, GRANT_POINTER_LOCK,
		"goes with pointer constraints"},
	{"zwp_tablet_manager_v1", PROTOCOL_NOBODY, 0, "legacy; tablet v2 serves"},
	{"zwp_tablet_manager_v2", PROTOCOL_GRANTED, GRANT_TABLET, "tells what tablets there are"},
	{"zwp_text_input_manager_v1", PROTOCOL_NOBODY, 0, "legacy; text input v3 serves"},
	{"zwp_text_input_manager_v3", PROTOCOL_EVERYONE, 0, "composed text on the instance's own seat"},
	{"zwp_virtual_keyboard_manager_v1", PROTOCOL_SHELL, 0, "types as the person would"},
	{"zwp_xwayland_keyboard_grab_manager_v1", PROTOCOL_NOBODY, 0, "X11 is not served"},
	{"zxdg_decoration_manager_v1", PROTOCOL_EVERYONE, 0, "is told that the frame is drawn for it"},
	{"zxdg_exporter_v1", PROTOCOL_NOBODY, 0, "one registry for all; v2 serves"},
	{"zxdg_exporter_v2", PROTOCOL_GRANTED, GRANT_XDG_FOREIGN, "handles stay within the instance"},
	{"zxdg_importer_v1", PROTOCOL_NOBODY, 0, "one registry for all; v2 serves"},
	{"zxdg_importer_v2", PROTOCOL_GRANTED, GRANT_XDG_FOREIGN, "handles stay within the instance"},
	{"zxdg_output_manager_v1", PROTOCOL_GRANTED, GRANT_XDG_OUTPUT, "tells where outputs lie"},
	{"zxdg_shell_v6", PROTOCOL_NOBODY, 0, "legacy; xdg_wm_base serves"},
};

#define RULES_LEN (sizeof(rules) / sizeof(rules[0]))

const struct protocol_rule *protocol_rules(size_t *len) {
	*len = RULES_LEN;
	return rules;
}

const struct protocol_rule *protocol_find(const char *interface) {
	size_t low = 0, high = RULES_LEN;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(interface, rules[middle].interface);
		if (order == 0) {
			return &rules[middle];
		}
		if (order > 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return NULL;
}

bool protocol_allows(const struct protocol_rule *rule, bool shell, uint32_t grants) {
	if (!rule) {
		return false;
	}
	switch (rule->audience) {
	case PROTOCOL_EVERYONE:
		return true;
	case PROTOCOL_GRANTED:
		return shell || (rule->grant != 0 && (grants & rule->grant) == rule->grant);
	case PROTOCOL_SHELL:
		return shell;
	case PROTOCOL_NOBODY:
	case PROTOCOL_OWN:
		break;
	}
	return false;
}
