#include "compositor/offer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "clipboard/pump.h"

#define READER_IDLE_MS 30000 /* a reader that takes nothing for so long is dropped */

struct offers {
	struct wl_event_loop *loop;
	struct wl_list readers; // reader.link
};

struct offer {
	struct wlr_data_source source;
	struct offers *offers;
	struct snapshot *snapshot;
	const struct instance *destination;
};

/* One descriptor that somebody reads from. It outlives the offer: a paste under way is finished. */
struct reader {
	struct offers *offers;
	const struct instance *destination;
	struct pump_out *pump;
	struct wl_event_source *writable, *idle;
	struct wl_list link; // offers.readers
};

static void reader_destroy(struct reader *reader) {
	if (reader->writable != NULL) {
		wl_event_source_remove(reader->writable);
	}
	if (reader->idle != NULL) {
		wl_event_source_remove(reader->idle);
	}
	pump_out_destroy(reader->pump);
	wl_list_remove(&reader->link);
	free(reader);
}

static int handle_idle(void *data) {
	log_info("a reader of the clipboard took nothing for %d s and is dropped", READER_IDLE_MS / 1000);
	reader_destroy(data);
	return 0;
}

static int handle_writable(int fd, uint32_t mask, void *data) {
	struct reader *reader = data;
	if (pump_out_step(reader->pump) == PUMP_AGAIN) {
		wl_event_source_timer_update(reader->idle, READER_IDLE_MS);
	} else {
		reader_destroy(reader);
	}
	return 0;
}

static size_t count(const struct offers *offers, const struct instance *destination) {
	size_t readers = 0;
	const struct reader *reader;
	wl_list_for_each(reader, &offers->readers, link) {
		readers += reader->destination == destination;
	}
	return readers;
}

static void handle_send(struct wlr_data_source *source, const char *untrusted_mime, int32_t fd) {
	struct offer *offer = wl_container_of(source, offer, source);
	struct offers *offers = offer->offers;
	int index = snapshot_find(offer->snapshot, untrusted_mime);
	if (index < 0 || count(offers, offer->destination) >= OFFER_READERS_MAX) {
		close(fd);
		return;
	}
	struct pump_out *pump = pump_out_create(offer->snapshot, (size_t)index, fd);
	if (pump == NULL) {
		return;
	}
	struct reader *reader = xcalloc(1, sizeof(*reader));
	reader->offers = offers;
	reader->destination = offer->destination;
	reader->pump = pump;
	wl_list_insert(&offers->readers, &reader->link);
	reader->idle = wl_event_loop_add_timer(offers->loop, handle_idle, reader);
	/* What the pipe takes at once needs no turn of the loop. */
	if (pump_out_step(pump) != PUMP_AGAIN) {
		reader_destroy(reader);
		return;
	}
	reader->writable = wl_event_loop_add_fd(offers->loop, pump_out_get_fd(pump), WL_EVENT_WRITABLE, handle_writable,
		reader);
	if (reader->writable == NULL || reader->idle == NULL) {
		reader_destroy(reader);
		return;
	}
	wl_event_source_timer_update(reader->idle, READER_IDLE_MS);
}

static void handle_destroy(struct wlr_data_source *source) {
	struct offer *offer = wl_container_of(source, offer, source);
	snapshot_unref(offer->snapshot);
	free(offer);
}

static const struct wlr_data_source_impl source_impl = {.send = handle_send, .destroy = handle_destroy};

static void add_type(struct offer *offer, const char *mime) {
	char **place = wl_array_add(&offer->source.mime_types, sizeof(*place));
	if (place != NULL) {
		*place = xstrdup(mime);
	}
}

struct wlr_data_source *offers_add(struct offers *offers, struct snapshot *snapshot,
		const struct instance *destination) {
	struct offer *offer = xcalloc(1, sizeof(*offer));
	offer->offers = offers;
	offer->snapshot = snapshot_ref(snapshot);
	offer->destination = destination;
	wlr_data_source_init(&offer->source, &source_impl);
	for (size_t i = 0; i < snapshot_get_len(snapshot); i++) {
		const char *const *aliases = types_aliases(snapshot_get_kind(snapshot, i));
		if (aliases[0] == NULL) {
			add_type(offer, snapshot_get_mime(snapshot, i));
		}
		for (size_t j = 0; aliases[j] != NULL; j++) {
			add_type(offer, aliases[j]);
		}
	}
	return &offer->source;
}

struct offers *offers_create(struct wl_event_loop *loop) {
	struct offers *offers = xcalloc(1, sizeof(*offers));
	offers->loop = loop;
	wl_list_init(&offers->readers);
	return offers;
}

void offers_destroy(struct offers *offers) {
	if (offers == NULL) {
		return;
	}
	struct reader *reader, *next;
	wl_list_for_each_safe(reader, next, &offers->readers, link) {
		reader_destroy(reader);
	}
	free(offers);
}
