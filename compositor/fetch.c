#include "compositor/fetch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "clipboard/pump.h"

struct flow {
	struct fetch *fetch;
	struct pump_in *pump;
	struct wl_event_source *readable;
	char *mime;
	enum clip_kind kind;
	bool done;
};

struct fetch {
	struct wl_event_loop *loop;
	struct flow flows[TRANSFER_TYPES_MAX];
	size_t len;
	uint64_t limit;
	struct wl_event_source *timeout;
	fetch_done done;
	void *data;
};

static void finish(struct fetch *fetch, struct snapshot *snapshot, enum transfer_refusal refusal) {
	fetch->done(fetch->data, snapshot, refusal);
}

static void fail(struct fetch *fetch, enum transfer_refusal refusal) {
	finish(fetch, NULL, refusal);
}

static int handle_timeout(void *data) {
	fail(data, REFUSED_TIMEOUT);
	return 0;
}

/* Every type has arrived: check and seal them. */
static void seal(struct fetch *fetch) {
	struct snapshot *snapshot = snapshot_create();
	enum transfer_refusal refusal = REFUSED_NOT;
	for (size_t i = 0; i < fetch->len && refusal == REFUSED_NOT; i++) {
		struct flow *flow = &fetch->flows[i];
		uint64_t size;
		int memfd = pump_in_seal(flow->pump, &size, &refusal);
		if (memfd >= 0 && !snapshot_add(snapshot, flow->kind, flow->mime, memfd, size)) {
			refusal = REFUSED_BROKEN;
		}
	}
	if (refusal != REFUSED_NOT) {
		snapshot_unref(snapshot);
		snapshot = NULL;
	}
	finish(fetch, snapshot, refusal);
}

static uint64_t total(const struct fetch *fetch) {
	uint64_t size = 0;
	for (size_t i = 0; i < fetch->len; i++) {
		size += pump_in_get_size(fetch->flows[i].pump);
	}
	return size;
}

static bool all_done(const struct fetch *fetch) {
	for (size_t i = 0; i < fetch->len; i++) {
		if (!fetch->flows[i].done) {
			return false;
		}
	}
	return true;
}

static int handle_readable(int fd, uint32_t mask, void *data) {
	struct flow *flow = data;
	struct fetch *fetch = flow->fetch;
	enum pump_result result = pump_in_step(flow->pump);
	if (result == PUMP_TOO_LARGE || total(fetch) > fetch->limit) {
		fail(fetch, REFUSED_TOO_LARGE);
	} else if (result == PUMP_ERROR) {
		fail(fetch, REFUSED_BROKEN);
	} else if (result == PUMP_DONE) {
		flow->done = true;
		wl_event_source_remove(flow->readable);
		flow->readable = NULL;
		if (all_done(fetch)) {
			seal(fetch);
		}
	}
	return 0;
}

static bool ask(struct fetch *fetch, struct wlr_data_source *source, const struct clip_type *type) {
	struct flow *flow = &fetch->flows[fetch->len];
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return false;
	}
	flow->pump = pump_in_create(ends[0], type->kind, fetch->limit);
	if (flow->pump == NULL) {
		close(ends[1]);
		return false;
	}
	flow->fetch = fetch;
	flow->kind = type->kind;
	flow->mime = xstrdup(type->mime);
	fetch->len++;
	flow->readable = wl_event_loop_add_fd(fetch->loop, pump_in_get_fd(flow->pump), WL_EVENT_READABLE, handle_readable,
		flow);
	/* Its end of the pipe is the source's now. */
	wlr_data_source_send(source, type->ask, ends[1]);
	return flow->readable != NULL;
}

struct fetch *fetch_create(struct wl_event_loop *loop, struct wlr_data_source *source, const struct clip_type *types,
		size_t len, uint64_t limit, int timeout_ms, fetch_done done, void *data) {
	struct fetch *fetch = xcalloc(1, sizeof(*fetch));
	fetch->loop = loop;
	fetch->limit = limit;
	fetch->done = done;
	fetch->data = data;
	fetch->timeout = wl_event_loop_add_timer(loop, handle_timeout, fetch);
	for (size_t i = 0; i < len && i < TRANSFER_TYPES_MAX; i++) {
		if (fetch->timeout == NULL || !ask(fetch, source, &types[i])) {
			log_error("the clipboard cannot be fetched: no descriptor or memory left");
			fetch_destroy(fetch);
			return NULL;
		}
	}
	wl_event_source_timer_update(fetch->timeout, timeout_ms);
	return fetch;
}

void fetch_destroy(struct fetch *fetch) {
	if (fetch == NULL) {
		return;
	}
	for (size_t i = 0; i < fetch->len; i++) {
		struct flow *flow = &fetch->flows[i];
		if (flow->readable != NULL) {
			wl_event_source_remove(flow->readable);
		}
		pump_in_destroy(flow->pump);
		free(flow->mime);
	}
	if (fetch->timeout != NULL) {
		wl_event_source_remove(fetch->timeout);
	}
	free(fetch);
}
