#include "tests/protocol/lib/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "primary-selection-unstable-v1-client-protocol.h"
#include "tests/protocol/lib/socket.h"
#include "xdg-shell-client-protocol.h"

/*
 * libwayland tells the text of a protocol error to its log handler only, and that knows no client: so the client
 * that is being dispatched stands here.
 */
static struct client *dispatching;

static void handle_log(const char *format, va_list args) {
	char text[1024];
	vsnprintf(text, sizeof(text), format, args);
	const char *error = strstr(text, ": error ");
	const char *message = error != NULL ? strstr(error + 8, ": ") : NULL;
	if (dispatching == NULL || message == NULL) {
		/* Objects that outlive their connection are no fault of a test. */
		if (strstr(text, "still attached") == NULL) {
			fputs(text, stderr);
		}
		return;
	}
	copy_string(dispatching->error.message, sizeof(dispatching->error.message), message + 2);
	dispatching->error.message[strcspn(dispatching->error.message, "\n")] = '\0';
}

static void note_death(struct client *client) {
	if (client->is_dead) {
		return;
	}
	client->is_dead = true;
	client->error.system = wl_display_get_error(client->display);
	if (client->error.system == EPROTO) {
		const struct wl_interface *interface = NULL;
		client->error.code = wl_display_get_protocol_error(client->display, &interface, &client->error.object);
		snprintf(client->error.interface, sizeof(client->error.interface), "%s",
			interface != NULL ? interface->name : "unknown");
	}
}

/* ---- registry ---- */

static void handle_global(
	void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct client *client = data;
	struct client_global *global = xcalloc(1, sizeof(*global));
	global->name = name;
	global->version = version;
	global->interface = xstrdup(interface);
	wl_list_insert(client->globals.prev, &global->link);
}

static void remove_global(struct client_global *global) {
	wl_list_remove(&global->link);
	free(global->interface);
	free(global);
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
	struct client *client = data;
	struct client_global *global, *next;
	wl_list_for_each_safe(global, next, &client->globals, link) {
		if (global->name == name) {
			remove_global(global);
		}
	}
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

const struct client_global *client_find(const struct client *client, const char *interface) {
	const struct client_global *global;
	wl_list_for_each(global, &client->globals, link) {
		if (strcmp(global->interface, interface) == 0) {
			return global;
		}
	}
	return NULL;
}

size_t client_count(const struct client *client, const char *interface) {
	size_t count = 0;
	const struct client_global *global;
	wl_list_for_each(global, &client->globals, link) {
		count += strcmp(global->interface, interface) == 0;
	}
	return count;
}

void *client_bind(struct client *client, const struct wl_interface *interface, uint32_t version) {
	struct test *test = client->test;
	const struct client_global *global = client_find(client, interface->name);
	if (global == NULL && test_is_on_peer()) {
		test_absent(test, "no %s", interface->name);
	}
	CHECK(global != NULL, "no %s is advertised", interface->name);
	if (version > global->version) {
		version = global->version;
	}
	return wl_registry_bind(client->registry, global->name, interface, version);
}

void *client_bind_name(struct client *client, uint32_t name, const char *interface, uint32_t version) {
	/* No object of this is ever used, so an interface without requests and events serves. */
	struct wl_interface named = { .name = interface, .version = (int)version };
	struct wl_interface *kept = xcalloc(1, sizeof(*kept));
	*kept = named;
	void *proxy = wl_registry_bind(client->registry, name, kept, version);
	/* The proxy refers to it until the connection is gone. */
	wl_proxy_set_user_data(proxy, kept);
	return proxy;
}

/* ---- connecting ---- */

static struct client *try_connect(struct test *test, const char *socket_path, bool is_shell) {
	wl_log_set_handler_client(handle_log);
	int fd = socket_try_connect(socket_path, SOCK_STREAM);
	if (fd < 0) {
		return NULL;
	}
	struct client *client = xcalloc(1, sizeof(*client));
	client->test = test;
	wl_list_init(&client->globals);
	client->display = wl_display_connect_to_fd(fd);
	client->registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(client->registry, &registry_listener, client);
	test_add_client(test, client, is_shell);
	if (!client_try_roundtrip(client)) {
		int error = client->error.system;
		client_destroy(client);
		errno = error;
		return NULL;
	}
	return client;
}

struct client *client_try_connect(struct test *test, const char *socket_path) {
	return try_connect(test, socket_path, false);
}

struct client *client_connect(struct test *test, const char *socket_path) {
	struct client *client = try_connect(test, socket_path, false);
	CHECK(client != NULL, "cannot connect to %s: %s", socket_path, strerror(errno));
	return client;
}

struct client *client_connect_shell(struct test *test, const char *socket_path) {
	struct client *client = try_connect(test, socket_path, true);
	CHECK(client != NULL, "cannot connect to %s: %s", socket_path, strerror(errno));
	return client;
}

void client_destroy(struct client *client) {
	if (client == NULL) {
		return;
	}
	test_remove_client(client->test, client);
	struct client_global *global, *next;
	wl_list_for_each_safe(global, next, &client->globals, link) {
		remove_global(global);
	}
	wl_display_disconnect(client->display);
	free(client);
}

bool client_is_alive(const struct client *client) {
	return !client->is_dead;
}

/* ---- sending and receiving ---- */

void client_poll(const struct client *client, struct pollfd *poll) {
	*poll = (struct pollfd){ .fd = client->is_dead ? -1 : wl_display_get_fd(client->display), .events = POLLIN };
}

bool client_dispatch(struct client *client) {
	if (client->is_dead) {
		return false;
	}
	struct client *outer = dispatching;
	dispatching = client;
	int handled = wl_display_dispatch_pending(client->display);
	/* Where it cannot send, it may be able to read why. */
	bool broken = wl_display_flush(client->display) < 0 && errno != EAGAIN && errno != EPIPE;
	while (!broken && handled >= 0 && wl_display_prepare_read(client->display) != 0) {
		int more = wl_display_dispatch_pending(client->display);
		handled = more < 0 ? -1 : handled + more;
	}
	if (!broken && handled >= 0) {
		/* The socket does not block: reads what there is. */
		struct pollfd poll_fd = { .fd = wl_display_get_fd(client->display), .events = POLLIN };
		if (poll(&poll_fd, 1, 0) > 0) {
			broken = wl_display_read_events(client->display) < 0;
		} else {
			wl_display_cancel_read(client->display);
		}
		int more = wl_display_dispatch_pending(client->display);
		handled = more < 0 ? -1 : handled + more;
	}
	dispatching = outer;
	if (broken || handled < 0 || wl_display_get_error(client->display) != 0) {
		note_death(client);
	}
	return handled > 0;
}

static void handle_sync_done(void *data, struct wl_callback *callback, uint32_t time) {
	bool *done = data;
	*done = true;
}

static const struct wl_callback_listener sync_listener = { .done = handle_sync_done };

bool client_try_roundtrip(struct client *client) {
	struct test *test = client->test;
	if (client->is_dead) {
		return false;
	}
	bool done = false;
	struct wl_callback *callback = wl_display_sync(client->display);
	wl_callback_add_listener(callback, &sync_listener, &done);
	WAIT_FOR(done || client->is_dead, "the compositor does not answer wl_display.sync");
	wl_callback_destroy(callback);
	return !client->is_dead;
}

void client_roundtrip(struct client *client) {
	struct test *test = client->test;
	bool alive = client_try_roundtrip(client);
	CHECK(alive, "the connection ended: %s, %s@%u, code %u: %s", strerror(client->error.system),
		client->error.interface, client->error.object, client->error.code, client->error.message);
}

double client_time_roundtrip(struct client *client) {
	struct timespec begin, end;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (!client_try_roundtrip(client)) {
		return -1;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) / 1e6;
}

void client_expect_death(struct client *client, const char *interface) {
	struct test *test = client->test;
	WAIT_FOR(client->is_dead, "the connection is still open");
	if (interface != NULL) {
		CHECK_INT(client->error.system, EPROTO, "the connection ended without a protocol error");
		CHECK_TEXT(client->error.interface, interface, "another object is to blame: %s", client->error.message);
	}
}

/* ---- the usual globals ---- */

struct wl_compositor *client_compositor(struct client *client) {
	if (client->compositor == NULL) {
		client->compositor = client_bind(client, &wl_compositor_interface, 6);
	}
	return client->compositor;
}

struct wl_subcompositor *client_subcompositor(struct client *client) {
	if (client->subcompositor == NULL) {
		client->subcompositor = client_bind(client, &wl_subcompositor_interface, 1);
	}
	return client->subcompositor;
}

struct wl_shm *client_shm(struct client *client) {
	if (client->shm == NULL) {
		client->shm = client_bind(client, &wl_shm_interface, 1);
	}
	return client->shm;
}

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = { .ping = handle_ping };

struct xdg_wm_base *client_wm_base(struct client *client) {
	if (client->wm_base == NULL) {
		client->wm_base = client_bind(client, &xdg_wm_base_interface, 6);
		xdg_wm_base_add_listener(client->wm_base, &wm_base_listener, client);
	}
	return client->wm_base;
}

struct wl_output *client_output(struct client *client) {
	if (client->output == NULL) {
		client->output = client_bind(client, &wl_output_interface, 4);
	}
	return client->output;
}

struct wl_seat *client_wl_seat(struct client *client) {
	if (client->wl_seat == NULL) {
		client->wl_seat = client_bind(client, &wl_seat_interface, 9);
	}
	return client->wl_seat;
}

struct wl_data_device_manager *client_data_device_manager(struct client *client) {
	if (client->data_device_manager == NULL) {
		client->data_device_manager = client_bind(client, &wl_data_device_manager_interface, 3);
	}
	return client->data_device_manager;
}

struct zwp_primary_selection_device_manager_v1 *client_primary_manager(struct client *client) {
	if (client->primary_manager == NULL) {
		client->primary_manager = client_bind(client, &zwp_primary_selection_device_manager_v1_interface, 1);
	}
	return client->primary_manager;
}
