#include "compositor/fairness.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <linux/sockios.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/valve.h"

#define MS 1000000LL
#define CREDIT_MAX (4 * MS) /* what an instance that was quiet may take at once */
#define DEBT_MAX (200 * MS) /* what came in one bite is not paid back for longer than this allows */
#define CONTENTION (100 * MS) /* another instance that has asked for something so lately is active */
#define FLOODS_SHARE 3 /* all overdrawn instances together get one in so many */
#define TICK_MS 1
#define SLOW_TICK_MS 10
#define LOG_INTERVAL (1000 * MS)

/* Small bites when reading, and room when writing: a client that does not read gets the large buffer, and is not read. */
#define BITE_BYTES 4096
#define ROOM_BYTES (256 * 1024)
#define SOCKET_BYTES (256 * 1024)

/* An instance's account. */
struct flow {
	struct fairness *fairness;
	struct instance *instance; /* NULL: gone, and the last shares are about to go */
	struct wl_list shares; // share.link; those that wait longest come first
	int64_t credit; /* ns of the loop's time; below 0: overdrawn */
	int64_t refilled, active, logged; /* ns, the clock */
	bool restrained;
	struct share *served; /* while restrained: the one whose turn it is */
	struct wl_list link; // fairness.flows
	struct wl_listener instance_destroy;
};

/* A client, or a listening socket. */
struct share {
	struct flow *flow;
	int fd;
	struct wl_client *client; /* NULL: a listening socket */
	struct wl_event_source *source; /* of a listening socket */
	struct valve *valve; /* of a client */
	int room; /* SO_SNDBUF */
	uint32_t asked; /* the turn in which it was dispatched last */
	bool slow; /* it does not read what it is sent */
	size_t unread; /* bytes sent to it since it is slow */
	bool written; /* is in fairness.written: it was sent something, or is slow */
	struct wl_list link, written_link; // flow.shares, fairness.written
	struct wl_listener destroy;
};

struct fairness {
	struct wl_display *display;
	struct wl_event_loop *loop;
	struct wl_protocol_logger *logger;
	struct wl_event_source *tick;
	int tick_ms; /* 0 while it is not set */
	struct wl_list flows; // flow.link
	struct wl_list written; // share.written_link
	uint32_t turn;
	struct flow *charged; /* whose requests are being handled */
	int64_t since;
};

static int64_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 * MS + time.tv_nsec;
}

/* ---- the account ---- */

static void switch_to(struct fairness *fairness, struct flow *flow) {
	int64_t time = now();
	if (fairness->charged != NULL) {
		struct flow *charged = fairness->charged;
		charged->credit -= time - fairness->since;
		charged->active = time;
		if (charged->credit < -DEBT_MAX) {
			charged->credit = -DEBT_MAX;
		}
	}
	fairness->charged = flow;
	fairness->since = time;
}

void fairness_charge(struct share *share) {
	share->asked = share->flow->fairness->turn;
	switch_to(share->flow->fairness, share->flow);
}

/* Is anybody active who is not overdrawn? */
static bool is_contended(const struct fairness *fairness, const struct flow *by, int64_t time) {
	const struct flow *flow;
	wl_list_for_each(flow, &fairness->flows, link) {
		if (flow != by && !flow->restrained && time - flow->active < CONTENTION) {
			return true;
		}
	}
	return false;
}

static void refill(struct flow *flow, int64_t time, int64_t restrained) {
	int64_t elapsed = time - flow->refilled;
	flow->refilled = time;
	if (flow->restrained) {
		elapsed /= is_contended(flow->fairness, flow, time) ? FLOODS_SHARE * restrained : restrained;
	} else if (is_contended(flow->fairness, flow, time)) {
		elapsed /= FLOODS_SHARE;
	}
	flow->credit += elapsed;
	if (flow->credit > CREDIT_MAX) {
		flow->credit = CREDIT_MAX;
	}
}

/* ---- holding back ---- */

static void set_open(struct share *share, bool open) {
	if (share->client != NULL) {
		valve_set(share->valve, open && !share->slow);
	} else {
		wl_event_source_fd_update(share->source, open ? WL_EVENT_READABLE : 0);
	}
}

static void restrain(struct flow *flow, bool restrained) {
	flow->restrained = restrained;
	flow->served = NULL;
	struct share *share;
	wl_list_for_each(share, &flow->shares, link) {
		set_open(share, !restrained);
	}
}

static bool has_something(const struct share *share) {
	struct pollfd poll_fd = {.fd = share->fd, .events = POLLIN};
	return !share->slow && poll(&poll_fd, 1, 0) > 0;
}

/* Lets the next one in, of those that have something to say. */
static void serve(struct flow *flow) {
	struct share *share;
	wl_list_for_each(share, &flow->shares, link) {
		if (has_something(share)) {
			wl_list_remove(&share->link);
			wl_list_insert(flow->shares.prev, &share->link);
			flow->served = share;
			set_open(share, true);
			return;
		}
	}
}

static void decide(struct flow *flow) {
	if (!flow->restrained && flow->credit < 0 && flow->instance != NULL && !flow->instance->shell) {
		log_debug("%s: is served after the others", flow->instance->name);
		restrain(flow, true);
	} else if (flow->restrained && flow->credit >= CREDIT_MAX) {
		restrain(flow, false);
	}
	if (!flow->restrained) {
		return;
	}
	if (flow->served != NULL && flow->served->asked == flow->fairness->turn) {
		set_open(flow->served, false);
		flow->served = NULL;
	}
	if (flow->served == NULL && flow->credit >= 0) {
		serve(flow);
	}
}

/* ---- those that do not read ---- */

/* As unix_writable() of the kernel decides whether a socket is ready to be written to. */
static bool is_full(const struct share *share) {
	int waiting;
	return ioctl(share->fd, SIOCOUTQ, &waiting) == 0 && waiting > share->room / 4;
}

static void set_slow(struct share *share, bool slow) {
	if (share->slow != slow) {
		share->slow = slow;
		share->unread = 0;
		wl_client_set_max_buffer_size(share->client, slow ? ROOM_BYTES : BITE_BYTES);
	}
	const struct flow *flow = share->flow;
	valve_set(share->valve, !slow && (!flow->restrained || flow->served == share));
}

/* libwayland would do it when it next reads from it, which it does not. */
static void drop(struct share *share) {
	struct flow *flow = share->flow;
	int64_t time = now();
	if (flow->instance != NULL && (flow->logged == 0 || time - flow->logged > LOG_INTERVAL)) {
		flow->logged = time;
		log_warn("%s: a program that did not read what it was sent is disconnected", flow->instance->name);
	}
	wl_client_destroy(share->client);
}

/* Returns whether it is slow, or is no more. It is not read while it is: what its requests would be answered could not be sent. */
static bool look_at(struct share *share) {
	if (share->slow) {
		wl_client_flush(share->client);
	}
	bool full = is_full(share);
	if (full && share->unread > ROOM_BYTES) {
		drop(share);
		return true;
	}
	if (full || share->slow) {
		set_slow(share, full);
	}
	return full;
}

/* On the wire: a header, and for each argument a word, or a length and what it says. */
static size_t size_of(const struct wl_protocol_logger_message *message) {
	size_t size = 8;
	const union wl_argument *argument = message->arguments;
	for (const char *type = message->message->signature; *type != '\0'; type++) {
		if (strchr("iufonhsa", *type) == NULL) {
			continue; /* a version, or that it may be missing */
		}
		size += *type == 'h' ? 0 : 4;
		size += *type == 's' && argument->s != NULL ? (strlen(argument->s) + 4) / 4 * 4 : 0;
		size += *type == 'a' && argument->a != NULL ? (argument->a->size + 3) / 4 * 4 : 0;
		argument++;
	}
	return size;
}

static void note_written(struct fairness *fairness, struct share *share) {
	if (!share->written) {
		share->written = true;
		wl_list_insert(&fairness->written, &share->written_link);
	}
}

/* ---- a turn ---- */

static int handle_tick(void *data) {
	struct fairness *fairness = data;
	fairness->tick_ms = 0; /* the turn that follows does it */
	return 0;
}

static bool look_at_written(struct fairness *fairness) {
	bool any = false;
	struct share *share, *next;
	wl_list_for_each_safe(share, next, &fairness->written, written_link) {
		if (look_at(share)) {
			any = true;
		} else {
			share->written = false;
			wl_list_remove(&share->written_link);
		}
	}
	return any;
}

static int64_t count_restrained(const struct fairness *fairness) {
	int64_t count = 0;
	const struct flow *flow;
	wl_list_for_each(flow, &fairness->flows, link) {
		count += flow->restrained;
	}
	return count;
}

void fairness_turn(struct fairness *fairness) {
	switch_to(fairness, NULL);
	int64_t restrained = count_restrained(fairness);
	struct flow *flow;
	wl_list_for_each(flow, &fairness->flows, link) {
		refill(flow, fairness->since, restrained);
		decide(flow);
	}
	fairness->turn++;
	bool slow = look_at_written(fairness);
	int wanted = count_restrained(fairness) > 0 ? TICK_MS : slow ? SLOW_TICK_MS : 0;
	if (wanted != fairness->tick_ms && (fairness->tick_ms == 0 || wanted == 0 || wanted < fairness->tick_ms)) {
		fairness->tick_ms = wanted;
		wl_event_source_timer_update(fairness->tick, wanted);
	}
}

static struct share *find_share(struct wl_client *client);

/* Before each request is handled, and before each event is sent. */
static void handle_message(void *data, enum wl_protocol_logger_type type,
		const struct wl_protocol_logger_message *message) {
	struct fairness *fairness = data;
	struct share *share = find_share(wl_resource_get_client(message->resource));
	if (share == NULL) {
		return;
	}
	if (type == WL_PROTOCOL_LOGGER_REQUEST) {
		fairness_charge(share);
	} else {
		note_written(fairness, share);
		share->unread += share->slow ? size_of(message) : 0;
	}
}

/* ---- lifetime ---- */

static void flow_destroy(struct flow *flow) {
	if (flow->fairness->charged == flow) {
		flow->fairness->charged = NULL;
	}
	wl_list_remove(&flow->instance_destroy.link);
	wl_list_remove(&flow->link);
	free(flow);
}

static void flow_drop(struct flow *flow) {
	if (flow->instance == NULL && wl_list_empty(&flow->shares)) {
		flow_destroy(flow);
	}
}

static void handle_instance_destroy(struct wl_listener *listener, void *data) {
	struct flow *flow = wl_container_of(listener, flow, instance_destroy);
	flow->instance = NULL;
	wl_list_remove(&flow->instance_destroy.link);
	wl_list_init(&flow->instance_destroy.link);
	flow_drop(flow);
}

static struct flow *get_flow(struct fairness *fairness, struct instance *instance) {
	struct flow *flow;
	wl_list_for_each(flow, &fairness->flows, link) {
		if (flow->instance == instance) {
			return flow;
		}
	}
	flow = xcalloc(1, sizeof(*flow));
	flow->fairness = fairness;
	flow->instance = instance;
	flow->credit = CREDIT_MAX;
	flow->refilled = now();
	wl_list_init(&flow->shares);
	flow->instance_destroy.notify = handle_instance_destroy;
	wl_signal_add(&instance->events.destroy, &flow->instance_destroy);
	wl_list_insert(&fairness->flows, &flow->link);
	return flow;
}

static struct share *share_create(struct flow *flow, int fd) {
	struct share *share = xcalloc(1, sizeof(*share));
	share->flow = flow;
	share->fd = fd;
	wl_list_insert(flow->shares.prev, &share->link);
	return share;
}

static void share_destroy(struct share *share) {
	struct flow *flow = share->flow;
	if (flow->served == share) {
		flow->served = NULL;
	}
	if (share->written) {
		wl_list_remove(&share->written_link);
	}
	wl_list_remove(&share->link);
	valve_destroy(share->valve);
	free(share);
	flow_drop(flow);
}

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct share *share = wl_container_of(listener, share, destroy);
	wl_list_remove(&share->destroy.link);
	share_destroy(share);
}

/* The listener is the first that the client gets: this is no search. */
static struct share *find_share(struct wl_client *client) {
	struct wl_listener *listener = wl_client_get_destroy_listener(client, handle_client_destroy);
	if (listener == NULL) {
		return NULL;
	}
	struct share *share = wl_container_of(listener, share, destroy);
	return share;
}

void fairness_add_client(struct fairness *fairness, struct instance *instance, struct wl_client *client) {
	struct share *share = share_create(get_flow(fairness, instance), wl_client_get_fd(client));
	share->client = client;
	share->valve = valve_create(fairness->loop, share->fd);
	int size = SOCKET_BYTES;
	setsockopt(share->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	socklen_t length = sizeof(share->room);
	getsockopt(share->fd, SOL_SOCKET, SO_SNDBUF, &share->room, &length);
	share->destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(client, &share->destroy);
	if (share->flow->restrained) {
		set_open(share, false);
	}
}

struct share *fairness_add_door(struct fairness *fairness, struct instance *instance, struct wl_event_source *source,
		int fd) {
	struct share *share = share_create(get_flow(fairness, instance), fd);
	share->source = source;
	return share;
}

void fairness_remove_door(struct share *share) {
	share_destroy(share);
}

struct fairness *fairness_create(struct wl_display *display) {
	struct fairness *fairness = xcalloc(1, sizeof(*fairness));
	fairness->display = display;
	fairness->loop = wl_display_get_event_loop(display);
	wl_list_init(&fairness->flows);
	wl_list_init(&fairness->written);
	fairness->tick = wl_event_loop_add_timer(fairness->loop, handle_tick, fairness);
	fairness->logger = wl_display_add_protocol_logger(display, handle_message, fairness);
	return fairness;
}

void fairness_destroy(struct fairness *fairness) {
	if (fairness == NULL) {
		return;
	}
	struct flow *flow, *next;
	wl_list_for_each_safe(flow, next, &fairness->flows, link) {
		flow_destroy(flow);
	}
	wl_protocol_logger_destroy(fairness->logger);
	wl_event_source_remove(fairness->tick);
	free(fairness);
}
