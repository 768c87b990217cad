#include "compositor/device.h"

#include <libinput.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/backend/libinput.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_touch.h>

#include "base/memory.h"

struct devices_private {
	struct devices *devices;
	struct wlr_cursor *cursor;
	struct outputs *outputs;
	struct seats *seats;
	const struct config_pointer *config; /* NULL until the first one comes */
	int touch_screens;
	struct wl_list list; // device.link
	struct wl_listener output_created;
};

struct device {
	struct devices_private *all;
	struct wlr_input_device *wlr;
	struct wl_listener destroy;
	struct wl_listener output_destroy; /* of the output it is mapped to */
	struct wl_list link; // devices_private.list
};

/* ---- libinput ---- */

static bool choose(enum config_tristate wanted, bool own_default) {
	return wanted == CONFIG_DEFAULT ? own_default : wanted == CONFIG_ON;
}

static void set_tap(struct libinput_device *device, const struct config_pointer *config) {
	if (libinput_device_config_tap_get_finger_count(device) > 0) {
		bool on = choose(
			config->tap, libinput_device_config_tap_get_default_enabled(device) == LIBINPUT_CONFIG_TAP_ENABLED);
		libinput_device_config_tap_set_enabled(device, on ? LIBINPUT_CONFIG_TAP_ENABLED : LIBINPUT_CONFIG_TAP_DISABLED);
	}
}

static void set_natural_scroll(struct libinput_device *device, const struct config_pointer *config) {
	if (libinput_device_config_scroll_has_natural_scroll(device)) {
		libinput_device_config_scroll_set_natural_scroll_enabled(device,
			choose(config->natural_scroll, libinput_device_config_scroll_get_default_natural_scroll_enabled(device)));
	}
}

static void set_left_handed(struct libinput_device *device, const struct config_pointer *config) {
	if (libinput_device_config_left_handed_is_available(device)) {
		libinput_device_config_left_handed_set(
			device, choose(config->left_handed, libinput_device_config_left_handed_get_default(device)));
	}
}

static void set_middle_emulation(struct libinput_device *device, const struct config_pointer *config) {
	if (libinput_device_config_middle_emulation_is_available(device)) {
		bool on = choose(config->middle_emulation,
			libinput_device_config_middle_emulation_get_default_enabled(device) ==
				LIBINPUT_CONFIG_MIDDLE_EMULATION_ENABLED);
		libinput_device_config_middle_emulation_set_enabled(
			device, on ? LIBINPUT_CONFIG_MIDDLE_EMULATION_ENABLED : LIBINPUT_CONFIG_MIDDLE_EMULATION_DISABLED);
	}
}

static void set_disable_while_typing(struct libinput_device *device, const struct config_pointer *config) {
	if (libinput_device_config_dwt_is_available(device)) {
		bool on = choose(config->disable_while_typing,
			libinput_device_config_dwt_get_default_enabled(device) == LIBINPUT_CONFIG_DWT_ENABLED);
		libinput_device_config_dwt_set_enabled(device, on ? LIBINPUT_CONFIG_DWT_ENABLED : LIBINPUT_CONFIG_DWT_DISABLED);
	}
}

static void set_acceleration(struct libinput_device *device, const struct config_pointer *config) {
	if (!libinput_device_config_accel_is_available(device)) {
		return;
	}
	enum libinput_config_accel_profile profile = libinput_device_config_accel_get_default_profile(device);
	if (config->accel_profile == CONFIG_ACCEL_FLAT) {
		profile = LIBINPUT_CONFIG_ACCEL_PROFILE_FLAT;
	} else if (config->accel_profile == CONFIG_ACCEL_ADAPTIVE) {
		profile = LIBINPUT_CONFIG_ACCEL_PROFILE_ADAPTIVE;
	}
	libinput_device_config_accel_set_profile(device, profile);
	libinput_device_config_accel_set_speed(device, config->accel_speed);
}

static void apply_config(const struct device *device) {
	const struct config_pointer *config = device->all->config;
	if (config == NULL || !wlr_input_device_is_libinput(device->wlr)) {
		return;
	}
	struct libinput_device *libinput = wlr_libinput_get_device_handle(device->wlr);
	set_tap(libinput, config);
	set_natural_scroll(libinput, config);
	set_left_handed(libinput, config);
	set_middle_emulation(libinput, config);
	set_disable_while_typing(libinput, config);
	set_acceleration(libinput, config);
}

/* ---- outputs ---- */

static void map(struct device *device, struct output *output) {
	wl_list_remove(&device->output_destroy.link);
	wl_list_init(&device->output_destroy.link);
	wlr_cursor_map_input_to_output(device->all->cursor, device->wlr, output != NULL ? output->wlr : NULL);
	if (output != NULL) {
		wl_signal_add(&output->events.destroy, &device->output_destroy);
	}
}

/* wlroots would go on with the output's address. */
static void handle_output_destroy(struct wl_listener *listener, void *data) {
	struct device *device = wl_container_of(listener, device, output_destroy);
	map(device, NULL);
}

static const char *named_output(const struct device *device) {
	return device->wlr->type == WLR_INPUT_DEVICE_TOUCH ? wlr_touch_from_input_device(device->wlr)->output_name
													   : wlr_pointer_from_input_device(device->wlr)->output_name;
}

/* A pointer in another desktop's window may be named for its output before that got its neutral name, or after. */
static void map_by_name(struct device *device, struct output *output) {
	const char *name = named_output(device);
	if (name != NULL && (strcmp(name, output_get_connector(output)) == 0 || strcmp(name, output->wlr->name) == 0)) {
		map(device, output);
	}
}

static void handle_output_created(struct wl_listener *listener, void *data) {
	struct devices_private *all = wl_container_of(listener, all, output_created);
	struct device *device;
	wl_list_for_each(device, &all->list, link) {
		map_by_name(device, data);
	}
}

void devices_map(struct devices *devices, struct wlr_input_device *wlr, struct output *output) {
	struct device *device;
	wl_list_for_each(device, &devices->priv->list, link) {
		if (device->wlr == wlr && !box_is_empty(&output->full)) {
			map(device, output);
		}
	}
}

/* ---- lifetime ---- */

static void count_touch_screens(struct devices_private *all, int difference) {
	bool before = all->touch_screens > 0;
	all->touch_screens += difference;
	if (before != (all->touch_screens > 0)) {
		seats_set_touch(all->seats, all->touch_screens > 0);
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct device *device = wl_container_of(listener, device, destroy);
	struct devices_private *all = device->all;
	wl_signal_emit_mutable(&all->devices->events.removed, device->wlr);
	if (device->wlr->type == WLR_INPUT_DEVICE_TOUCH) {
		count_touch_screens(all, -1);
	}
	wl_list_remove(&device->destroy.link);
	wl_list_remove(&device->output_destroy.link);
	wl_list_remove(&device->link);
	free(device);
}

void devices_add(struct devices *devices, struct wlr_input_device *wlr) {
	struct devices_private *all = devices->priv;
	if (wlr->type != WLR_INPUT_DEVICE_POINTER && wlr->type != WLR_INPUT_DEVICE_TOUCH) {
		return;
	}
	struct device *device = xcalloc(1, sizeof(*device));
	device->all = all;
	device->wlr = wlr;
	wl_list_init(&device->output_destroy.link);
	device->output_destroy.notify = handle_output_destroy;
	device->destroy.notify = handle_destroy;
	wl_signal_add(&wlr->events.destroy, &device->destroy);
	wl_list_insert(&all->list, &device->link);
	wlr_cursor_attach_input_device(all->cursor, wlr);
	apply_config(device);
	struct output *output;
	wl_list_for_each(output, &all->outputs->list, link) {
		map_by_name(device, output);
	}
	if (wlr->type == WLR_INPUT_DEVICE_TOUCH) {
		count_touch_screens(all, 1);
	}
}

void devices_configure(struct devices *devices, const struct config_pointer *config) {
	devices->priv->config = config;
	const struct device *device;
	wl_list_for_each(device, &devices->priv->list, link) {
		apply_config(device);
	}
}

struct devices *devices_create(struct wlr_cursor *wlr_cursor, struct outputs *outputs, struct seats *seats) {
	struct devices *devices = xcalloc(1, sizeof(*devices));
	struct devices_private *all = devices->priv = xcalloc(1, sizeof(*all));
	all->devices = devices;
	all->cursor = wlr_cursor;
	all->outputs = outputs;
	all->seats = seats;
	wl_list_init(&all->list);
	wl_signal_init(&devices->events.removed);
	all->output_created.notify = handle_output_created;
	wl_signal_add(&outputs->events.created, &all->output_created);
	return devices;
}

void devices_destroy(struct devices *devices) {
	if (devices == NULL) {
		return;
	}
	struct device *device, *next;
	wl_list_for_each_safe(device, next, &devices->priv->list, link) {
		wlr_cursor_detach_input_device(devices->priv->cursor, device->wlr);
		handle_destroy(&device->destroy, NULL);
	}
	wl_list_remove(&devices->priv->output_created.link);
	free(devices->priv);
	free(devices);
}
