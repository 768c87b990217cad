#include "compositor/flow.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compositor/receive.h"
#include "compositor/unread.h"
#include "compositor/valve.h"

static void flow_destroy(struct flow *flow) {
	if (flow->flows->charged == flow) {
		flow->flows->charged = NULL;
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

struct flow *flow_get(struct flows *flows, struct instance *instance, int64_t now) {
	struct flow *flow;
	wl_list_for_each(flow, &flows->list, link) {
		if (flow->instance == instance) {
			return flow;
		}
	}
	flow = xcalloc(1, sizeof(*flow));
	flow->flows = flows;
	flow->instance = instance;
	account_init(&flow->account, now);
	bite_init(&flow->bite, now);
	wl_list_init(&flow->shares);
	flow->instance_destroy.notify = handle_instance_destroy;
	wl_signal_add(&instance->events.destroy, &flow->instance_destroy);
	wl_list_insert(&flows->list, &flow->link);
	return flow;
}

static struct share *share_create(struct flow *flow, int fd) {
	struct share *share = xcalloc(1, sizeof(*share));
	share->flow = flow;
	share->fd = fd;
	wl_list_insert(flow->shares.prev, &share->link);
	return share;
}

void share_destroy(struct share *share) {
	struct flow *flow = share->flow;
	struct share **places[] = {&flow->served, &flow->refused, &flow->first, &flow->flows->biting};
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
struct share *share_find(struct wl_client *client) {
	struct wl_listener *listener = wl_client_get_destroy_listener(client, handle_client_destroy);
	if (listener == NULL) {
		return NULL;
	}
	struct share *share = wl_container_of(listener, share, destroy);
	return share;
}

struct share *share_create_client(
	struct flow *flow, struct wl_client *client, struct wl_event_loop *loop, size_t (*allow)(void *share)) {
	struct share *share = share_create(flow, wl_client_get_fd(client));
	share->client = client;
	share->valve = valve_create(loop, share->fd);
	share->receiver = receiver_create(share->fd, allow, share);
	share->unread = unread_create(client);
	share->destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(client, &share->destroy);
	if (flow->restrained) {
		share_set_open(share, false);
	}
	return share;
}

struct share *share_create_door(struct flow *flow, struct wl_event_source *source, int fd) {
	struct share *share = share_create(flow, fd);
	share->source = source;
	return share;
}

void share_set_open(struct share *share, bool open) {
	if (share->client != NULL) {
		valve_set(share->valve, open && !unread_is_slow(share->unread));
	} else {
		wl_event_source_fd_update(share->source, open ? WL_EVENT_READABLE : 0);
	}
}

/* ---- all of them ---- */

void flows_init(struct flows *flows) {
	*flows = (struct flows){.turn = 1}; /* who never asked has 0 */
	wl_list_init(&flows->list);
}

void flows_finish(struct flows *flows) {
	struct flow *flow, *next;
	wl_list_for_each_safe(flow, next, &flows->list, link) {
		flow_destroy(flow);
	}
}
