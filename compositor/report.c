#include "compositor/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compositor/desk.h"

#define PACE_MS 20 /* counts that change faster than this are told once */
#define MET_PACE_MS 1000 /* the same of limits that something ended at */

struct report {
	struct link *link;
	struct windows *windows;
	struct carry *carry;
	struct instances *instances;
	struct wl_event_source *pace;
	int64_t due; /* ms: pace rings; 0 for never */
	struct wl_list tallies; // tally.link
	struct wl_listener instances_changed;
};

/* The counts of an instance that the supervisor knows. */
struct tally {
	struct instance *instance;
	uint32_t windows, clients;
	uint64_t met; /* of all limits together */
	int64_t met_told; /* ms; 0 never */
	struct wl_list link; // report.tallies
	struct wl_listener destroy;
};

static void tally_destroy(struct tally *tally) {
	wl_list_remove(&tally->destroy.link);
	wl_list_remove(&tally->link);
	free(tally);
}

static void handle_instance_destroy(struct wl_listener *listener, void *data) {
	struct tally *tally = wl_container_of(listener, tally, destroy);
	tally_destroy(tally);
}

static struct tally *get_tally(struct report *report, struct instance *instance) {
	struct tally *tally;
	wl_list_for_each(tally, &report->tallies, link) {
		if (tally->instance == instance) {
			return tally;
		}
	}
	tally = xcalloc(1, sizeof(*tally));
	tally->instance = instance;
	tally->destroy.notify = handle_instance_destroy;
	wl_signal_add(&instance->events.destroy, &tally->destroy);
	wl_list_insert(&report->tallies, &tally->link);
	return tally;
}

static uint64_t count_met(const struct instance *instance) {
	uint64_t met = 0;
	for (size_t i = 0; i < CONFIG_LIMITS; i++) {
		met += instance->met[i];
	}
	return met;
}

static bool is_told(const struct tally *tally) {
	return tally->windows == tally->instance->windows && tally->clients == tally->instance->clients;
}

_Static_assert(CONFIG_LIMITS == SESSION_LIMITS_LEN, "fields.h knows how many there are");

static void send_limits(struct report *report, uint32_t query, const struct instance *instance) {
	struct session_message message = {.type = SESSION_LIMITS, .fds = {-1, -1}, .limits = {.query = query}};
	struct session_limits *body = &message.limits;
	copy_string(body->name, sizeof(body->name), instance->name);
	memcpy(body->used, instance->used, sizeof(body->used));
	memcpy(body->most, instance->most, sizeof(body->most));
	memcpy(body->limit, instance->limits, sizeof(body->limit));
	memcpy(body->met, instance->met, sizeof(body->met));
	link_send(report->link, &message);
}

static void send_counts(struct report *report, struct tally *tally) {
	tally->windows = tally->instance->windows;
	tally->clients = tally->instance->clients;
	struct session_message message = {
		.type = SESSION_WINDOWS, .fds = {-1, -1},
		.windows = {.windows = tally->windows, .clients = tally->clients},
	};
	copy_string(message.windows.name, sizeof(message.windows.name), tally->instance->name);
	link_send(report->link, &message);
}

/* Returns in how many milliseconds there is more to tell of it; 0 where there is not. */
static int tell(struct report *report, struct tally *tally) {
	uint64_t met = count_met(tally->instance);
	int64_t now = clock_now();
	if (!is_told(tally)) {
		send_counts(report, tally);
	}
	if (met == tally->met || tally->instance->shell) {
		return 0;
	}
	if (tally->met_told != 0 && now - tally->met_told < MET_PACE_MS) {
		return (int)(tally->met_told + MET_PACE_MS - now);
	}
	tally->met = met;
	tally->met_told = now;
	if (met != 0) {
		send_limits(report, 0, tally->instance);
	}
	return 0;
}

/* The earliest of all wishes counts: what changes all the time is told all the same. */
static void set_pace(struct report *report, int ms) {
	int64_t due = clock_now() + ms;
	if (report->due == 0 || due < report->due) {
		report->due = due;
		wl_event_source_timer_update(report->pace, ms);
	}
}

static int handle_pace(void *data) {
	struct report *report = data;
	report->due = 0;
	int next = 0;
	struct tally *tally;
	wl_list_for_each(tally, &report->tallies, link) {
		int wait = tell(report, tally);
		next = wait > 0 && (next == 0 || wait < next) ? wait : next;
	}
	if (next > 0) {
		set_pace(report, next);
	}
	return 0;
}

static void handle_instances_changed(struct wl_listener *listener, void *data) {
	struct report *report = wl_container_of(listener, report, instances_changed);
	const struct tally *tally = get_tally(report, data);
	if (!is_told(tally) || (report->due == 0 && count_met(tally->instance) != tally->met)) {
		set_pace(report, PACE_MS);
	}
}

static uint32_t window_flags(const struct window *window) {
	const struct {
		bool set;
		uint32_t flag;
	} flags[] = {
		{window->focused, WINDOW_FOCUSED}, {window->floating, WINDOW_FLOATING},
		{window->fullscreen, WINDOW_FULLSCREEN}, {window->maximized, WINDOW_MAXIMIZED},
		{window->urgent, WINDOW_URGENT}, {window->visible, WINDOW_VISIBLE},
	};
	uint32_t bits = 0;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		bits |= flags[i].set ? flags[i].flag : 0;
	}
	return bits;
}

struct answer {
	struct report *report;
	uint32_t query;
};

static void answer_window(struct window *window, void *data) {
	const struct answer *answer = data;
	if (!window->mapped || window->workspace == NULL) {
		return;
	}
	struct box content = window_get_content_box(window);
	struct session_message message = {
		.type = SESSION_WINDOW, .fds = {-1, -1},
		.window = {
			.query = answer->query,
			.id = window->id,
			.workspace = (uint32_t)window->workspace->number,
			.x = (uint32_t)window->box.x, .y = (uint32_t)window->box.y,
			.width = (uint32_t)window->box.width, .height = (uint32_t)window->box.height,
			.content_x = (uint32_t)content.x, .content_y = (uint32_t)content.y,
			.content_width = (uint32_t)content.width, .content_height = (uint32_t)content.height,
			.flags = window_flags(window),
		},
	};
	struct session_window *body = &message.window;
	copy_string(body->name, sizeof(body->name), window->instance->name);
	copy_string(body->title, sizeof(body->title), window->title);
	copy_string(body->app_id, sizeof(body->app_id), window->app_id);
	if (window->workspace->output != NULL) {
		copy_string(body->output, sizeof(body->output), window->workspace->output->wlr->name);
	}
	link_send(answer->report->link, &message);
}

static void answer_clipboard(struct report *report, uint32_t query) {
	struct carry_status status = {0};
	carry_get_status(report->carry, &status);
	struct session_message message = {
		.type = SESSION_CLIPBOARD, .fds = {-1, -1}, .clipboard = {.query = query, .held = status.held},
	};
	if (status.held) {
		struct session_clipboard *body = &message.clipboard;
		copy_string(body->name, sizeof(body->name), status.source != NULL ? status.source->name : "");
		copy_string(body->types, sizeof(body->types), status.types);
		body->size = status.size;
		/* The second that has begun counts: 0 is for what stays. */
		body->seconds = status.left_ms >= 0 ? (uint32_t)(status.left_ms / 1000 + 1) : 0;
	}
	link_send(report->link, &message);
}

static void answer_limits(struct report *report, uint32_t query) {
	const struct instance *instance;
	wl_list_for_each(instance, &report->instances->list, link) {
		send_limits(report, query, instance);
	}
}

void report_answer(struct report *report, uint32_t id, uint32_t what) {
	struct answer answer = {.report = report, .query = id};
	switch (what) {
	case QUERY_WINDOWS:
		windows_for_each(report->windows, answer_window, &answer);
		break;
	case QUERY_CLIPBOARD:
		answer_clipboard(report, id);
		break;
	case QUERY_LIMITS:
		answer_limits(report, id);
		break;
	default:
		break;
	}
	struct session_message end = {.type = SESSION_QUERY_END, .fds = {-1, -1}, .query_end = {.query = id}};
	link_send(report->link, &end);
}

struct report *report_create(struct wl_event_loop *loop, struct link *link, struct instances *instances,
		struct windows *windows, struct carry *carry) {
	struct report *report = xcalloc(1, sizeof(*report));
	report->link = link;
	report->windows = windows;
	report->carry = carry;
	report->instances = instances;
	wl_list_init(&report->tallies);
	report->pace = wl_event_loop_add_timer(loop, handle_pace, report);
	report->instances_changed.notify = handle_instances_changed;
	wl_signal_add(&instances->events.changed, &report->instances_changed);
	return report;
}

void report_destroy(struct report *report) {
	if (report == NULL) {
		return;
	}
	struct tally *tally, *next;
	wl_list_for_each_safe(tally, next, &report->tallies, link) {
		tally_destroy(tally);
	}
	wl_event_source_remove(report->pace);
	wl_list_remove(&report->instances_changed.link);
	free(report);
}
