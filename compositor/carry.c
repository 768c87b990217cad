#include "compositor/carry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <wlr/types/wlr_data_device.h>

#include "base/memory.h"
#include "clipboard/text.h"
#include "clipboard/types.h"
#include "compositor/fetch.h"
#include "compositor/offer.h"

#define SECOND_MS 1000
#define PREVIEW_LINES 8
#define PREVIEW_COLUMNS 56

struct carry_private {
	struct carry *carry;
	struct wl_event_loop *loop;
	struct wl_display *display;
	struct instances *instances;
	struct focus *focus;
	struct prompts *prompts;
	struct desk *desk;
	const struct config_clipboard *config;
	struct transfer *transfer;
	struct fetch *fetch;       /* while TAKING */
	struct snapshot *snapshot; /* while HELD or ASKING */
	struct offers *offers;
	char asking[SESSION_NAME_SIZE]; /* the destination of the question that is open */
	struct wl_event_source *tick; /* seconds on the strip, and the end */
	struct wl_listener instances_changed;
	struct wl_listener source_destroy;
	struct instance *source;
};

static void changed(struct carry_private *priv) {
	wl_signal_emit_mutable(&priv->carry->events.changed, priv->carry);
}

static void notice(struct carry_private *priv, bool warning, struct instance *instance, const char *text) {
	struct carry_notice event = {.warning = warning, .instance = instance, .text = text};
	wl_signal_emit_mutable(&priv->carry->events.notice, &event);
}

static void refuse(struct carry_private *priv, struct instance *instance, enum transfer_refusal refusal) {
	notice(priv, true, instance, transfer_refusal_text(refusal));
}

/* The source is known by pointer only while something of it is held or taken. */
static void set_source(struct carry_private *priv, struct instance *instance) {
	wl_list_remove(&priv->source_destroy.link);
	wl_list_init(&priv->source_destroy.link);
	priv->source = instance;
	if (instance != NULL) {
		wl_signal_add(&instance->events.destroy, &priv->source_destroy);
	}
}

/* After the transfer became EMPTY, or something else than it was: what it no longer needs goes. */
static void settle(struct carry_private *priv) {
	enum transfer_state state = transfer_get_state(priv->transfer);
	if (state != TRANSFER_TAKING) {
		fetch_destroy(priv->fetch);
		priv->fetch = NULL;
	}
	if (state == TRANSFER_EMPTY || state == TRANSFER_TAKING) {
		snapshot_unref(priv->snapshot);
		priv->snapshot = NULL;
	}
	if (state == TRANSFER_EMPTY) {
		set_source(priv, NULL);
	}
	if (state != TRANSFER_ASKING && priv->asking[0] != '\0') {
		/* It expired, was cleared or lost its source: the question has no point any more. */
		priv->asking[0] = '\0';
		prompts_cancel(priv->prompts);
	}
	changed(priv);
}

/* To the next whole second that is left, so that the strip counts evenly; nothing ticks where nothing expires. */
static void arm(struct carry_private *priv) {
	int64_t left = transfer_get_left(priv->transfer, clock_now());
	int next = left < 0 ? 0 : (int)(left % SECOND_MS) + 1;
	wl_event_source_timer_update(priv->tick, next);
}

static int handle_tick(void *data) {
	struct carry_private *priv = data;
	if (transfer_expire(priv->transfer, clock_now())) {
		settle(priv);
		return 0;
	}
	arm(priv);
	changed(priv);
	return 0;
}

static void source_gone(struct carry_private *priv) {
	struct instance *source = priv->source;
	if (source != NULL && transfer_source_gone(priv->transfer, source->name)) {
		settle(priv);
	}
}

static void handle_source_destroy(struct wl_listener *listener, void *data) {
	struct carry_private *priv = wl_container_of(listener, priv, source_destroy);
	source_gone(priv);
	set_source(priv, NULL);
}

static bool has_life(const struct instance *instance) {
	return instance->state == INSTANCE_RUNNING || instance->state == INSTANCE_PREPARING ||
		instance->state == INSTANCE_STARTING || (instance->clients > 0 && instance->state != INSTANCE_STOPPING);
}

static void handle_instances_changed(struct wl_listener *listener, void *data) {
	struct carry_private *priv = wl_container_of(listener, priv, instances_changed);
	if (data == priv->source && !has_life(priv->source)) {
		source_gone(priv);
	}
}

/* ---- Super+C ---- */

static void handle_fetched(void *data, struct snapshot *snapshot, enum transfer_refusal refusal) {
	struct carry_private *priv = data;
	struct instance *source = priv->source;
	if (refusal == REFUSED_NOT) {
		refusal = transfer_taken(priv->transfer, snapshot_get_size(snapshot), clock_now());
	} else {
		transfer_failed(priv->transfer);
	}
	if (refusal == REFUSED_NOT) {
		priv->snapshot = snapshot;
		arm(priv);
	} else {
		snapshot_unref(snapshot);
		refuse(priv, source, refusal);
	}
	settle(priv);
}

static enum transfer_refusal fetch_selection(struct carry_private *priv, struct instance *instance) {
	/* analyzer: without an instance, transfer_take() has refused */
	struct wlr_data_source *source = instance->seat->wlr->selection_source;
	if (source == NULL) {
		return REFUSED_NOTHING_OFFERED;
	}
	if (!instance->seat->selection_by_person) {
		return REFUSED_NO_INPUT;
	}
	struct clip_type types[TRANSFER_TYPES_MAX];
	size_t len = types_pick(source->mime_types.data, source->mime_types.size / sizeof(char *), priv->config->types,
		priv->config->types_len, types, TRANSFER_TYPES_MAX);
	if (len == 0) {
		return REFUSED_NO_TYPE;
	}
	priv->fetch = fetch_create(priv->loop, source, types, len, priv->config->limit,
		priv->config->timeout * SECOND_MS, handle_fetched, priv);
	return priv->fetch != NULL ? REFUSED_NOT : REFUSED_BROKEN;
}

void carry_take(struct carry *carry) {
	struct carry_private *priv = carry->priv;
	struct instance *instance = priv->focus->instance;
	enum transfer_refusal refusal =
		transfer_take(priv->transfer, instance != NULL ? instance->name : NULL, clock_now());
	if (refusal == REFUSED_NOT) {
		settle(priv); /* what was held before is dropped, whatever comes of this */
		set_source(priv, instance);
		refusal = fetch_selection(priv, instance);
		if (refusal != REFUSED_NOT) {
			transfer_failed(priv->transfer);
		}
	}
	if (refusal != REFUSED_NOT) {
		refuse(priv, instance, refusal);
	}
	settle(priv);
}

/* ---- Super+V ---- */

static void deliver(struct carry_private *priv, struct instance *destination) {
	struct wlr_data_source *source = offers_add(priv->offers, priv->snapshot, destination);
	/* analyzer: a destination there is, since transfer_give() and transfer_answer() give nothing to nobody */
	wlr_seat_set_selection(destination->seat->wlr, source, wl_display_next_serial(priv->display));
	/* The person put it there, so it may be carried on from there too. */
	destination->seat->selection_by_person = true;
	notice(priv, false, destination, "has it now: paste");
	settle(priv);
}

static void handle_answer(void *data, bool yes) {
	struct carry_private *priv = data;
	struct instance *destination =
		priv->asking[0] != '\0' ? instances_find(priv->instances, priv->asking) : NULL;
	priv->asking[0] = '\0'; /* answered, and gone from the screen */
	enum transfer_refusal refusal;
	enum transfer_give give =
		transfer_answer(priv->transfer, yes && destination != NULL, clock_now(), &refusal);
	if (give == GIVE_NOW) {
		deliver(priv, destination);
		return;
	}
	if (refusal != REFUSED_NOT) {
		refuse(priv, destination, refusal);
	}
	settle(priv);
}

static size_t text_index(const struct snapshot *snapshot) {
	size_t len = snapshot_get_len(snapshot);
	for (size_t i = 0; i < len; i++) {
		if (snapshot_get_kind(snapshot, i) == CLIP_TEXT) {
			return i;
		}
	}
	return len;
}

/* The start of the text as the prompt shows it; false where there is no text. */
static bool make_preview(const struct snapshot *snapshot, struct text_preview *preview) {
	size_t index = text_index(snapshot);
	if (index == snapshot_get_len(snapshot)) {
		return false;
	}
	uint64_t size;
	int fd = snapshot_get_fd(snapshot, index, &size);
	/* Sealed, so that it cannot shrink under the mapping. */
	char *text = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED) {
		return false;
	}
	text_preview_make(preview, text, (size_t)size, PREVIEW_LINES, PREVIEW_COLUMNS);
	munmap(text, (size_t)size);
	return true;
}

static void make_label(const struct snapshot *snapshot, char *out, size_t size) {
	out[0] = '\0';
	for (size_t i = 0; snapshot != NULL && i < snapshot_get_len(snapshot); i++) {
		struct clip_type type = {
			.kind = snapshot_get_kind(snapshot, i), .mime = snapshot_get_mime(snapshot, i),
		};
		size_t used = strlen(out);
		snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", types_label(&type));
	}
}

static void ask(struct carry_private *priv, struct instance *destination) {
	struct text_preview preview;
	bool has_preview = make_preview(priv->snapshot, &preview);
	char kind[64];
	make_label(priv->snapshot, kind, sizeof(kind));
	struct prompt_give give = {
		.source = priv->source,
		.destination = destination,
		.kind = kind,
		.size = snapshot_get_size(priv->snapshot),
		.preview = has_preview ? &preview : NULL,
		.detail = has_preview ? NULL : "no text: it is not shown here",
	};
	copy_string(priv->asking, sizeof(priv->asking), destination->name);
	prompts_ask_give(priv->prompts, desk_get_output(priv->desk), &give, handle_answer, priv);
	if (has_preview) {
		text_preview_finish(&preview);
	}
	changed(priv);
}

void carry_give(struct carry *carry) {
	struct carry_private *priv = carry->priv;
	struct instance *instance = priv->focus->instance;
	enum transfer_refusal refusal;
	switch (transfer_give(priv->transfer, instance != NULL ? instance->name : NULL, clock_now(), &refusal)) {
	case GIVE_NOW:
		deliver(priv, instance);
		break;
	case GIVE_ASK:
		ask(priv, instance);
		break;
	case GIVE_REFUSED:
		refuse(priv, instance, refusal);
		settle(priv);
		break;
	}
}

void carry_clear(struct carry *carry) {
	if (transfer_clear(carry->priv->transfer)) {
		settle(carry->priv);
	}
}

void carry_get_status(struct carry *carry, struct carry_status *status) {
	struct carry_private *priv = carry->priv;
	enum transfer_state state = transfer_get_state(priv->transfer);
	*status = (struct carry_status){
		.held = state == TRANSFER_HELD || state == TRANSFER_ASKING,
		.taking = state == TRANSFER_TAKING,
		.source = priv->source,
		.size = transfer_get_size(priv->transfer),
		.left_ms = transfer_get_left(priv->transfer, clock_now()),
	};
	make_label(priv->snapshot, status->label, sizeof(status->label));
	for (size_t i = 0; priv->snapshot != NULL && i < snapshot_get_len(priv->snapshot); i++) {
		size_t used = strlen(status->types);
		snprintf(status->types + used, sizeof(status->types) - used, "%s%s", used > 0 ? " " : "",
			snapshot_get_mime(priv->snapshot, i));
	}
}

/* ---- lifetime ---- */

void carry_configure(struct carry *carry, const struct config_clipboard *config) {
	carry->priv->config = config;
	transfer_configure(carry->priv->transfer, config);
}

void carry_set_prompts(struct carry *carry, struct prompts *prompts, struct desk *desk) {
	carry->priv->prompts = prompts;
	carry->priv->desk = desk;
}

struct carry *carry_create(struct wl_event_loop *loop, struct wl_display *display, struct instances *instances,
		struct seats *seats, struct focus *focus) {
	struct carry *carry = xcalloc(1, sizeof(*carry));
	struct carry_private *priv = carry->priv = xcalloc(1, sizeof(*priv));
	priv->carry = carry;
	priv->loop = loop;
	priv->display = display;
	priv->instances = instances;
	priv->focus = focus;
	priv->transfer = transfer_create();
	priv->offers = offers_create(loop);
	priv->tick = wl_event_loop_add_timer(loop, handle_tick, priv);
	wl_signal_init(&carry->events.changed);
	wl_signal_init(&carry->events.notice);
	wl_list_init(&priv->source_destroy.link);
	priv->source_destroy.notify = handle_source_destroy;
	priv->instances_changed.notify = handle_instances_changed;
	wl_signal_add(&instances->events.changed, &priv->instances_changed);
	return carry;
}

void carry_destroy(struct carry *carry) {
	if (carry == NULL) {
		return;
	}
	struct carry_private *priv = carry->priv;
	fetch_destroy(priv->fetch);
	snapshot_unref(priv->snapshot);
	offers_destroy(priv->offers);
	transfer_destroy(priv->transfer);
	wl_event_source_remove(priv->tick);
	wl_list_remove(&priv->source_destroy.link);
	wl_list_remove(&priv->instances_changed.link);
	free(priv);
	free(carry);
}
