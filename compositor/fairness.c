#include "compositor/fairness.h"

#include <stdlib.h>
#include <time.h>
#include <wayland-server-protocol.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/alarm.h"
#include "compositor/flow.h"
#include "compositor/receive.h"
#include "compositor/restraint.h"
#include "compositor/unread.h"
#include "compositor/valve.h"

#define MS 1000000LL
#define TICK_MIN (20 * 1000LL)
#define SLOW_TICK (10 * MS)
#define LOG_INTERVAL (1000 * MS)
#define WL_SURFACE_COMMIT 6

struct fairness {
	struct wl_display *display;
	void (*about_to_read)(struct wl_client *client); /* NULL for nobody */
	struct wl_event_loop *loop;
	struct fairness_clocks clocks;
	struct wl_protocol_logger *logger;
	struct alarm *alarm;
	struct flows flows;
	struct wl_list written; // share.written_link
	int64_t pixels; /* of all flows, in the picture that is being painted */
	int64_t since; /* ns, the clock: when flows.charged became so */
	int64_t bite_began; /* of flows.biting: ns, the processor's */
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
	struct share *share = fairness->flows.biting;
	fairness->flows.biting = NULL;
	if (share != NULL) {
		int64_t taken = fairness->clocks.processor(fairness->clocks.data) - fairness->bite_began;
		share->flow->taken += taken;
		bite_note(&share->flow->bite, receiver_count_bytes(share->receiver) - fairness->bite_bytes, taken, time);
	}
}

static void switch_to(struct fairness *fairness, struct flow *flow) {
	int64_t time = now(fairness);
	if (fairness->flows.charged != NULL) {
		account_pay(&fairness->flows.charged->account, time - fairness->since);
		fairness->flows.charged->active = time;
	}
	end_bite(fairness, time);
	fairness->flows.charged = flow;
	fairness->since = time;
}

static struct fairness *fairness_of(const struct share *share) {
	struct fairness *fairness = wl_container_of(share->flow->flows, fairness, flows);
	return fairness;
}

void fairness_charge(struct share *share) {
	share->asked = share->flow->flows->turn;
	switch_to(fairness_of(share), share->flow);
}

void fairness_charge_nobody(struct fairness *fairness) {
	switch_to(fairness, NULL);
}

/* ---- bites ---- */

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
		return flow->served == share && share->asked != flow->flows->turn ? bite_get(&flow->bite, 0) : 0;
	}
	bool is_behind = flow->first != NULL && flow->first != share && flow->first->asked != flow->flows->turn;
	return is_behind ? 0 : bite_get(&flow->bite, flow->taken);
}

/* libwayland is about to read this client's socket, and to handle what it has read. */
static size_t allow(void *data) {
	struct share *share = data;
	struct fairness *fairness = fairness_of(share);
	if (fairness->about_to_read != NULL) {
		fairness->about_to_read(share->client);
	}
	switch_to(fairness, NULL); /* also says how long the bite before took */
	size_t bytes = unread_is_slow(share->unread) ? 0 : get_bite(share);
	if (bytes == 0) {
		refuse(share);
		if (share->flow->restrained || unread_is_slow(share->unread)) {
			share_set_open(share, false); /* libwayland has opened it, after it could write the rest of something */
		}
		return 0;
	}
	fairness_charge(share);
	fairness->flows.biting = share;
	fairness->bite_began = fairness->clocks.processor(fairness->clocks.data);
	fairness->bite_bytes = receiver_count_bytes(share->receiver);
	return bytes;
}

/* ---- painting ---- */

void fairness_begin_picture(struct fairness *fairness) {
	fairness->pixels = 0;
	struct flow *flow;
	wl_list_for_each(flow, &fairness->flows.list, link) {
		flow->pixels = 0;
	}
}

/* What is committed from now on is for the next picture. */
void fairness_add_painted(struct fairness *fairness, struct wl_client *client, int64_t pixels) {
	const struct share *share = share_find(client);
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
	wl_list_for_each(flow, &fairness->flows.list, link) {
		if (flow->pixels > 0) {
			account_pay(&flow->account, (int64_t)(taken * (double)flow->pixels / (double)fairness->pixels));
		}
	}
}

/* ---- those that do not read ---- */

static void drop(struct share *share) {
	struct flow *flow = share->flow;
	int64_t time = now(fairness_of(share));
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
				share_set_open(share, !share->flow->restrained || share->flow->served == share);
			}
			break;
		}
	}
	return any;
}

/* ---- a turn ---- */

/* For when something is to be looked at, though nothing may have happened. */
static void set_alarm(struct fairness *fairness, bool slow) {
	int64_t wait = restraint_get_wait(&fairness->flows, fairness->since);
	wait = slow && SLOW_TICK < wait ? SLOW_TICK : wait;
	alarm_set(fairness->alarm, wait == INT64_MAX ? 0 : fairness->since + (wait < TICK_MIN ? TICK_MIN : wait));
}

void fairness_turn(struct fairness *fairness) {
	switch_to(fairness, NULL);
	int64_t restrained = restraint_count(&fairness->flows);
	struct flow *flow;
	wl_list_for_each(flow, &fairness->flows.list, link) {
		account_fill(&flow->account, fairness->since, restraint_get_percent(flow, fairness->since), flow->restrained ? restrained : 1);
		restraint_decide(flow);
		flow->taken = 0;
		flow->first = flow->refused;
		flow->refused = NULL;
	}
	bool slow = look_at_written(fairness);
	struct flow *next = restraint_next(&fairness->flows, fairness->loop);
	if (next != NULL) {
		switch_to(fairness, next);
		restraint_serve(next);
		switch_to(fairness, NULL);
	}
	fairness->flows.turn++;
	set_alarm(fairness, slow);
}

/* Before each request is handled, and before each event is sent. */
static void handle_message(void *data, enum wl_protocol_logger_type type,
		const struct wl_protocol_logger_message *message) {
	struct fairness *fairness = data;
	struct share *share = share_find(wl_resource_get_client(message->resource));
	if (share == NULL) {
		return;
	}
	if (type == WL_PROTOCOL_LOGGER_EVENT) {
		note_written(fairness, share);
		unread_note(share->unread, message);
		return;
	}
	share->flow->committed |= message->message == &wl_surface_interface.methods[WL_SURFACE_COMMIT];
	if (fairness->flows.charged != share->flow) {
		fairness_charge(share);
	}
}

/* ---- lifetime ---- */

void fairness_add_client(struct fairness *fairness, struct instance *instance, struct wl_client *client) {
	share_create_client(flow_get(&fairness->flows, instance, now(fairness)), client, fairness->loop, allow);
}

struct share *fairness_add_door(struct fairness *fairness, struct instance *instance, struct wl_event_source *source,
		int fd) {
	return share_create_door(flow_get(&fairness->flows, instance, now(fairness)), source, fd);
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
	flows_init(&fairness->flows);
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
	flows_finish(&fairness->flows);
	wl_protocol_logger_destroy(fairness->logger);
	alarm_destroy(fairness->alarm);
	free(fairness);
}
