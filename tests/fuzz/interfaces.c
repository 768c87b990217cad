#include <stddef.h>
#include <string.h>
#include "alpha-modifier-v1-client-protocol.h"
#include "color-management-v1-client-protocol.h"
#include "content-type-v1-client-protocol.h"
#include "cursor-shape-v1-client-protocol.h"
#include "fractional-scale-v1-client-protocol.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "input-method-unstable-v2-client-protocol.h"
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "pointer-gestures-unstable-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "primary-selection-unstable-v1-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"
#include "single-pixel-buffer-v1-client-protocol.h"
#include "tablet-v2-client-protocol.h"
#include "tearing-control-v1-client-protocol.h"
#include "tests/fuzz/interfaces.h"
#include "text-input-unstable-v3-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include "xdg-dialog-v1-client-protocol.h"
#include "xdg-foreign-unstable-v2-client-protocol.h"
#include "xdg-output-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include "xdg-system-bell-v1-client-protocol.h"
#include "xdg-toplevel-icon-v1-client-protocol.h"
#include "xdg-toplevel-tag-v1-client-protocol.h"

const struct wl_interface *interface_find(const char *name) {
	static const struct wl_interface *const known[] = {
		&wl_compositor_interface,
		&wl_data_device_manager_interface,
		&wl_output_interface,
		&wl_seat_interface,
		&wl_shm_interface,
		&wl_subcompositor_interface,
		&wp_alpha_modifier_v1_interface,
		&wp_color_manager_v1_interface,
		&wp_content_type_manager_v1_interface,
		&wp_cursor_shape_manager_v1_interface,
		&wp_fractional_scale_manager_v1_interface,
		&wp_presentation_interface,
		&wp_single_pixel_buffer_manager_v1_interface,
		&wp_tearing_control_manager_v1_interface,
		&wp_viewporter_interface,
		&xdg_activation_v1_interface,
		&xdg_system_bell_v1_interface,
		&xdg_toplevel_icon_manager_v1_interface,
		&xdg_toplevel_tag_manager_v1_interface,
		&xdg_wm_base_interface,
		&xdg_wm_dialog_v1_interface,
		&zwp_idle_inhibit_manager_v1_interface,
		&zwp_input_method_manager_v2_interface,
		&zwp_pointer_constraints_v1_interface,
		&zwp_pointer_gestures_v1_interface,
		&zwp_primary_selection_device_manager_v1_interface,
		&zwp_relative_pointer_manager_v1_interface,
		&zwp_tablet_manager_v2_interface,
		&zwp_text_input_manager_v3_interface,
		&zxdg_decoration_manager_v1_interface,
		&zxdg_exporter_v2_interface,
		&zxdg_importer_v2_interface,
		&zxdg_output_manager_v1_interface,
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i]->name, name) == 0) {
			return known[i];
		}
	}
	return NULL;
}
