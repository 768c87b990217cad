#include "compositor/managers.h"

#include <stdlib.h>
#include <wlr/types/wlr_alpha_modifier_v1.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_content_type_v1.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_fixes.h>
#include <wlr/types/wlr_fractional_scale_v1.h>
#include <wlr/types/wlr_linux_dmabuf_v1.h>
#include <wlr/types/wlr_linux_drm_syncobj_v1.h>
#include <wlr/types/wlr_presentation_time.h>
#include <wlr/types/wlr_primary_selection_v1.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_single_pixel_buffer_v1.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/types/wlr_text_input_v3.h>
#include <wlr/types/wlr_viewporter.h>
#include <wlr/types/wlr_xdg_decoration_v1.h>
#include <wlr/types/wlr_xdg_dialog_v1.h>
#include <wlr/types/wlr_xdg_output_v1.h>
#include <wlr/types/wlr_xdg_toplevel_tag_v1.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/extent.h"

struct managers {
	struct wl_display *display;
	struct wlr_backend *backend;
	struct wlr_renderer *renderer;
	struct scene *scene;
	struct outputs *outputs;
	struct extents *extents; /* NULL until there is a wl_compositor */
	struct wl_listener new_decoration;
};

/* A client's decoration object, until it is ready to be told that we draw it. */
struct decoration {
	struct wlr_xdg_toplevel_decoration_v1 *wlr;
	struct wl_listener request_mode;
	struct wl_listener commit;
	struct wl_listener destroy;
};

static void tell_mode(struct decoration *decoration) {
	/* Before its first commit a toplevel may not be configured; the commit brings us back here. */
	if (decoration->wlr->toplevel->base->initialized) {
		wlr_xdg_toplevel_decoration_v1_set_mode(decoration->wlr,
			WLR_XDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	}
}

static void handle_decoration_request(struct wl_listener *listener, void *data) {
	struct decoration *decoration = wl_container_of(listener, decoration, request_mode);
	tell_mode(decoration);
}

static void handle_decoration_commit(struct wl_listener *listener, void *data) {
	struct decoration *decoration = wl_container_of(listener, decoration, commit);
	if (decoration->wlr->toplevel->base->initial_commit) {
		tell_mode(decoration);
	}
}

static void handle_decoration_destroy(struct wl_listener *listener, void *data) {
	struct decoration *decoration = wl_container_of(listener, decoration, destroy);
	wl_list_remove(&decoration->request_mode.link);
	wl_list_remove(&decoration->commit.link);
	wl_list_remove(&decoration->destroy.link);
	free(decoration);
}

static void handle_new_decoration(struct wl_listener *listener, void *data) {
	struct decoration *decoration = xcalloc(1, sizeof(*decoration));
	decoration->wlr = data;
	decoration->request_mode.notify = handle_decoration_request;
	wl_signal_add(&decoration->wlr->events.request_mode, &decoration->request_mode);
	decoration->commit.notify = handle_decoration_commit;
	wl_signal_add(&decoration->wlr->toplevel->base->surface->events.commit, &decoration->commit);
	decoration->destroy.notify = handle_decoration_destroy;
	wl_signal_add(&decoration->wlr->events.destroy, &decoration->destroy);
	tell_mode(decoration);
}

#define GLOBAL_OF(object) ({ __typeof__(object) made = (object); made != NULL ? made->global : NULL; })

static struct wl_global *make_compositor(struct managers *m) {
	struct wlr_compositor *compositor = wlr_compositor_create(m->display, 6, m->renderer);
	if (compositor == NULL) {
		return NULL;
	}
	m->extents = extents_create(compositor);
	return compositor->global;
}

static struct wl_global *make_subcompositor(struct managers *m) {
	return GLOBAL_OF(wlr_subcompositor_create(m->display));
}

static struct wl_global *make_shm(struct managers *m) {
	return GLOBAL_OF(wlr_shm_create_with_renderer(m->display, 2, m->renderer));
}

static struct wl_global *make_data_device(struct managers *m) {
	return GLOBAL_OF(wlr_data_device_manager_create(m->display));
}

static struct wl_global *make_primary_selection(struct managers *m) {
	return GLOBAL_OF(wlr_primary_selection_v1_device_manager_create(m->display));
}

static struct wl_global *make_decoration(struct managers *m) {
	struct wlr_xdg_decoration_manager_v1 *manager = wlr_xdg_decoration_manager_v1_create(m->display);
	if (manager == NULL) {
		return NULL;
	}
	m->new_decoration.notify = handle_new_decoration;
	wl_signal_add(&manager->events.new_toplevel_decoration, &m->new_decoration);
	return manager->global;
}

static struct wl_global *make_viewporter(struct managers *m) {
	return GLOBAL_OF(wlr_viewporter_create(m->display));
}

static struct wl_global *make_fractional_scale(struct managers *m) {
	return GLOBAL_OF(wlr_fractional_scale_manager_v1_create(m->display, 1));
}

static struct wl_global *make_single_pixel(struct managers *m) {
	return GLOBAL_OF(wlr_single_pixel_buffer_manager_v1_create(m->display));
}

static struct wl_global *make_presentation(struct managers *m) {
	return GLOBAL_OF(wlr_presentation_create(m->display, m->backend, 2));
}

static struct wl_global *make_alpha_modifier(struct managers *m) {
	return GLOBAL_OF(wlr_alpha_modifier_v1_create(m->display));
}

static struct wl_global *make_content_type(struct managers *m) {
	return GLOBAL_OF(wlr_content_type_manager_v1_create(m->display, 1));
}

static struct wl_global *make_fixes(struct managers *m) {
	return GLOBAL_OF(wlr_fixes_create(m->display, 1));
}

/* Without an input method there is nothing to tell a text input, and wlroots says nothing by itself. */
static struct wl_global *make_text_input(struct managers *m) {
	return GLOBAL_OF(wlr_text_input_manager_v3_create(m->display));
}

static struct wl_global *make_dialog(struct managers *m) {
	return GLOBAL_OF(wlr_xdg_wm_dialog_v1_create(m->display, 1));
}

static struct wl_global *make_toplevel_tag(struct managers *m) {
	return GLOBAL_OF(wlr_xdg_toplevel_tag_manager_v1_create(m->display, 1));
}

static struct wl_global *make_xdg_output(struct managers *m) {
	return GLOBAL_OF(wlr_xdg_output_manager_v1_create(m->display, m->outputs->layout));
}

static struct wl_global *make_dmabuf(struct managers *m) {
	struct wlr_linux_dmabuf_v1 *dmabuf = wlr_linux_dmabuf_v1_create_with_renderer(m->display, 4, m->renderer);
	if (dmabuf == NULL) {
		return NULL;
	}
	wlr_scene_set_linux_dmabuf_v1(m->scene->wlr, dmabuf);
	return dmabuf->global;
}

static struct wl_global *make_syncobj(struct managers *m) {
	return GLOBAL_OF(wlr_linux_drm_syncobj_manager_v1_create(m->display, 1, wlr_renderer_get_drm_fd(m->renderer)));
}

static bool has_dmabuf(const struct managers *m) {
	return wlr_renderer_get_drm_fd(m->renderer) >= 0 &&
		wlr_renderer_get_texture_formats(m->renderer, WLR_BUFFER_CAP_DMABUF) != NULL;
}

static bool has_timeline(const struct managers *m) {
	return has_dmabuf(m) && m->renderer->features.timeline && m->backend->features.timeline;
}

static const struct manager {
	const char *interface;
	struct wl_global *(*make)(struct managers *m);
	bool (*applies)(const struct managers *m); /* NULL: always */
} table[] = {
	{"wl_compositor", make_compositor, NULL},
	{"wl_subcompositor", make_subcompositor, NULL},
	{"wl_shm", make_shm, NULL},
	{"wl_data_device_manager", make_data_device, NULL},
	{"zwp_primary_selection_device_manager_v1", make_primary_selection, NULL},
	{"zxdg_decoration_manager_v1", make_decoration, NULL},
	{"wp_viewporter", make_viewporter, NULL},
	{"wp_fractional_scale_manager_v1", make_fractional_scale, NULL},
	{"wp_single_pixel_buffer_manager_v1", make_single_pixel, NULL},
	{"wp_presentation", make_presentation, NULL},
	{"wp_alpha_modifier_v1", make_alpha_modifier, NULL},
	{"wp_content_type_manager_v1", make_content_type, NULL},
	{"wl_fixes", make_fixes, NULL},
	{"zwp_text_input_manager_v3", make_text_input, NULL},
	{"xdg_wm_dialog_v1", make_dialog, NULL},
	{"xdg_toplevel_tag_manager_v1", make_toplevel_tag, NULL},
	{"zxdg_output_manager_v1", make_xdg_output, NULL},
	{"zwp_linux_dmabuf_v1", make_dmabuf, has_dmabuf},
	{"wp_linux_drm_syncobj_manager_v1", make_syncobj, has_timeline},
};

struct managers *managers_create(struct wl_display *display, struct gate *gate, struct wlr_backend *backend,
		struct wlr_renderer *renderer, struct scene *scene, struct outputs *outputs) {
	struct managers *managers = xcalloc(1, sizeof(*managers));
	*managers = (struct managers){
		.display = display, .backend = backend, .renderer = renderer, .scene = scene, .outputs = outputs,
	};
	wl_list_init(&managers->new_decoration.link);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].applies != NULL && !table[i].applies(managers)) {
			continue;
		}
		gate_expect(gate, table[i].interface, NULL);
		struct wl_global *global = table[i].make(managers);
		if (global == NULL) {
			log_error("%s cannot be made", table[i].interface);
			managers_destroy(managers);
			return NULL;
		}
		gate_admit(gate, global);
	}
	return managers;
}

void managers_destroy(struct managers *managers) {
	if (managers == NULL) {
		return;
	}
	extents_destroy(managers->extents);
	wl_list_remove(&managers->new_decoration.link);
	free(managers);
}
