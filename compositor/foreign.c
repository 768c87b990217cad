#include "compositor/foreign.h"

#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_ext_foreign_toplevel_list_v1.h>
#include <wlr/types/wlr_foreign_toplevel_management_v1.h>

#include "base/log.h"
#include "base/memory.h"

#define EXT_LIST_VERSION 1

struct foreign {
	struct desk *desk;
	struct focus *focus;
	struct wlr_foreign_toplevel_manager_v1 *manager;
	struct wlr_ext_foreign_toplevel_list_v1 *list;
	struct wl_list handles; // handle.link
	struct wl_listener map, unmap, changed;
};

/* A mapped window as the lists show it. */
struct handle {
	struct foreign *foreign;
	struct window *window;
	struct wlr_foreign_toplevel_handle_v1 *wlr;
	struct wlr_ext_foreign_toplevel_handle_v1 *ext;
	struct wlr_output *output; /* entered; only to compare */
	struct wl_list link; // foreign.handles
	struct wl_listener activate, close, fullscreen, maximize;
};

static struct handle *find(struct foreign *foreign, const struct window *window) {
	struct handle *handle;
	wl_list_for_each(handle, &foreign->handles, link) {
		if (handle->window == window) {
			return handle;
		}
	}
	return NULL;
}

/* ---- what the shell asks ---- */

static void handle_activate(struct wl_listener *listener, void *data) {
	struct handle *handle = wl_container_of(listener, handle, activate);
	focus_choose(handle->foreign->focus, handle->window);
}

static void handle_close(struct wl_listener *listener, void *data) {
	struct handle *handle = wl_container_of(listener, handle, close);
	window_close(handle->window);
}

static void handle_fullscreen(struct wl_listener *listener, void *data) {
	struct handle *handle = wl_container_of(listener, handle, fullscreen);
	const struct wlr_foreign_toplevel_handle_v1_fullscreen_event *event = data;
	if (handle->window->workspace != NULL) {
		desk_set_fullscreen(handle->foreign->desk, handle->window, event->fullscreen);
	}
}

static void handle_maximize(struct wl_listener *listener, void *data) {
	struct handle *handle = wl_container_of(listener, handle, maximize);
	const struct wlr_foreign_toplevel_handle_v1_maximized_event *event = data;
	if (handle->window->workspace != NULL) {
		desk_set_maximized(handle->foreign->desk, handle->window, event->maximized);
	}
}

/* ---- what the shell is told ---- */

static void tell_text(struct handle *handle) {
	const struct window *window = handle->window;
	struct wlr_foreign_toplevel_handle_v1 *wlr = handle->wlr;
	if (wlr->title == NULL || strcmp(wlr->title, window->title) != 0) {
		wlr_foreign_toplevel_handle_v1_set_title(wlr, window->title);
	}
	if (wlr->app_id == NULL || strcmp(wlr->app_id, window->app_id) != 0) {
		wlr_foreign_toplevel_handle_v1_set_app_id(wlr, window->app_id);
	}
	wlr_ext_foreign_toplevel_handle_v1_update_state(handle->ext,
		&(struct wlr_ext_foreign_toplevel_handle_v1_state){.title = window->title, .app_id = window->app_id});
}

static void tell_output(struct handle *handle) {
	const struct workspace *workspace = handle->window->workspace;
	struct wlr_output *output =
		workspace != NULL && workspace->output != NULL ? workspace->output->wlr : NULL;
	if (output == handle->output) {
		return;
	}
	if (handle->output != NULL) {
		wlr_foreign_toplevel_handle_v1_output_leave(handle->wlr, handle->output);
	}
	if (output != NULL) {
		wlr_foreign_toplevel_handle_v1_output_enter(handle->wlr, output);
	}
	handle->output = output;
}

/* wlroots sends what differs from what it sent before. */
static void tell(struct handle *handle) {
	const struct window *window = handle->window;
	tell_text(handle);
	tell_output(handle);
	wlr_foreign_toplevel_handle_v1_set_activated(handle->wlr, window->focused);
	wlr_foreign_toplevel_handle_v1_set_fullscreen(handle->wlr, window->fullscreen);
	wlr_foreign_toplevel_handle_v1_set_maximized(handle->wlr, window->maximized);
	const struct window *parent = window_get_parent(window);
	const struct handle *parent_handle = parent != NULL ? find(handle->foreign, parent) : NULL;
	wlr_foreign_toplevel_handle_v1_set_parent(handle->wlr, parent_handle != NULL ? parent_handle->wlr : NULL);
}

/* ---- windows ---- */

static void handle_map(struct wl_listener *listener, void *data) {
	struct foreign *foreign = wl_container_of(listener, foreign, map);
	struct window *window = data;
	struct wlr_foreign_toplevel_handle_v1 *wlr = wlr_foreign_toplevel_handle_v1_create(foreign->manager);
	struct wlr_ext_foreign_toplevel_handle_v1 *ext = wlr_ext_foreign_toplevel_handle_v1_create(foreign->list,
		&(struct wlr_ext_foreign_toplevel_handle_v1_state){.title = window->title, .app_id = window->app_id});
	if (wlr == NULL || ext == NULL) {
		log_error("out of memory: a window is missing from the shell's list");
		wlr_foreign_toplevel_handle_v1_destroy(wlr);
		wlr_ext_foreign_toplevel_handle_v1_destroy(ext);
		return;
	}
	struct handle *handle = xcalloc(1, sizeof(*handle));
	handle->foreign = foreign;
	handle->window = window;
	handle->wlr = wlr;
	handle->ext = ext;
	handle->activate.notify = handle_activate;
	wl_signal_add(&wlr->events.request_activate, &handle->activate);
	handle->close.notify = handle_close;
	wl_signal_add(&wlr->events.request_close, &handle->close);
	handle->fullscreen.notify = handle_fullscreen;
	wl_signal_add(&wlr->events.request_fullscreen, &handle->fullscreen);
	handle->maximize.notify = handle_maximize;
	wl_signal_add(&wlr->events.request_maximize, &handle->maximize);
	wl_list_insert(&foreign->handles, &handle->link);
	tell(handle);
}

static void handle_end(struct handle *handle) {
	wl_list_remove(&handle->activate.link);
	wl_list_remove(&handle->close.link);
	wl_list_remove(&handle->fullscreen.link);
	wl_list_remove(&handle->maximize.link);
	wlr_foreign_toplevel_handle_v1_destroy(handle->wlr);
	wlr_ext_foreign_toplevel_handle_v1_destroy(handle->ext);
	wl_list_remove(&handle->link);
	free(handle);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct foreign *foreign = wl_container_of(listener, foreign, unmap);
	struct handle *handle = find(foreign, data);
	if (handle != NULL) {
		handle_end(handle);
	}
}

static void handle_changed(struct wl_listener *listener, void *data) {
	struct foreign *foreign = wl_container_of(listener, foreign, changed);
	struct handle *handle = find(foreign, data);
	if (handle != NULL) {
		tell(handle);
	}
}

struct foreign *foreign_create(struct wl_display *display, struct gate *gate, struct windows *windows,
		struct desk *desk, struct focus *focus) {
	struct foreign *foreign = xcalloc(1, sizeof(*foreign));
	foreign->desk = desk;
	foreign->focus = focus;
	wl_list_init(&foreign->handles);
	gate_expect(gate, "zwlr_foreign_toplevel_manager_v1", NULL);
	foreign->manager = wlr_foreign_toplevel_manager_v1_create(display);
	if (foreign->manager == NULL) {
		log_error("out of memory for zwlr_foreign_toplevel_manager_v1");
		abort();
	}
	gate_admit(gate, foreign->manager->global);
	gate_expect(gate, "ext_foreign_toplevel_list_v1", NULL);
	foreign->list = wlr_ext_foreign_toplevel_list_v1_create(display, EXT_LIST_VERSION);
	if (foreign->list == NULL) {
		log_error("out of memory for ext_foreign_toplevel_list_v1");
		abort();
	}
	gate_admit(gate, foreign->list->global);
	foreign->map.notify = handle_map;
	wl_signal_add(&windows->events.map, &foreign->map);
	foreign->unmap.notify = handle_unmap;
	wl_signal_add(&windows->events.unmap, &foreign->unmap);
	foreign->changed.notify = handle_changed;
	wl_signal_add(&windows->events.changed, &foreign->changed);
	return foreign;
}

void foreign_destroy(struct foreign *foreign) {
	if (foreign == NULL) {
		return;
	}
	struct handle *handle, *next;
	wl_list_for_each_safe(handle, next, &foreign->handles, link) {
		handle_end(handle);
	}
	wl_list_remove(&foreign->map.link);
	wl_list_remove(&foreign->unmap.link);
	wl_list_remove(&foreign->changed.link);
	free(foreign);
}
