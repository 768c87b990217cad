#include "compositor/capture.h"

#include <stdlib.h>
#include <wlr/types/wlr_ext_data_control_v1.h>
#include <wlr/types/wlr_ext_image_capture_source_v1.h>
#include <wlr/types/wlr_ext_image_copy_capture_v1.h>
#include <wlr/types/wlr_screencopy_v1.h>
#include <wlr/types/wlr_virtual_keyboard_v1.h>
#include <wlr/types/wlr_virtual_pointer_v1.h>

#include "base/log.h"
#include "base/memory.h"

struct capture {
	struct wl_display *display;
	struct keyboards *keyboards;
	struct pointer *pointer;
	struct wl_listener new_keyboard;
	struct wl_listener new_pointer;
};

/* The seat that either device names is the shell's, which sees no other: what it does goes where a real one's would. */

static void handle_new_keyboard(struct wl_listener *listener, void *data) {
	struct capture *capture = wl_container_of(listener, capture, new_keyboard);
	struct wlr_virtual_keyboard_v1 *keyboard = data;
	keyboards_add(capture->keyboards, &keyboard->keyboard, true);
}

static void handle_new_pointer(struct wl_listener *listener, void *data) {
	struct capture *capture = wl_container_of(listener, capture, new_pointer);
	const struct wlr_virtual_pointer_v1_new_pointer_event *event = data;
	struct wlr_input_device *device = &event->new_pointer->pointer.base;
	pointer_add(capture->pointer, device);
	struct output *output = output_from_wlr(event->suggested_output);
	if (output != NULL) {
		pointer_map(capture->pointer, device, output);
	}
}

#define GLOBAL_OF(object) \
	({ \
		__typeof__(object) made = (object); \
		made != NULL ? made->global : NULL; \
	})

static struct wl_global *make_screencopy(struct capture *capture) {
	return GLOBAL_OF(wlr_screencopy_manager_v1_create(capture->display));
}

static struct wl_global *make_output_source(struct capture *capture) {
	return GLOBAL_OF(wlr_ext_output_image_capture_source_manager_v1_create(capture->display, 1));
}

static struct wl_global *make_image_copy(struct capture *capture) {
	return GLOBAL_OF(wlr_ext_image_copy_capture_manager_v1_create(capture->display, 1));
}

static struct wl_global *make_data_control(struct capture *capture) {
	return GLOBAL_OF(wlr_ext_data_control_manager_v1_create(capture->display, 1));
}

static struct wl_global *make_virtual_keyboard(struct capture *capture) {
	struct wlr_virtual_keyboard_manager_v1 *manager = wlr_virtual_keyboard_manager_v1_create(capture->display);
	if (manager != NULL) {
		wl_signal_add(&manager->events.new_virtual_keyboard, &capture->new_keyboard);
	}
	return GLOBAL_OF(manager);
}

static struct wl_global *make_virtual_pointer(struct capture *capture) {
	struct wlr_virtual_pointer_manager_v1 *manager = wlr_virtual_pointer_manager_v1_create(capture->display);
	if (manager != NULL) {
		wl_signal_add(&manager->events.new_virtual_pointer, &capture->new_pointer);
	}
	return GLOBAL_OF(manager);
}

static const struct {
	const char *interface;
	struct wl_global *(*make)(struct capture *capture);
} table[] = {
	{ "zwlr_screencopy_manager_v1", make_screencopy },
	{ "ext_output_image_capture_source_manager_v1", make_output_source },
	{ "ext_image_copy_capture_manager_v1", make_image_copy },
	{ "ext_data_control_manager_v1", make_data_control },
	{ "zwp_virtual_keyboard_manager_v1", make_virtual_keyboard },
	{ "zwlr_virtual_pointer_manager_v1", make_virtual_pointer },
};

struct capture *capture_create(
	struct wl_display *display, struct gate *gate, struct keyboards *keyboards, struct pointer *pointer) {
	struct capture *capture = xcalloc(1, sizeof(*capture));
	capture->display = display;
	capture->keyboards = keyboards;
	capture->pointer = pointer;
	capture->new_keyboard.notify = handle_new_keyboard;
	capture->new_pointer.notify = handle_new_pointer;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		gate_expect(gate, table[i].interface, NULL);
		struct wl_global *global = table[i].make(capture);
		if (global == NULL) {
			log_error("out of memory for %s", table[i].interface);
			abort();
		}
		gate_admit(gate, global);
	}
	return capture;
}

void capture_destroy(struct capture *capture) {
	if (capture == NULL) {
		return;
	}
	wl_list_remove(&capture->new_keyboard.link);
	wl_list_remove(&capture->new_pointer.link);
	free(capture);
}
