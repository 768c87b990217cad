#include "compositor/restraint.h"

#include <poll.h>

#include "base/log.h"
#include "compositor/unread.h"

#define MS 1000000LL
#define PATIENCE (1 * MS) /* with so much credit a restrained one no longer waits until nobody else has anything to say */
#define CONTENTION (100 * MS) /* another instance that has asked for something so lately is active */
/* What all overdrawn instances get together: while others are active, and else. Never all: the loop may come before
 * whatever the machine runs, and who gets no processor cannot ask for anything. */
#define CONTENDED_PERCENT 33
#define ALONE_PERCENT 75
#define TICK (1 * MS) /* how often it is looked whether a restrained one has something to say */
#define SEARCH_MAX 16 /* connections that are asked in one turn whether they have something to say */

/* Is anybody active who is not overdrawn? */
static bool is_contended(const struct flow *by, int64_t now) {
	const struct flow *flow;
	wl_list_for_each(flow, &by->flows->list, link) {
		if (flow != by && !flow->restrained && now - flow->active < CONTENTION) {
			return true;
		}
	}
	return false;
}

int restraint_get_percent(const struct flow *flow, int64_t now) {
	return is_contended(flow, now) ? CONTENDED_PERCENT : ALONE_PERCENT;
}

int64_t restraint_count(const struct flows *flows) {
	int64_t count = 0;
	const struct flow *flow;
	wl_list_for_each(flow, &flows->list, link) {
		count += flow->restrained;
	}
	return count;
}

static void restrain(struct flow *flow, bool restrained) {
	flow->restrained = restrained;
	flow->served = NULL;
	struct share *share;
	wl_list_for_each(share, &flow->shares, link) {
		share_set_open(share, !restrained);
	}
}

static bool is_readable(int fd) {
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	return poll(&poll_fd, 1, 0) > 0;
}

void restraint_decide(struct flow *flow) {
	if (!flow->restrained && flow->account.credit < 0 && flow->instance != NULL && !flow->instance->shell) {
		log_debug("%s: is served after the others", flow->instance->name);
		restrain(flow, true);
	} else if (flow->restrained && account_is_full(&flow->account)) {
		restrain(flow, false);
	}
	if (flow->served != NULL && flow->served->asked == flow->flows->turn) {
		share_set_open(flow->served, false);
		flow->served = NULL;
	}
}

struct flow *restraint_next(struct flows *flows, struct wl_event_loop *loop) {
	struct flow *flow, *next = NULL;
	wl_list_for_each(flow, &flows->list, link) {
		if (flow->served != NULL) {
			return NULL; /* is still to come */
		}
		if (flow->restrained && flow->account.credit >= 0 && next == NULL) {
			next = flow;
		}
	}
	if (next == NULL || (next->account.credit < PATIENCE && is_readable(wl_event_loop_get_fd(loop)))) {
		return NULL;
	}
	wl_list_remove(&next->link);
	wl_list_insert(flows->list.prev, &next->link);
	return next;
}

void restraint_serve(struct flow *flow) {
	for (int i = 0; i < SEARCH_MAX && flow->served == NULL && !wl_list_empty(&flow->shares); i++) {
		struct share *share = wl_container_of(flow->shares.next, share, link);
		wl_list_remove(&share->link);
		wl_list_insert(flow->shares.prev, &share->link);
		bool slow = share->client != NULL && unread_is_slow(share->unread);
		if (!slow && is_readable(share->fd)) {
			flow->served = share;
			share_set_open(share, true);
		}
	}
}

int64_t restraint_get_wait(const struct flows *flows, int64_t now) {
	int64_t wait = INT64_MAX, restrained = restraint_count(flows);
	const struct flow *flow;
	wl_list_for_each(flow, &flows->list, link) {
		if (flow->restrained && flow->served == NULL) {
			int64_t paid = account_debt_lasts(&flow->account, restraint_get_percent(flow, now), restrained);
			paid = paid > 0 ? paid : TICK;
			wait = paid < wait ? paid : wait;
		}
	}
	return wait;
}
