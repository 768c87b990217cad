#include "compositor/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/client.h"
#include "compositor/node.h"
#include "compositor/seat.h"
#include "compositor/window_state.h"

#define XDG_SHELL_VERSION 7
#define WINDOWS_MAX 256 /* of one instance, mapped or not */
#define PING_TIMEOUT_MS 5000
/* What a client may change as often as it likes is looked at no more often than this (attack R8). */
#define PACE_MS 33

static void listen(struct wl_signal *signal, struct wl_listener *listener, wl_notify_func_t handler) {
	listener->notify = handler;
	wl_signal_add(signal, listener);
}

/* ---- what the client changes, at our pace ---- */

static void settle(struct entry *entry) {
	struct window *window = &entry->window;
	struct wlr_xdg_toplevel *toplevel = window->toplevel;
	uint32_t pending = entry->pending;
	entry->pending = 0;
	entry->settled = clock_now();
	if (pending & PENDING_LABELS) {
		const char *untrusted_title = toplevel->title != NULL ? toplevel->title : "";
		const char *untrusted_app_id = toplevel->app_id != NULL ? toplevel->app_id : "";
		label_clean(untrusted_title, strlen(untrusted_title), window->title);
		label_clean(untrusted_app_id, strlen(untrusted_app_id), window->app_id);
		entry_show_frame(entry);
		if (window->mapped) {
			entry_notify(entry);
		}
	}
	if (pending & PENDING_SIZE && window->mapped) {
		wl_signal_emit_mutable(&window->windows->events.resized, window);
	}
	if (pending & PENDING_STATES && window->mapped) {
		wl_signal_emit_mutable(&window->windows->events.request_state, window);
	}
	/* The protocol wants an answer, also where nothing changed. */
	if (pending & PENDING_STATES && toplevel->base->initialized) {
		wlr_xdg_surface_schedule_configure(toplevel->base);
	}
}

static int handle_pace(void *data) {
	struct windows_private *all = data;
	all->is_pacing = false;
	struct entry *entry, *next;
	wl_list_for_each_safe(entry, next, &all->list, link) {
		if (entry->pending != 0) {
			settle(entry);
		}
	}
	return 0;
}

static void note(struct entry *entry, enum pending what) {
	entry->pending |= what;
	if (clock_now() - entry->settled >= PACE_MS) {
		settle(entry);
	} else if (!entry->all->is_pacing) {
		entry->all->is_pacing = true;
		wl_event_source_timer_update(entry->all->pace, PACE_MS);
	}
}

/*
 * A floating window's frame follows its client's size, but not while the client has yet to see what it was asked
 * for last, nor while the person sizes it; and what the desk has answered once is not asked again.
 */
static void check_size(struct entry *entry) {
	struct window *window = &entry->window;
	const struct wlr_xdg_surface *base = window->toplevel->base;
	if (!window->floating || window->fullscreen || window->maximized || entry->resizing ||
			(int32_t)(base->current.configure_serial - entry->serial) < 0) {
		return;
	}
	int width, height;
	window_get_content_size(window, &width, &height);
	struct box wished = frame_for_content(window->box.x, window->box.y, width, height);
	bool is_told = entry->told_width == width && entry->told_height == height &&
		memcmp(&entry->told, &window->box, sizeof(entry->told)) == 0;
	if (is_told || (wished.width == window->box.width && wished.height == window->box.height)) {
		return;
	}
	entry->told = window->box;
	entry->told_width = width;
	entry->told_height = height;
	note(entry, PENDING_SIZE);
}

/* ---- the client's events ---- */

static void handle_commit(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, commit);
	if (entry->window.toplevel->base->initial_commit) {
		entry_configure_first(entry);
		return;
	}
	entry_set_not_answering(entry, false);
	if (entry->window.mapped) {
		entry_show_content(entry);
		check_size(entry);
	}
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, map);
	struct window *window = &entry->window;
	window->mapped = true;
	window->instance->windows++;
	entry->pending = PENDING_LABELS;
	settle(entry);
	wl_signal_emit_mutable(&window->windows->events.map, window);
	entry_show(entry);
	entry_show_content(entry);
	instance_notify(entry->all->instances, window->instance);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, unmap);
	struct window *window = &entry->window;
	window->mapped = false;
	window->instance->windows--;
	entry->pending = 0;
	wl_signal_emit_mutable(&window->windows->events.unmap, window);
	/* It may map again, as a new window. */
	window->visible = window->focused = window->urgent = window->not_answering = false;
	window->floating = window->fullscreen = window->maximized = entry->resizing = false;
	entry_choose_layer(entry);
	entry_show(entry);
	instance_notify(entry->all->instances, window->instance);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, destroy);
	struct window *window = &entry->window;
	wl_signal_emit_mutable(&window->windows->events.destroyed, window);
	window->toplevel->base->data = NULL;
	struct wl_listener *listeners[] = {
		&entry->commit, &entry->map, &entry->unmap, &entry->destroy, &entry->set_parent, &entry->set_title,
		&entry->set_app_id, &entry->request_maximize, &entry->request_fullscreen, &entry->request_minimize,
		&entry->request_move, &entry->request_resize, &entry->ping_timeout, &entry->ack_configure,
	};
	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
		wl_list_remove(&listeners[i]->link);
	}
	clip_destroy(entry->clip);
	frame_destroy(window->frame);
	wl_list_remove(&entry->link);
	free(entry);
}

static void handle_set_parent(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, set_parent);
	entry_choose_layer(entry);
}

static void handle_set_title(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, set_title);
	note(entry, PENDING_LABELS);
}

static void handle_set_app_id(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, set_app_id);
	note(entry, PENDING_LABELS);
}

static void handle_request_maximize(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, request_maximize);
	note(entry, PENDING_STATES);
}

static void handle_request_fullscreen(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, request_fullscreen);
	note(entry, PENDING_STATES);
}

/* There is no such state here; it is told as much. */
static void handle_request_minimize(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, request_minimize);
	if (entry->window.toplevel->base->initialized) {
		wlr_xdg_surface_schedule_configure(entry->window.toplevel->base);
	}
}

/* A button of its own instance's seat is down, and went down on this window. Serials prove nothing (attack F10). */
static bool is_held(const struct window *window) {
	const struct seat *seat = window->instance->seat;
	if (seat == NULL || seat->wlr->pointer_state.button_count == 0) {
		return false;
	}
	struct wlr_surface *surface = seat->wlr->pointer_state.focused_surface;
	return surface != NULL && wlr_surface_get_root_surface(surface) == window->toplevel->base->surface;
}

static void handle_request_move(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, request_move);
	struct window_request request = {.window = &entry->window};
	if (entry->window.mapped && is_held(&entry->window)) {
		wl_signal_emit_mutable(&entry->window.windows->events.request_move, &request);
	}
}

static void handle_request_resize(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, request_resize);
	const struct wlr_xdg_toplevel_resize_event *event = data;
	struct window_request request = {.window = &entry->window, .edges = event->edges};
	if (entry->window.mapped && is_held(&entry->window)) {
		wl_signal_emit_mutable(&entry->window.windows->events.request_resize, &request);
	}
}

static void handle_ping_timeout(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, ping_timeout);
	if (!entry->window.mapped) {
		return;
	}
	entry_set_not_answering(entry, true);
	/* wlroots tells of no late answer to a ping; the answer to this one we hear. */
	if (entry->window.toplevel->base->initialized) {
		wlr_xdg_surface_schedule_configure(entry->window.toplevel->base);
	}
}

static void handle_ack_configure(struct wl_listener *listener, void *data) {
	struct entry *entry = wl_container_of(listener, entry, ack_configure);
	entry_set_not_answering(entry, false);
}

static void watch(struct entry *entry) {
	struct wlr_xdg_toplevel *toplevel = entry->window.toplevel;
	struct wlr_surface *surface = toplevel->base->surface;
	listen(&surface->events.commit, &entry->commit, handle_commit);
	listen(&surface->events.map, &entry->map, handle_map);
	listen(&surface->events.unmap, &entry->unmap, handle_unmap);
	listen(&toplevel->events.destroy, &entry->destroy, handle_destroy);
	listen(&toplevel->events.set_parent, &entry->set_parent, handle_set_parent);
	listen(&toplevel->events.set_title, &entry->set_title, handle_set_title);
	listen(&toplevel->events.set_app_id, &entry->set_app_id, handle_set_app_id);
	listen(&toplevel->events.request_maximize, &entry->request_maximize, handle_request_maximize);
	listen(&toplevel->events.request_fullscreen, &entry->request_fullscreen, handle_request_fullscreen);
	listen(&toplevel->events.request_minimize, &entry->request_minimize, handle_request_minimize);
	listen(&toplevel->events.request_move, &entry->request_move, handle_request_move);
	listen(&toplevel->events.request_resize, &entry->request_resize, handle_request_resize);
	listen(&toplevel->base->events.ping_timeout, &entry->ping_timeout, handle_ping_timeout);
	listen(&toplevel->base->events.ack_configure, &entry->ack_configure, handle_ack_configure);
}

static size_t count_of(const struct windows_private *all, const struct instance *instance) {
	size_t count = 0;
	const struct entry *entry;
	wl_list_for_each(entry, &all->list, link) {
		count += entry->window.instance == instance;
	}
	return count;
}

static void handle_new_toplevel(struct wl_listener *listener, void *data) {
	struct windows_private *all = wl_container_of(listener, all, new_toplevel);
	struct wlr_xdg_toplevel *toplevel = data;
	struct instance *instance = resource_instance(toplevel->resource);
	if (instance == NULL || count_of(all, instance) >= WINDOWS_MAX) {
		log_warn("%s: more than %d windows", instance != NULL ? instance->name : "nobody", WINDOWS_MAX);
		wl_client_post_implementation_error(wl_resource_get_client(toplevel->resource), "too many windows");
		return;
	}
	struct entry *entry = xcalloc(1, sizeof(*entry));
	struct window *window = &entry->window;
	entry->all = all;
	window->id = ++all->last_id;
	window->windows = all->windows;
	window->instance = instance;
	window->toplevel = toplevel;
	wl_list_init(&window->workspace_link);
	wl_list_init(&window->focus_link);
	entry->color = instance->color;
	window->frame = frame_create(all->scene->tiled, all->painter, instance);
	entry->clip = window->frame != NULL ? clip_create(frame_get_content(window->frame), toplevel->base->surface) : NULL;
	if (entry->clip == NULL) {
		frame_destroy(window->frame);
		free(entry);
		wl_client_post_no_memory(wl_resource_get_client(toplevel->resource));
		return;
	}
	struct wlr_scene_node *node = &frame_get_tree(window->frame)->node;
	wlr_scene_node_set_enabled(node, false);
	node_attach(node, NODE_WINDOW, instance, window);
	toplevel->base->data = window;
	wl_list_insert(all->list.prev, &entry->link);
	watch(entry);
	wl_signal_emit_mutable(&all->windows->events.created, window);
}

static void handle_outputs_changed(struct wl_listener *listener, void *data) {
	struct windows_private *all = wl_container_of(listener, all, outputs_changed);
	struct entry *entry;
	wl_list_for_each(entry, &all->list, link) {
		entry_show_frame(entry);
	}
}

static void handle_instances_changed(struct wl_listener *listener, void *data) {
	struct windows_private *all = wl_container_of(listener, all, instances_changed);
	const struct instance *instance = data;
	struct entry *entry;
	wl_list_for_each(entry, &all->list, link) {
		if (entry->window.instance == instance &&
				(entry->color != instance->color || entry->frozen != instance->frozen)) {
			entry_show_frame(entry);
		}
	}
}

struct windows *windows_create(struct wl_display *display, struct gate *gate, struct instances *instances,
		struct scene *scene, struct outputs *outputs, struct painter *painter) {
	struct windows *windows = xcalloc(1, sizeof(*windows));
	struct windows_private *all = windows->priv = xcalloc(1, sizeof(*all));
	all->windows = windows;
	all->instances = instances;
	all->scene = scene;
	all->outputs = outputs;
	all->painter = painter;
	wl_list_init(&all->list);
	struct wl_signal *signals[] = {
		&windows->events.created, &windows->events.destroyed, &windows->events.map, &windows->events.unmap,
		&windows->events.changed, &windows->events.request_state, &windows->events.resized,
		&windows->events.request_move, &windows->events.request_resize,
	};
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		wl_signal_init(signals[i]);
	}
	gate_expect(gate, "xdg_wm_base", NULL);
	all->shell = wlr_xdg_shell_create(display, XDG_SHELL_VERSION);
	if (all->shell == NULL) {
		log_error("out of memory for xdg_wm_base");
		abort();
	}
	gate_admit(gate, all->shell->global);
	all->shell->ping_timeout = PING_TIMEOUT_MS;
	all->pace = wl_event_loop_add_timer(wl_display_get_event_loop(display), handle_pace, all);
	listen(&all->shell->events.new_toplevel, &all->new_toplevel, handle_new_toplevel);
	listen(&outputs->events.changed, &all->outputs_changed, handle_outputs_changed);
	listen(&instances->events.changed, &all->instances_changed, handle_instances_changed);
	return windows;
}

void windows_destroy(struct windows *windows) {
	if (windows == NULL) {
		return;
	}
	struct windows_private *all = windows->priv;
	struct entry *entry, *next;
	wl_list_for_each_safe(entry, next, &all->list, link) {
		handle_destroy(&entry->destroy, NULL);
	}
	wl_event_source_remove(all->pace);
	wl_list_remove(&all->new_toplevel.link);
	wl_list_remove(&all->outputs_changed.link);
	wl_list_remove(&all->instances_changed.link);
	free(all);
	free(windows);
}

struct wlr_xdg_shell *windows_get_shell(struct windows *windows) {
	return windows->priv->shell;
}

void windows_for_each(struct windows *windows, void (*handler)(struct window *window, void *data), void *data) {
	struct entry *entry, *next;
	wl_list_for_each_safe(entry, next, &windows->priv->list, link) {
		handler(&entry->window, data);
	}
}

struct window *window_from_surface(struct wlr_surface *surface) {
	struct wlr_xdg_toplevel *toplevel = wlr_xdg_toplevel_try_from_wlr_surface(surface);
	return toplevel != NULL ? toplevel->base->data : NULL;
}
