#ifndef CLIENT_H
#define CLIENT_H

/*
 * A Wayland client of the test's own. Several live in one process; none ever blocks: all waiting goes through
 * test_step(). Structs here are open, since hostile tests need the raw objects.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-client.h>

#include "tests/protocol/lib/test.h"

/* Why a connection ended, as the compositor said it. */
struct client_error {
	int system; /* errno; EPROTO where the rest is set */
	uint32_t code;
	char interface[64]; /* of the object to blame */
	uint32_t object;
	char message[512];
};

struct client_global {
	struct wl_list link; // client.globals
	uint32_t name;
	uint32_t version;
	char *interface;
};

struct client {
	struct test *test;
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_list globals; // client_global.link
	bool is_dead;
	struct client_error error;

	/* Bound on the first use; see the functions below. */
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct wl_output *output;
	struct wl_seat *wl_seat;
	struct wl_data_device_manager *data_device_manager;
	struct zwp_primary_selection_device_manager_v1 *primary_manager;
};

/* Connects and receives the registry. Fails the case where that does not work. */
struct client *client_connect(struct test *test, const char *socket_path);
/* The same on the trusted shell's socket: the order of test_settle() minds the difference. */
struct client *client_connect_shell(struct test *test, const char *socket_path);
/* NULL where the socket refuses, or the connection ends before the registry has come. */
struct client *client_try_connect(struct test *test, const char *socket_path);
/* Disconnects. What was made through the client and is not destroyed yet goes with it. NULL is allowed. */
void client_destroy(struct client *client);

/* False once the compositor has closed the connection; client->error then says why. */
bool client_is_alive(const struct client *client);

/* Sends what waits and waits for wl_display.sync to be answered. Fails the case where the connection dies. */
void client_roundtrip(struct client *client);
/* Returns false where the connection died. Still fails the case where there is no answer in time. */
bool client_try_roundtrip(struct client *client);
/* The time of one roundtrip in milliseconds; -1 where the connection died. */
double client_time_roundtrip(struct client *client);

/* Fails the case unless the connection dies in time: of a protocol error where `interface` is not NULL. */
void client_expect_death(struct client *client, const char *interface);

/* ---- globals ---- */

/* The first global of this interface, or NULL. */
const struct client_global *client_find(const struct client *client, const char *interface);
size_t client_count(const struct client *client, const char *interface);
/* Binds the first global of this interface, at most at this version. Fails the case where there is none. */
void *client_bind(struct client *client, const struct wl_interface *interface, uint32_t version);
/* Binds any name, advertised or not. */
void *client_bind_name(struct client *client, uint32_t name, const char *interface, uint32_t version);

struct wl_compositor *client_compositor(struct client *client);
struct wl_subcompositor *client_subcompositor(struct client *client);
struct wl_shm *client_shm(struct client *client);
struct xdg_wm_base *client_wm_base(struct client *client); /* pings are answered */
struct wl_output *client_output(struct client *client);
struct wl_seat *client_wl_seat(struct client *client);
struct wl_data_device_manager *client_data_device_manager(struct client *client);
struct zwp_primary_selection_device_manager_v1 *client_primary_manager(struct client *client);

/* ---- for test.c ---- */

/* Sends and receives what can be, without waiting. Returns true where events were handled. */
bool client_dispatch(struct client *client);
/* Fills in what to poll for. */
void client_poll(const struct client *client, struct pollfd *poll);

#endif
