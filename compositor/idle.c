#include "compositor/idle.h"

#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_idle_inhibit_v1.h>
#include <wlr/types/wlr_idle_notify_v1.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/seat.h"

struct idle {
	struct instances *instances;
	struct wlr_idle_notifier_v1 *notifier;
	struct wl_list list; // inhibitor.link
	struct wl_listener new_inhibitor;
	struct wl_listener desk_changed; /* also told of every window that comes and goes */
	struct wl_listener instances_changed;
};

struct inhibitor {
	struct idle *idle;
	struct wlr_idle_inhibitor_v1 *wlr;
	struct wl_listener destroy;
	struct wl_list link; // idle.list
};

/* Seen by the person, and its instance not frozen: what stands still needs no screen. */
static bool is_effective(const struct wlr_idle_inhibitor_v1 *inhibitor) {
	const struct window *window = window_from_surface(wlr_surface_get_root_surface(inhibitor->surface));
	return window != NULL && window->mapped && window->visible && !window->instance->frozen;
}

static void update(struct idle *idle) {
	bool inhibited = false;
	const struct inhibitor *inhibitor;
	wl_list_for_each(inhibitor, &idle->list, link) {
		inhibited = inhibited || is_effective(inhibitor->wlr);
	}
	wlr_idle_notifier_v1_set_inhibited(idle->notifier, inhibited);
}

static void remove_inhibitor(struct inhibitor *inhibitor) {
	wl_list_remove(&inhibitor->destroy.link);
	wl_list_remove(&inhibitor->link);
	free(inhibitor);
}

static void handle_inhibitor_destroy(struct wl_listener *listener, void *data) {
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, destroy);
	struct idle *idle = inhibitor->idle;
	remove_inhibitor(inhibitor);
	update(idle);
}

static void handle_new_inhibitor(struct wl_listener *listener, void *data) {
	struct idle *idle = wl_container_of(listener, idle, new_inhibitor);
	struct inhibitor *inhibitor = xcalloc(1, sizeof(*inhibitor));
	inhibitor->idle = idle;
	inhibitor->wlr = data;
	inhibitor->destroy.notify = handle_inhibitor_destroy;
	wl_signal_add(&inhibitor->wlr->events.destroy, &inhibitor->destroy);
	wl_list_insert(&idle->list, &inhibitor->link);
	update(idle);
}

static void handle_desk_changed(struct wl_listener *listener, void *data) {
	struct idle *idle = wl_container_of(listener, idle, desk_changed);
	update(idle);
}

static void handle_instances_changed(struct wl_listener *listener, void *data) {
	struct idle *idle = wl_container_of(listener, idle, instances_changed);
	update(idle);
}

void idle_activity(struct idle *idle) {
	const struct seat *seat = idle->instances->shell->seat;
	if (seat != NULL) {
		wlr_idle_notifier_v1_notify_activity(idle->notifier, seat->wlr);
	}
}

struct idle *idle_create(
	struct wl_display *display, struct gate *gate, struct instances *instances, struct desk *desk) {
	struct idle *idle = xcalloc(1, sizeof(*idle));
	idle->instances = instances;
	wl_list_init(&idle->list);
	gate_expect(gate, "ext_idle_notifier_v1", NULL);
	idle->notifier = wlr_idle_notifier_v1_create(display);
	if (idle->notifier == NULL) {
		goto error;
	}
	gate_admit(gate, idle->notifier->global);
	gate_expect(gate, "zwp_idle_inhibit_manager_v1", NULL);
	struct wlr_idle_inhibit_manager_v1 *manager = wlr_idle_inhibit_v1_create(display);
	if (manager == NULL) {
		goto error;
	}
	gate_admit(gate, manager->global);
	idle->new_inhibitor.notify = handle_new_inhibitor;
	wl_signal_add(&manager->events.new_inhibitor, &idle->new_inhibitor);
	idle->desk_changed.notify = handle_desk_changed;
	wl_signal_add(&desk->events.changed, &idle->desk_changed);
	idle->instances_changed.notify = handle_instances_changed;
	wl_signal_add(&instances->events.changed, &idle->instances_changed);
	return idle;
error:
	log_error("out of memory for idle notifications");
	abort();
}

void idle_destroy(struct idle *idle) {
	if (idle == NULL) {
		return;
	}
	struct inhibitor *inhibitor, *next;
	wl_list_for_each_safe(inhibitor, next, &idle->list, link) {
		remove_inhibitor(inhibitor);
	}
	wl_list_remove(&idle->new_inhibitor.link);
	wl_list_remove(&idle->desk_changed.link);
	wl_list_remove(&idle->instances_changed.link);
	free(idle);
}
