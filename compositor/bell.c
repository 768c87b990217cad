#include "compositor/bell.h"

#include <stdlib.h>
#include <wlr/types/wlr_xdg_system_bell_v1.h>

#include "base/memory.h"
#include "compositor/client.h"

struct bell {
	struct wl_listener ring;
};

static void handle_ring(struct wl_listener *listener, void *data) {
	const struct wlr_xdg_system_bell_v1_ring_event *event = data;
	struct instance *instance = client_instance(event->client);
	struct window *window = event->surface != NULL ? window_from_surface(event->surface) : NULL;
	int64_t now = clock_now();
	/* Without a surface there is nothing to mark; and nobody rings for another. */
	if (instance == NULL || window == NULL || window->instance != instance ||
			(instance->rang != 0 && now - instance->rang < BELL_PAUSE_MS)) {
		return;
	}
	instance->rang = now;
	if (window->mapped && !window->focused) {
		window_set_urgent(window, true);
	}
}

struct bell *bell_create(struct wl_display *display, struct gate *gate) {
	struct bell *bell = xcalloc(1, sizeof(*bell));
	gate_expect(gate, "xdg_system_bell_v1", NULL);
	struct wlr_xdg_system_bell_v1 *manager = wlr_xdg_system_bell_v1_create(display, 1);
	if (manager == NULL) {
		abort();
	}
	gate_admit(gate, manager->global);
	bell->ring.notify = handle_ring;
	wl_signal_add(&manager->events.ring, &bell->ring);
	return bell;
}

void bell_destroy(struct bell *bell) {
	if (bell == NULL) {
		return;
	}
	wl_list_remove(&bell->ring.link);
	free(bell);
}
