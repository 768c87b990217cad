#include "compositor/fairness.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <wayland-server-protocol.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/account.h"
#include "compositor/alarm.h"
#include "compositor/bite.h"
#include "compositor/receive.h"
#include "compositor/unread.h"
#include "compositor/valve.h"

#define MS 1000000LL
#define PATIENCE (1 * MS) /* with so much credit a restrained one no longer waits until nobody else has anything to say */
#define CONTENTION (100 * MS) /* another instance that has asked for something so lately is active */
/* What all overdrawn instances get together: while others are active, and else. Never all: the loop may come before
 * whatever the machine runs, and who gets no processor cannot ask for anything. */
#define CONTENDED_PERCENT 33
#define ALONE_PERCENT 75
#define TICK_MIN (20 * 1000LL)
#define TICK (1 * MS) /* how often it is looked whether a restrained one has something to say */
#define SLOW_TICK (10 * MS)
#define SEARCH_MAX 16 /* connections that are asked in one turn whether they have something to say */
#define LOG_INTERVAL (1000 * MS)
#define WL_SURFACE_COMMIT 6

/* An instance's account. */
struct flow {
	struct fairness *fairness;
	struct instance *instance; /* NULL: gone, and the last shares are about to go */
	struct wl_list shares; // share.link; those that wait longest come first
	struct account account;
	int64_t active, logged; /* ns, the clock */
	struct bite bite;
	int64_t taken; /* ns of the processor in this turn */
	struct share *refused; /* of those that had to wait in this turn, the one that was served longest ago */
	struct share *first; /* the one of the last turn: is served before the others */
	bool committed; /* since it was painted last */
	int64_t pixels; /* of it, in the picture that is being painted */
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
	struct valve *valve; /* of a client, as the next three */
	struct receiver *receiver;
	struct unread *unread;
	bool written; /* is in fairness.written: it was sent something, or is slow */
	uint32_t asked; /* the turn in which it was dispatched last */
	struct wl_list link, written_link; // flow.shares, fairness.written
	struct wl_listener destroy;
};

struct fairness {
	struct wl_display *display;
	void (*about_to_read)(struct wl_client *client); /* NULL for nobody */
	struct wl_event_loop *loop;
	struct fairness_clocks clocks;
	struct wl_protocol_logger *logger;
	struct alarm *alarm;
	struct wl_list flows; // flow.link
	struct wl_list written; // share.written_link
	uint32_t turn;
	int64_t pixels; /* of all flows, in the picture that is being painted */
	struct flow *charged; /* whose requests are being handled */
	int64_t since;
	struct share *biting; /* of whose socket the last bite was taken, while that is being handled */
	int64_t bite_began; /* ns, the processor's */
	uint64_t bite_bytes; /* received before it */
};

static int64_t nanoseconds(clockid_t clock) {
	struct timespec time;
	clock_gettime(clock, &time);
	return time.tv_sec * 1000 * MS + time.tv_nsec;
}

static int64_t real_time(void *data) {
	return nanoseconds(CLOCK_MONOTONIC);
}

static int64_t processor_time(void *data) {
	return nanoseconds(CLOCK_THREAD_CPUTIME_ID);
}

static int64_t now(const struct fairness *fairness) {
	return fairness->clocks.time(fairness->clocks.data);
}

/* ---- the account ---- */

static void end_bite(struct fairness *fairness, int64_t time) {
	struct share *share = fairness->biting;
	fairness->biting = NULL;
	if (share != NULL) {
		int64_t taken = fairness->clocks.processor(fairness->clocks.data) - fairness->bite_began;
		share->flow->taken += taken;
		bite_note(&share->flow->bite, receiver_count_bytes(share->receiver) - fairness->bite_bytes, taken, time);
	}
}

static void switch_to(struct fairness *fairness, struct flow *flow) {
	int64_t time = now(fairness);
	if (fairness->charged != NULL) {
		account_pay(&fairness->charged->account, time - fairness->since);
		fairness->charged->active = time;
	}
	end_bite(fairness, time);
	fairness->charged = flow;
	fairness->since = time;
}

void fairness_charge(struct share *share) {
	share->asked = share->flow->fairness->turn;
	switch_to(share->flow->fairness, share->flow);
}

void fairness_charge_nobody(struct fairness *fairness) {
	switch_to(fairness, NULL);
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

static int percent_of(const struct flow *flow, int64_t time) {
	return is_contended(flow->fairness, flow, time) ? CONTENDED_PERCENT : ALONE_PERCENT;
}

/* ---- bites ---- */

static void set_open(struct share *share, bool open) {
	if (share->client != NULL) {
		valve_set(share->valve, open && !unread_is_slow(share->unread));
	} else {
		wl_event_source_fd_update(share->source, open ? WL_EVENT_READABLE : 0);
	}
}

static void refuse(struct share *share) {
	struct flow *flow = share->flow;
	if (flow->refused == NULL || (int32_t)(share->asked - flow->refused->asked) < 0) {
		flow->refused = share;
	}
}

/* May this one be read now, and how much of it? */
static size_t get_bite(const struct share *share) {
	const struct flow *flow = share->flow;
	if (flow->instance != NULL && flow->instance->shell) {
		return SIZE_MAX;
	}
	if (flow->restrained) {
		return flow->served == share && share->asked != flow->fairness->turn ? bite_get(&flow->bite, 0) : 0;
	}
	bool is_behind = flow->first != NULL && flow->first != share && flow->first->asked != flow->fairness->turn;
	return is_behind ? 0 : bite_get(&flow->bite, flow->taken);
}

/* libwayland is about to read this client's socket, and to handle what it has read. */
static size_t allow(void *data) {
	struct share *share = data;
	struct fairness *fairness = share->flow->fairness;
	if (fairness->about_to_read != NULL) {
		fairness->about_to_read(share->client);
	}
	switch_to(fairness, NULL); /* also says how long the bite before took */
	size_t bytes = unread_is_slow(share->unread) ? 0 : get_bite(share);
	if (bytes == 0) {
		refuse(share);
		if (share->flow->restrained || unread_is_slow(share->unread)) {
			set_open(share, false); /* libwayland has opened it, after it could write the rest of something */
		}
		return 0;
	}
	fairness_charge(share);
	fairness->biting = share;
	fairness->bite_began = fairness->clocks.processor(fairness->clocks.data);
	fairness->bite_bytes = receiver_count_bytes(share->receiver);
	return bytes;
}

/* ---- holding back ---- */

static void restrain(struct flow *flow, bool restrained) {
	flow->restrained = restrained;
	flow->served = NULL;
	struct share *share;
	wl_list_for_each(share, &flow->shares, link) {
		set_open(share, !restrained);
	}
}

static bool is_readable(int fd) {
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	return poll(&poll_fd, 1, 0) > 0;
}

/* Lets the next one in, of those that have something to say. What it takes to find it is its instance's to pay. */
static void serve(struct flow *flow) {
	switch_to(flow->fairness, flow);
	for (int i = 0; i < SEARCH_MAX && flow->served == NULL && !wl_list_empty(&flow->shares); i++) {
		struct share *share = wl_container_of(flow->shares.next, share, link);
		wl_list_remove(&share->link);
		wl_list_insert(flow->shares.prev, &share->link);
		bool slow = share->client != NULL && unread_is_slow(share->unread);
		if (!slow && is_readable(share->fd)) {
			flow->served = share;
			set_open(share, true);
		}
	}
	switch_to(flow->fairness, NULL);
}

static void decide(struct flow *flow) {
	if (!flow->restrained && flow->account.credit < 0 && flow->instance != NULL && !flow->instance->shell) {
		log_debug("%s: is served after the others", flow->instance->name);
		restrain(flow, true);
	} else if (flow->restrained && account_is_full(&flow->account)) {
		restrain(flow, false);
	}
	if (flow->served != NULL && flow->served->asked == flow->fairness->turn) {
		set_open(flow->served, false);
		flow->served = NULL;
	}
}

/* One of all that are restrained, in turn, and where it can be when nobody else has anything to say. */
static void serve_one(struct fairness *fairness) {
	struct flow *flow, *next = NULL;
	wl_list_for_each(flow, &fairness->flows, link) {
		if (flow->served != NULL) {
			return; /* is still to come */
		}
		if (flow->restrained && flow->account.credit >= 0 && next == NULL) {
			next = flow;
		}
	}
	if (next != NULL && (next->account.credit >= PATIENCE || !is_readable(wl_event_loop_get_fd(fairness->loop)))) {
		wl_list_remove(&next->link);
		wl_list_insert(fairness->flows.prev, &next->link);
		serve(next);
	}
}

/* ---- painting ---- */

static struct share *find_share(struct wl_client *client);

void fairness_begin_picture(struct fairness *fairness) {
	fairness->pixels = 0;
	struct flow *flow;
	wl_list_for_each(flow, &fairness->flows, link) {
		flow->pixels = 0;
	}
}

/* What is committed from now on is for the next picture. */
void fairness_add_painted(struct fairness *fairness, struct wl_client *client, int64_t pixels) {
	const struct share *share = find_share(client);
	if (share != NULL && (share->flow->committed || share->flow->pixels > 0)) {
		share->flow->committed = false;
		share->flow->pixels += pixels;
		fairness->pixels += pixels;
	}
}

void fairness_begin_slice(struct fairness *fairness) {
	switch_to(fairness, NULL);
}

void fairness_end_slice(struct fairness *fairness) {
	int64_t began = fairness->since;
	switch_to(fairness, NULL);
	double taken = (double)(fairness->since - began);
	struct flow *flow;
	wl_list_for_each(flow, &fairness->flows, link) {
		if (flow->pixels > 0) {
			account_pay(&flow->account, (int64_t)(taken * (double)flow->pixels / (double)fairness->pixels));
		}
	}
}

/* ---- those that do not read ---- */

static void drop(struct share *share) {
	struct flow *flow = share->flow;
	int64_t time = now(flow->fairness);
	if (flow->instance != NULL && (flow->logged == 0 || time - flow->logged > LOG_INTERVAL)) {
		flow->logged = time;
		log_warn("%s: a program that did not read what it was sent is disconnected", flow->instance->name);
	}
	wl_client_destroy(share->client);
}

static void note_written(struct fairness *fairness, struct share *share) {
	if (!share->written) {
		share->written = true;
		wl_list_insert(&fairness->written, &share->written_link);
	}
}

/* Returns whether any is slow. */
static bool look_at_written(struct fairness *fairness) {
	bool any = false;
	struct share *share, *next;
	wl_list_for_each_safe(share, next, &fairness->written, written_link) {
		bool was_slow = unread_is_slow(share->unread);
		switch (unread_look(share->unread)) {
		case UNREAD_BEYOND:
			drop(share);
			break;
		case UNREAD_SLOW:
			any = true;
			valve_set(share->valve, false); /* each time: libwayland opens it where it could not write all */
			break;
		case UNREAD_KEEPS_UP:
			share->written = false;
			wl_list_remove(&share->written_link);
			if (was_slow) {
				set_open(share, !share->flow->restrained || share->flow->served == share);
			}
			break;
		}
	}
	return any;
}

/* ---- a turn ---- */

/* When something is to be looked at, though nothing may have happened; 0: never. */
static int64_t next_tick(const struct fairness *fairness, int64_t restrained, bool slow) {
	int64_t time = fairness->since, in = slow ? SLOW_TICK : INT64_MAX;
	const struct flow *flow;
	wl_list_for_each(flow, &fairness->flows, link) {
		if (!flow->restrained || flow->served != NULL) {
			continue;
		}
		int64_t paid = account_debt_lasts(&flow->account, percent_of(flow, time), restrained);
		paid = paid > 0 ? paid : TICK;
		in = paid < in ? paid : in;
	}
	return in == INT64_MAX ? 0 : time + (in < TICK_MIN ? TICK_MIN : in);
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
		account_fill(&flow->account, fairness->since, percent_of(flow, fairness->since), flow->restrained ? restrained : 1);
		decide(flow);
		flow->taken = 0;
		flow->first = flow->refused;
		flow->refused = NULL;
	}
	bool slow = look_at_written(fairness);
	serve_one(fairness);
	fairness->turn++;
	alarm_set(fairness->alarm, next_tick(fairness, count_restrained(fairness), slow));
}

/* Before each request is handled, and before each event is sent. */
static void handle_message(void *data, enum wl_protocol_logger_type type,
		const struct wl_protocol_logger_message *message) {
	struct fairness *fairness = data;
	struct share *share = find_share(wl_resource_get_client(message->resource));
	if (share == NULL) {
		return;
	}
	if (type == WL_PROTOCOL_LOGGER_EVENT) {
		note_written(fairness, share);
		unread_note(share->unread, message);
		return;
	}
	share->flow->committed |= message->message == &wl_surface_interface.methods[WL_SURFACE_COMMIT];
	if (fairness->charged != share->flow) {
		fairness_charge(share);
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
	int64_t time = now(fairness);
	account_init(&flow->account, time);
	bite_init(&flow->bite, time);
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
	struct share **places[] = {&flow->served, &flow->refused, &flow->first, &flow->fairness->biting};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		*places[i] = *places[i] != share ? *places[i] : NULL;
	}
	if (share->written) {
		wl_list_remove(&share->written_link);
	}
	wl_list_remove(&share->link);
	valve_destroy(share->valve);
	receiver_destroy(share->receiver);
	unread_destroy(share->unread);
	free(share);
	flow_drop(flow);
}

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct share *share = wl_container_of(listener, share, destroy);
	wl_list_remove(&share->destroy.link);
	receiver_discard(share->receiver);
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
	share->receiver = receiver_create(share->fd, allow, share);
	share->unread = unread_create(client);
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

static const struct fairness_clocks real_clocks = {.time = real_time, .processor = processor_time};

struct fairness *fairness_create(struct wl_display *display, const struct fairness_clocks *clocks) {
	struct fairness *fairness = xcalloc(1, sizeof(*fairness));
	fairness->display = display;
	fairness->loop = wl_display_get_event_loop(display);
	fairness->clocks = clocks != NULL ? *clocks : real_clocks;
	fairness->turn = 1; /* who never asked has 0 */
	wl_list_init(&fairness->flows);
	wl_list_init(&fairness->written);
	fairness->alarm = alarm_create(fairness->loop);
	fairness->logger = wl_display_add_protocol_logger(display, handle_message, fairness);
	if (fairness->alarm == NULL || fairness->logger == NULL) {
		log_error("no timer, or out of memory for fairness");
		abort();
	}
	if (!receive_is_in_force()) {
		log_error("what is read of a client at once cannot be bounded: a flood makes others wait longer");
	}
	return fairness;
}

void fairness_set_watch(struct fairness *fairness, void (*about_to_read)(struct wl_client *client)) {
	fairness->about_to_read = about_to_read;
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
	alarm_destroy(fairness->alarm);
	free(fairness);
}
