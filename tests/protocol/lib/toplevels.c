#include "tests/protocol/lib/toplevels.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ext-foreign-toplevel-list-v1-client-protocol.h"

static void handle_closed(void *data, struct ext_foreign_toplevel_handle_v1 *handle) {
	struct toplevel *toplevel = data;
	toplevel->is_closed = true;
}

static void handle_done(void *data, struct ext_foreign_toplevel_handle_v1 *handle) {
}

static void handle_title(void *data, struct ext_foreign_toplevel_handle_v1 *handle, const char *title) {
	struct toplevel *toplevel = data;
	free(toplevel->title);
	toplevel->title = xstrdup(title);
}

static void handle_app_id(void *data, struct ext_foreign_toplevel_handle_v1 *handle, const char *app_id) {
	struct toplevel *toplevel = data;
	free(toplevel->app_id);
	toplevel->app_id = xstrdup(app_id);
}

static void handle_identifier(void *data, struct ext_foreign_toplevel_handle_v1 *handle, const char *identifier) {
}

static const struct ext_foreign_toplevel_handle_v1_listener handle_listener = {
	.closed = handle_closed,
	.done = handle_done,
	.title = handle_title,
	.app_id = handle_app_id,
	.identifier = handle_identifier,
};

static void handle_toplevel(
	void *data, struct ext_foreign_toplevel_list_v1 *list, struct ext_foreign_toplevel_handle_v1 *handle) {
	struct toplevels *toplevels = data;
	struct toplevel *toplevel = xcalloc(1, sizeof(*toplevel));
	if (toplevels->len < TOPLEVELS_MAX) {
		toplevels->all[toplevels->len++] = toplevel;
	}
	ext_foreign_toplevel_handle_v1_add_listener(handle, &handle_listener, toplevel);
}

static void handle_finished(void *data, struct ext_foreign_toplevel_list_v1 *list) {
}

static const struct ext_foreign_toplevel_list_v1_listener list_listener = {
	.toplevel = handle_toplevel,
	.finished = handle_finished,
};

struct toplevels *toplevels_create(struct client *client) {
	struct toplevels *toplevels = xcalloc(1, sizeof(*toplevels));
	struct ext_foreign_toplevel_list_v1 *list = client_bind(client, &ext_foreign_toplevel_list_v1_interface, 1);
	ext_foreign_toplevel_list_v1_add_listener(list, &list_listener, toplevels);
	client_roundtrip(client);
	return toplevels;
}

const struct toplevel *toplevels_find(const struct toplevels *toplevels, const char *app_id) {
	for (size_t i = 0; i < toplevels->len; i++) {
		const struct toplevel *toplevel = toplevels->all[i];
		if (!toplevel->is_closed && toplevel->app_id != NULL && strcmp(toplevel->app_id, app_id) == 0) {
			return toplevel;
		}
	}
	return NULL;
}
