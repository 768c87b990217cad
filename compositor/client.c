#include "compositor/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"

#define ACCEPT_AT_ONCE 4 /* connections accepted in one turn of the loop */

struct doors {
	struct wl_display *display;
	struct instances *instances;
	struct fairness *fairness;
	struct limits *limits;
	struct wl_list doors;   // door.link
	struct wl_list clients; // client.link
};

/* A listening socket. Its owner is who connects here is. */
struct door {
	struct doors *doors;
	struct instance *instance;
	int fd;
	struct wl_event_source *source;
	struct share *share;
	struct wl_listener instance_destroy;
	struct wl_list link; // doors.doors
};

struct client {
	struct instances *instances;
	struct instance *instance;
	struct wl_client *wl;
	struct wl_listener destroy;
	struct wl_list link; // doors.clients
};

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct client *client = wl_container_of(listener, client, destroy);
	client->instance->clients--;
	instance_notify(client->instances, client->instance);
	wl_list_remove(&client->link);
	wl_list_remove(&client->destroy.link);
	free(client);
}

/* The user of the other end, as the kernel knows it: only our own user's processes may speak here. */
static bool is_same_user(int fd) {
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 && credentials.uid == getuid();
}

static void admit(struct door *door, int fd) {
	if (!is_same_user(fd)) {
		log_warn("%s: a connection by another user is refused", door->instance->name);
		close(fd);
		return;
	}
	struct client *client = xcalloc(1, sizeof(*client));
	client->instances = door->doors->instances;
	client->instance = door->instance;
	client->wl = wl_client_create(door->doors->display, fd);
	if (client->wl == NULL) {
		log_error("%s: a connection is refused: %s", door->instance->name, strerror(errno));
		close(fd);
		free(client);
		return;
	}
	wl_client_set_user_data(client->wl, client, NULL);
	fairness_add_client(door->doors->fairness, door->instance, client->wl);
	/* Late, so that the client's resources are gone and its instance is still known while they go. */
	client->destroy.notify = handle_client_destroy;
	wl_client_add_destroy_late_listener(client->wl, &client->destroy);
	wl_list_insert(&door->doors->clients, &client->link);
	client->instance->clients++;
	instance_notify(client->instances, client->instance);
	/* Last: one too many is gone after this. */
	limits_add_client(door->doors->limits, door->instance, client->wl);
}

static int handle_readable(int fd, uint32_t mask, void *data) {
	struct door *door = data;
	fairness_charge(door->share);
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		int client_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (client_fd < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
				log_error("%s: cannot accept: %s", door->instance->name, strerror(errno));
			}
			return 0;
		}
		admit(door, client_fd);
	}
	return 0;
}

static void door_destroy(struct door *door) {
	if (door->source != NULL) {
		fairness_remove_door(door->share);
		wl_event_source_remove(door->source);
	}
	fd_close(&door->fd);
	wl_list_remove(&door->instance_destroy.link);
	wl_list_remove(&door->link);
	free(door);
}

static void handle_instance_destroy(struct wl_listener *listener, void *data) {
	struct door *door = wl_container_of(listener, door, instance_destroy);
	doors_close_clients(door->doors, door->instance);
	door_destroy(door);
}

struct doors *doors_create(struct wl_display *display, struct instances *instances, struct fairness *fairness,
		struct limits *limits) {
	struct doors *doors = xcalloc(1, sizeof(*doors));
	doors->display = display;
	doors->instances = instances;
	doors->fairness = fairness;
	doors->limits = limits;
	wl_list_init(&doors->doors);
	wl_list_init(&doors->clients);
	return doors;
}

void doors_destroy(struct doors *doors) {
	if (doors == NULL) {
		return;
	}
	struct client *client, *next_client;
	wl_list_for_each_safe(client, next_client, &doors->clients, link) {
		wl_client_destroy(client->wl);
	}
	struct door *door, *next_door;
	wl_list_for_each_safe(door, next_door, &doors->doors, link) {
		door_destroy(door);
	}
	free(doors);
}

bool doors_listen(struct doors *doors, struct instance *instance, int fd) {
	struct door *old, *next;
	wl_list_for_each_safe(old, next, &doors->doors, link) {
		if (old->instance == instance) {
			door_destroy(old);
		}
	}
	struct door *door = xcalloc(1, sizeof(*door));
	door->doors = doors;
	door->instance = instance;
	door->fd = fd;
	door->instance_destroy.notify = handle_instance_destroy;
	wl_signal_add(&instance->events.destroy, &door->instance_destroy);
	wl_list_insert(&doors->doors, &door->link);
	if (fd_set_nonblock(fd)) {
		door->source = wl_event_loop_add_fd(wl_display_get_event_loop(doors->display), fd, WL_EVENT_READABLE,
			handle_readable, door);
	}
	if (door->source == NULL) {
		log_error("%s: its socket cannot be watched", instance->name);
		door_destroy(door);
		return false;
	}
	door->share = fairness_add_door(doors->fairness, instance, door->source, fd);
	return true;
}

struct instance *client_instance(struct wl_client *wl_client) {
	const struct client *client = wl_client_get_user_data(wl_client);
	return client != NULL ? client->instance : NULL;
}

struct instance *resource_instance(struct wl_resource *resource) {
	return resource != NULL ? client_instance(wl_resource_get_client(resource)) : NULL;
}

void doors_close_clients(struct doors *doors, struct instance *instance) {
	struct client *client, *next;
	wl_list_for_each_safe(client, next, &doors->clients, link) {
		if (client->instance == instance) {
			wl_client_destroy(client->wl);
		}
	}
}
