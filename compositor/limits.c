#include "compositor/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-server-protocol.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/pool.h"
#include "compositor/receive.h"

#define LOG_INTERVAL_MS 1000
#define NOTICE_INTERVAL_MS 10000
/* Requests by their numbers, which a server's headers do not name. */
#define OFFER 0 /* in every interface that has it */
#define SHM_CREATE_POOL 0
#define POOL_CREATE_BUFFER 0
#define POOL_RESIZE 2

struct limits {
	struct wl_signal exceeded; /* struct limits_notice * */
	struct wl_protocol_logger *logger;
};

struct counted_client {
	struct limits *limits;
	struct instance *instance;
	struct wl_client *client;
	bool over; /* is being disconnected */
	uint64_t descriptors; /* that its requests have taken */
	uint64_t unused; /* that none has, as counted */
	/* What its request under way is about to make. */
	struct {
		uint32_t id; /* of the object; 0 for nothing of interest */
		int32_t size; /* of a pool */
		struct pool *pool; /* of a picture */
		uint64_t bytes;
	} making;
	struct wl_listener created, destroy;
};

struct counted_resource {
	struct instance *instance;
	enum config_limit limit; /* besides objects, of which all are */
	uint32_t types; /* that it offers */
	struct pool *pool; /* a wl_shm_pool */
	struct picture *picture; /* a wl_buffer in one */
	struct wl_resource *resource;
	struct counted_client *client;
	struct wl_listener destroy;
};

static const struct {
	const char *interface;
	enum config_limit limit;
} kinds[] = {
	{"wl_surface", LIMIT_SURFACES}, {"wl_subsurface", LIMIT_SUBSURFACES}, {"wl_shm_pool", LIMIT_POOLS},
	{"wl_buffer", LIMIT_BUFFERS}, {"wl_callback", LIMIT_CALLBACKS}, {"xdg_toplevel", LIMIT_WINDOWS},
	{"xdg_popup", LIMIT_POPUPS}, {"wp_presentation_feedback", LIMIT_FEEDBACKS},
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

/* "50 surfaces", "512 MiB of shared-memory", "a popup-depth of 16". */
static void describe(const struct instance *instance, enum config_limit limit, char *out, size_t size) {
	unsigned long long most = instance->limits[limit];
	const char *name = config_limit_name(limit);
	if (config_limit_is_bytes(limit)) {
		snprintf(out, size, "%llu MiB of %s", most >> 20, name);
	} else if (limit == LIMIT_POPUP_DEPTH) {
		snprintf(out, size, "a %s of %llu", name, most);
	} else {
		snprintf(out, size, "%llu %s", most, name);
	}
}

static void check(struct counted_client *counted, enum config_limit limit) {
	struct instance *instance = counted->instance;
	if (counted->over || limits_allow(instance, limit, instance->used[limit])) {
		return;
	}
	counted->over = true;
	instance->met[limit]++;
	char most[64], text[192];
	describe(instance, limit, most, sizeof(most));
	wl_client_post_implementation_error(counted->client, "more than %s: the limit of this instance", most);
	snprintf(text, sizeof(text), "a program is disconnected: it asked for more than %s (limit %s)", most,
		config_limit_name(limit));
	tell(counted->limits, instance, text);
}

bool limits_allow(const struct instance *instance, enum config_limit limit, uint64_t number) {
	return instance->shell || number <= instance->limits[limit];
}

static void handle_client_destroy(struct wl_listener *listener, void *data);

static struct counted_client *find_client(struct wl_client *client) {
	struct wl_listener *listener = wl_client_get_destroy_listener(client, handle_client_destroy);
	struct counted_client *counted = NULL;
	return listener != NULL ? wl_container_of(listener, counted, destroy) : NULL;
}

void limits_use(struct wl_client *client, enum config_limit limit, int64_t change) {
	struct counted_client *counted = find_client(client);
	if (counted != NULL) {
		instance_use(counted->instance, limit, change);
		check(counted, limit);
	}
}

/* ---- objects ---- */

static void handle_resource_destroy(struct wl_listener *listener, void *data) {
	struct counted_resource *counted = wl_container_of(listener, counted, destroy);
	instance_use(counted->instance, LIMIT_OBJECTS, -1);
	instance_use(counted->instance, LIMIT_TYPES, -(int64_t)counted->types);
	if (counted->limit != LIMIT_OBJECTS) {
		instance_use(counted->instance, counted->limit, -1);
	}
	pool_release(counted->pool);
	picture_release(counted->picture, counted->resource);
	free(counted);
}

static void handle_resource_created(struct wl_listener *listener, void *data) {
	struct counted_client *client = wl_container_of(listener, client, created);
	struct wl_resource *resource = data;
	struct counted_resource *counted = xcalloc(1, sizeof(*counted));
	counted->client = client;
	counted->instance = client->instance;
	counted->resource = resource;
	counted->limit = kind_of(resource);
	counted->destroy.notify = handle_resource_destroy;
	wl_resource_add_destroy_listener(resource, &counted->destroy);
	instance_use(client->instance, LIMIT_OBJECTS, 1);
	if (counted->limit != LIMIT_OBJECTS) {
		instance_use(client->instance, counted->limit, 1);
		check(client, counted->limit);
	}
	bool is_awaited = client->making.id != 0 && client->making.id == wl_resource_get_id(resource);
	if (is_awaited && counted->limit == LIMIT_POOLS) {
		counted->pool = pool_create(client->instance, client->making.size);
	} else if (is_awaited && counted->limit == LIMIT_BUFFERS && client->making.pool != NULL) {
		counted->picture = pool_add_picture(client->making.pool, client->making.bytes);
		check(client, LIMIT_SHARED_MEMORY);
	}
	client->making.id = 0;
	client->making.pool = NULL;
	check(client, LIMIT_OBJECTS);
}

/* ---- what wlroots tells nobody of: the requests are looked at as they come in ---- */

static struct counted_resource *find_resource(struct wl_resource *resource) {
	struct wl_listener *listener = wl_resource_get_destroy_listener(resource, handle_resource_destroy);
	struct counted_resource *counted = NULL;
	return listener != NULL ? wl_container_of(listener, counted, destroy) : NULL;
}

/* wlroots keeps each type that a source offers, and compares it with all before (attack C5). */
static void count_type(struct counted_resource *counted) {
	counted->types++;
	instance_use(counted->instance, LIMIT_TYPES, 1);
	check(counted->client, LIMIT_TYPES);
}

static void count_taken(struct counted_client *client, const char *signature) {
	for (const char *c = signature; *c != '\0'; c++) {
		client->descriptors += *c == 'h';
	}
}

/*
 * libwayland keeps up to a thousand of them for each connection, and asks nothing for it. What has just been read may
 * have brought those of requests that are still to come, a few dozen at most.
 */
void limits_count_descriptors(struct wl_client *client) {
	struct counted_client *counted = find_client(client);
	uint64_t received = receive_count_descriptors(wl_client_get_fd(client));
	if (counted == NULL || received < counted->descriptors) {
		return; /* nobody counts them: receive_is_in_force() has said so */
	}
	uint64_t unused = received - counted->descriptors;
	instance_use(counted->instance, LIMIT_DESCRIPTORS, (int64_t)unused - (int64_t)counted->unused);
	counted->unused = unused;
	check(counted, LIMIT_DESCRIPTORS);
}

static void note_picture(struct counted_resource *counted, const union wl_argument *untrusted_arguments) {
	int32_t height = untrusted_arguments[3].i, stride = untrusted_arguments[4].i;
	/* One that makes no sense is refused by wlroots, and no object comes of it. */
	counted->client->making.id = untrusted_arguments[0].n;
	counted->client->making.pool = counted->pool;
	counted->client->making.bytes = height > 0 && stride > 0 ? (uint64_t)height * (uint64_t)stride : 0;
}

static void handle_message(void *data, enum wl_protocol_logger_type direction,
		const struct wl_protocol_logger_message *message) {
	const struct wl_message *request = message->message;
	if (direction != WL_PROTOCOL_LOGGER_REQUEST) {
		return;
	}
	bool offers = message->message_opcode == OFFER && strcmp(request->name, "offer") == 0;
	bool makes_pool = request == &wl_shm_interface.methods[SHM_CREATE_POOL];
	bool makes_picture = request == &wl_shm_pool_interface.methods[POOL_CREATE_BUFFER];
	bool resizes = request == &wl_shm_pool_interface.methods[POOL_RESIZE];
	bool takes = strchr(request->signature, 'h') != NULL;
	struct counted_resource *counted =
		offers || makes_pool || makes_picture || resizes || takes ? find_resource(message->resource) : NULL;
	if (counted == NULL) {
		return;
	}
	if (takes) {
		count_taken(counted->client, request->signature);
	}
	if (offers) {
		count_type(counted);
	} else if (makes_pool) {
		counted->client->making.id = message->arguments[0].n;
		counted->client->making.size = message->arguments[2].i;
	} else if (counted->pool != NULL && makes_picture) {
		note_picture(counted, message->arguments);
	} else if (counted->pool != NULL && resizes) {
		pool_resize(counted->pool, message->arguments[0].i);
		check(counted->client, LIMIT_SHARED_MEMORY);
	}
}

/* ---- clients ---- */

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct counted_client *counted = wl_container_of(listener, counted, destroy);
	instance_use(counted->instance, LIMIT_CLIENTS, -1);
	instance_use(counted->instance, LIMIT_DESCRIPTORS, -(int64_t)counted->unused);
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
	instance_use(instance, LIMIT_CLIENTS, 1);
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
