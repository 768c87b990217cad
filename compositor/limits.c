#include "compositor/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

#define LOG_INTERVAL_MS 1000
#define NOTICE_INTERVAL_MS 10000
#define OFFER 0 /* the request of that name, in every interface that has it */

struct limits {
	struct wl_signal exceeded; /* struct limits_notice * */
	struct wl_protocol_logger *logger;
};

struct counted_client {
	struct limits *limits;
	struct instance *instance;
	struct wl_client *client;
	bool over; /* is being disconnected */
	struct wl_listener created, destroy;
};

struct counted_resource {
	struct instance *instance;
	enum config_limit limit; /* besides objects, of which all are */
	uint32_t types; /* that it offers */
	struct counted_client *client;
	struct wl_listener destroy;
};

static const struct {
	const char *interface;
	enum config_limit limit;
} kinds[] = {
	{"wl_surface", LIMIT_SURFACES}, {"wl_subsurface", LIMIT_SUBSURFACES}, {"wl_shm_pool", LIMIT_POOLS},
	{"wl_buffer", LIMIT_BUFFERS}, {"wl_callback", LIMIT_CALLBACKS},
};

static enum config_limit kind_of(struct wl_resource *resource) {
	const char *interface = wl_resource_get_class(resource);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].interface, interface) == 0) {
			return kinds[i].limit;
		}
	}
	return LIMIT_OBJECTS;
}

/* ---- over a limit ---- */

static void tell(struct limits *limits, struct instance *instance, const char *text) {
	int64_t time = clock_now();
	if (instance->limit_logged == 0 || time - instance->limit_logged >= LOG_INTERVAL_MS) {
		instance->limit_logged = time;
		log_warn("%s: %s", instance->name, text);
	}
	if (instance->limit_told == 0 || time - instance->limit_told >= NOTICE_INTERVAL_MS) {
		instance->limit_told = time;
		struct limits_notice notice = {.instance = instance, .text = text};
		wl_signal_emit_mutable(&limits->exceeded, &notice);
	}
}

static void check(struct counted_client *counted, enum config_limit limit) {
	struct instance *instance = counted->instance;
	if (counted->over || instance->shell || instance->used[limit] <= instance->limits[limit]) {
		return;
	}
	counted->over = true;
	wl_client_post_implementation_error(counted->client, "more than %u %s: the limit of this instance",
		instance->limits[limit], config_limit_name(limit));
	char text[128];
	snprintf(text, sizeof(text), "a program is disconnected: it asked for more than %u %s (limit %s)",
		instance->limits[limit], config_limit_name(limit), config_limit_name(limit));
	tell(counted->limits, instance, text);
}

/* ---- counting ---- */

static void handle_resource_destroy(struct wl_listener *listener, void *data) {
	struct counted_resource *counted = wl_container_of(listener, counted, destroy);
	counted->instance->used[LIMIT_OBJECTS]--;
	counted->instance->used[LIMIT_TYPES] -= counted->types;
	if (counted->limit != LIMIT_OBJECTS) {
		counted->instance->used[counted->limit]--;
	}
	free(counted);
}

static void handle_resource_created(struct wl_listener *listener, void *data) {
	struct counted_client *client = wl_container_of(listener, client, created);
	struct wl_resource *resource = data;
	struct counted_resource *counted = xcalloc(1, sizeof(*counted));
	counted->client = client;
	counted->instance = client->instance;
	counted->limit = kind_of(resource);
	counted->destroy.notify = handle_resource_destroy;
	wl_resource_add_destroy_listener(resource, &counted->destroy);
	client->instance->used[LIMIT_OBJECTS]++;
	if (counted->limit != LIMIT_OBJECTS) {
		client->instance->used[counted->limit]++;
		check(client, counted->limit);
	}
	check(client, LIMIT_OBJECTS);
}

/*
 * wlroots keeps each type that a source offers, and compares it with all before (attack C5). It tells nobody of them, so
 * the requests are looked at as they come in.
 */
static void handle_message(void *data, enum wl_protocol_logger_type direction,
		const struct wl_protocol_logger_message *message) {
	if (direction != WL_PROTOCOL_LOGGER_REQUEST || message->message_opcode != OFFER ||
			strcmp(message->message->name, "offer") != 0) {
		return;
	}
	struct wl_listener *listener = wl_resource_get_destroy_listener(message->resource, handle_resource_destroy);
	if (listener != NULL) {
		struct counted_resource *counted = wl_container_of(listener, counted, destroy);
		counted->types++;
		counted->instance->used[LIMIT_TYPES]++;
		check(counted->client, LIMIT_TYPES);
	}
}

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct counted_client *counted = wl_container_of(listener, counted, destroy);
	counted->instance->used[LIMIT_CLIENTS]--;
	wl_list_remove(&counted->created.link);
	wl_list_remove(&counted->destroy.link);
	free(counted);
}

void limits_add_client(struct limits *limits, struct instance *instance, struct wl_client *client) {
	struct counted_client *counted = xcalloc(1, sizeof(*counted));
	counted->limits = limits;
	counted->instance = instance;
	counted->client = client;
	counted->created.notify = handle_resource_created;
	wl_client_add_resource_created_listener(client, &counted->created);
	counted->destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(client, &counted->destroy);
	instance->used[LIMIT_CLIENTS]++;
	check(counted, LIMIT_CLIENTS);
	if (counted->over) {
		wl_client_destroy(client); /* which sends what was said */
	}
}

struct wl_signal *limits_get_exceeded(struct limits *limits) {
	return &limits->exceeded;
}

struct limits *limits_create(struct wl_display *display) {
	struct limits *limits = xcalloc(1, sizeof(*limits));
	wl_signal_init(&limits->exceeded);
	limits->logger = wl_display_add_protocol_logger(display, handle_message, limits);
	if (limits->logger == NULL) {
		log_error("out of memory for the limits");
		abort();
	}
	return limits;
}

void limits_destroy(struct limits *limits) {
	if (limits == NULL) {
		return;
	}
	wl_protocol_logger_destroy(limits->logger);
	free(limits);
}
