#include "compositor/extent.h"

#include <stdlib.h>

#include "base/memory.h"

struct extents {
	struct wl_listener new_surface;
};

/* Of one surface, for its life. */
struct extent {
	struct wlr_surface *surface;
	struct wl_listener client_commit;
	struct wl_listener destroy;
};

/* Before anything of the new state is applied, or kept for later. */
static void handle_client_commit(struct wl_listener *listener, void *data) {
	struct extent *extent = wl_container_of(listener, extent, client_commit);
	struct wlr_surface *surface = extent->surface;
	int width = surface->pending.width, height = surface->pending.height;
	if (width > SURFACE_SIZE_MAX || height > SURFACE_SIZE_MAX) {
		wlr_surface_reject_pending(surface, surface->resource, WL_SURFACE_ERROR_INVALID_SIZE,
			"a surface of %d by %d: expected at most %d by %d", width, height, SURFACE_SIZE_MAX, SURFACE_SIZE_MAX);
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct extent *extent = wl_container_of(listener, extent, destroy);
	wl_list_remove(&extent->client_commit.link);
	wl_list_remove(&extent->destroy.link);
	free(extent);
}

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct extent *extent = xcalloc(1, sizeof(*extent));
	extent->surface = data;
	extent->client_commit.notify = handle_client_commit;
	wl_signal_add(&extent->surface->events.client_commit, &extent->client_commit);
	extent->destroy.notify = handle_destroy;
	wl_signal_add(&extent->surface->events.destroy, &extent->destroy);
}

struct extents *extents_create(struct wlr_compositor *compositor) {
	struct extents *extents = xcalloc(1, sizeof(*extents));
	extents->new_surface.notify = handle_new_surface;
	wl_signal_add(&compositor->events.new_surface, &extents->new_surface);
	return extents;
}

void extents_destroy(struct extents *extents) {
	if (extents == NULL) {
		return;
	}
	wl_list_remove(&extents->new_surface.link);
	free(extents);
}
