#include "tests/protocol/lib/selection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "primary-selection-unstable-v1-client-protocol.h"

#define TEXT_MAX (32 * 1024 * 1024)

static const char *const text_types[] = { "text/plain;charset=utf-8", "UTF8_STRING", "text/plain", NULL };

/* ---- sources ---- */

static void serve(struct source *source, const char *mime, int fd) {
	struct test *test = source->client->test;
	source->asked++;
	if (source->serve != NULL) {
		source->serve(source->data, source, mime, fd);
		return;
	}
	/* An empty pipe takes 64 KiB at once, and so much is enough here. */
	size_t len = strlen(source->text);
	ssize_t written = write(fd, source->text, len);
	int error = errno;
	close(fd);
	CHECK(written == (ssize_t)len || (written < 0 && error == EPIPE), "cannot serve: %s", strerror(error));
}

static void handle_send(void *data, struct wl_data_source *wl_source, const char *mime, int32_t fd) {
	serve(data, mime, fd);
}

static void handle_cancelled(void *data, struct wl_data_source *wl_source) {
	struct source *source = data;
	source->is_cancelled = true;
}

static void handle_target(void *data, struct wl_data_source *wl_source, const char *mime) {
}

static void handle_drop_performed(void *data, struct wl_data_source *wl_source) {
}

static void handle_finished(void *data, struct wl_data_source *wl_source) {
}

static void handle_source_action(void *data, struct wl_data_source *wl_source, uint32_t action) {
}

static const struct wl_data_source_listener source_listener = {
	.target = handle_target,
	.send = handle_send,
	.cancelled = handle_cancelled,
	.dnd_drop_performed = handle_drop_performed,
	.dnd_finished = handle_finished,
	.action = handle_source_action,
};

struct source *source_create(struct client *client, const char *const *types, const char *text) {
	struct source *source = xcalloc(1, sizeof(*source));
	source->client = client;
	source->text = text;
	source->wl_source = wl_data_device_manager_create_data_source(client_data_device_manager(client));
	wl_data_source_add_listener(source->wl_source, &source_listener, source);
	for (; *types != NULL; types++) {
		wl_data_source_offer(source->wl_source, *types);
	}
	return source;
}

struct source *source_create_text(struct client *client, const char *text) {
	return source_create(client, text_types, text);
}

static void handle_primary_send(
	void *data, struct zwp_primary_selection_source_v1 *primary, const char *mime, int32_t fd) {
	serve(data, mime, fd);
}

static void handle_primary_cancelled(void *data, struct zwp_primary_selection_source_v1 *primary) {
	struct source *source = data;
	source->is_cancelled = true;
}

static const struct zwp_primary_selection_source_v1_listener primary_source_listener = {
	.send = handle_primary_send,
	.cancelled = handle_primary_cancelled,
};

struct source *source_create_primary(struct client *client, const char *text) {
	struct source *source = xcalloc(1, sizeof(*source));
	source->client = client;
	source->text = text;
	source->primary = zwp_primary_selection_device_manager_v1_create_source(client_primary_manager(client));
	zwp_primary_selection_source_v1_add_listener(source->primary, &primary_source_listener, source);
	for (const char *const *type = text_types; *type != NULL; type++) {
		zwp_primary_selection_source_v1_offer(source->primary, *type);
	}
	return source;
}

/* ---- offers ---- */

static void add_type(struct offer *offer, const char *mime) {
	if (offer->types_len < OFFER_TYPES_MAX) {
		offer->types[offer->types_len] = xstrdup(mime);
	}
	offer->types_len++;
}

static void handle_offer(void *data, struct wl_data_offer *wl_offer, const char *mime) {
	add_type(data, mime);
}

static void handle_source_actions(void *data, struct wl_data_offer *wl_offer, uint32_t actions) {
}

static void handle_offer_action(void *data, struct wl_data_offer *wl_offer, uint32_t action) {
}

static const struct wl_data_offer_listener offer_listener = {
	.offer = handle_offer,
	.source_actions = handle_source_actions,
	.action = handle_offer_action,
};

static void handle_primary_offer(void *data, struct zwp_primary_selection_offer_v1 *primary, const char *mime) {
	add_type(data, mime);
}

static const struct zwp_primary_selection_offer_v1_listener primary_offer_listener = {
	.offer = handle_primary_offer,
};

bool offer_has_type(const struct offer *offer, const char *mime) {
	for (size_t i = 0; i < offer->types_len && i < OFFER_TYPES_MAX; i++) {
		if (strcmp(offer->types[i], mime) == 0) {
			return true;
		}
	}
	return false;
}

char *offer_receive(struct offer *offer, const char *mime, int64_t milliseconds) {
	struct test *test = offer->client->test;
	int pipe_fds[2];
	CHECK(pipe2(pipe_fds, O_CLOEXEC) == 0, "cannot make a pipe: %s", strerror(errno));
	/* Only this end: the flags of the other are shared with whoever writes. */
	fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	if (offer->wl_offer != NULL) {
		wl_data_offer_receive(offer->wl_offer, mime, pipe_fds[1]);
	} else {
		zwp_primary_selection_offer_v1_receive(offer->primary, mime, pipe_fds[1]);
	}
	/* libwayland has its own duplicate until it is sent. */
	close(pipe_fds[1]);

	char *text = xcalloc(1, 1);
	size_t len = 0;
	int64_t deadline = test_deadline(test, milliseconds);
	for (;;) {
		char part[4096];
		ssize_t got = read(pipe_fds[0], part, sizeof(part));
		if (got == 0) {
			break;
		}
		if (got < 0 || len > TEXT_MAX) {
			CHECK(got < 0 && errno == EAGAIN, "cannot read what is pasted, after %zu bytes", len);
			if (!test_step(test, deadline)) {
				free(text);
				text = NULL;
				break;
			}
			continue;
		}
		text = xrealloc_array(text, len + (size_t)got + 1, 1);
		memcpy(text + len, part, (size_t)got);
		len += (size_t)got;
		text[len] = '\0';
	}
	close(pipe_fds[0]);
	return text;
}

/* ---- the clipboard ---- */

static void handle_data_offer(void *data, struct wl_data_device *device, struct wl_data_offer *wl_offer) {
	struct selection *selection = data;
	struct offer *offer = xcalloc(1, sizeof(*offer));
	offer->client = selection->client;
	offer->wl_offer = wl_offer;
	wl_data_offer_add_listener(wl_offer, &offer_listener, offer);
	selection->announced = offer;
	selection->offers++;
}

static void handle_selection(void *data, struct wl_data_device *device, struct wl_data_offer *wl_offer) {
	struct selection *selection = data;
	selection->offer = wl_offer != NULL ? wl_data_offer_get_user_data(wl_offer) : NULL;
	selection->changes++;
}

static void handle_drag_enter(void *data, struct wl_data_device *device, uint32_t serial, struct wl_surface *surface,
	wl_fixed_t x, wl_fixed_t y, struct wl_data_offer *wl_offer) {
	struct selection *selection = data;
	selection->drag_enters++;
}

static void handle_drag_leave(void *data, struct wl_data_device *device) {
}

static void handle_drag_motion(void *data, struct wl_data_device *device, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
}

static void handle_drop(void *data, struct wl_data_device *device) {
}

static const struct wl_data_device_listener device_listener = {
	.data_offer = handle_data_offer,
	.enter = handle_drag_enter,
	.leave = handle_drag_leave,
	.motion = handle_drag_motion,
	.drop = handle_drop,
	.selection = handle_selection,
};

/* ---- the primary selection ---- */

static void handle_primary_data_offer(
	void *data, struct zwp_primary_selection_device_v1 *device, struct zwp_primary_selection_offer_v1 *primary) {
	struct selection *selection = data;
	struct offer *offer = xcalloc(1, sizeof(*offer));
	offer->client = selection->client;
	offer->primary = primary;
	zwp_primary_selection_offer_v1_add_listener(primary, &primary_offer_listener, offer);
	selection->primary_announced = offer;
	selection->primary_offers++;
}

static void handle_primary_selection(
	void *data, struct zwp_primary_selection_device_v1 *device, struct zwp_primary_selection_offer_v1 *primary) {
	struct selection *selection = data;
	selection->primary_offer = primary != NULL ? zwp_primary_selection_offer_v1_get_user_data(primary) : NULL;
	selection->primary_changes++;
}

static const struct zwp_primary_selection_device_v1_listener primary_device_listener = {
	.data_offer = handle_primary_data_offer,
	.selection = handle_primary_selection,
};

/* ---- both ---- */

struct selection *selection_create(struct client *client) {
	struct selection *selection = xcalloc(1, sizeof(*selection));
	selection->client = client;
	selection->device = wl_data_device_manager_get_data_device(
		client_data_device_manager(client), client_wl_seat(client));
	wl_data_device_add_listener(selection->device, &device_listener, selection);
	if (test_is_on_peer() && client_find(client, zwp_primary_selection_device_manager_v1_interface.name) == NULL) {
		return selection;
	}
	selection->primary_device = zwp_primary_selection_device_manager_v1_get_device(
		client_primary_manager(client), client_wl_seat(client));
	zwp_primary_selection_device_v1_add_listener(selection->primary_device, &primary_device_listener, selection);
	client_roundtrip(client);
	return selection;
}

void selection_set(struct selection *selection, struct source *source, uint32_t serial) {
	wl_data_device_set_selection(selection->device, source != NULL ? source->wl_source : NULL, serial);
}

void selection_set_primary(struct selection *selection, struct source *source, uint32_t serial) {
	zwp_primary_selection_device_v1_set_selection(
		selection->primary_device, source != NULL ? source->primary : NULL, serial);
}

void selection_forget(struct selection *selection) {
	selection->offers = selection->changes = 0;
	selection->primary_offers = selection->primary_changes = 0;
	selection->drag_enters = 0;
}

char *selection_text(struct selection *selection) {
	struct test *test = selection->client->test;
	if (selection->offer == NULL || selection->offer->types_len == 0) {
		return NULL;
	}
	const char *mime = NULL;
	for (const char *const *type = text_types; *type != NULL && mime == NULL; type++) {
		mime = offer_has_type(selection->offer, *type) ? *type : NULL;
	}
	CHECK(mime != NULL, "the clipboard holds no text but %s", selection->offer->types[0]);
	char *text = offer_receive(selection->offer, mime, TEST_TIMEOUT_MS);
	CHECK(text != NULL, "what the clipboard holds does not come in time");
	return text;
}
