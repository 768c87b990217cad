#include "compositor/report.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compositor/desk.h"

#define PACE_MS 20 /* counts that change faster than this are told once */

struct report {
	struct link *link;
	struct windows *windows;
	struct carry *carry;
	struct wl_event_source *pace;
	bool is_pacing;
	struct wl_list tallies; // tally.link
	struct wl_listener instances_changed;
};

/* The counts of an instance that the supervisor knows. */
struct tally {
	struct instance *instance;
	uint32_t windows, clients;
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

static bool is_told(const struct tally *tally) {
	return tally->windows == tally->instance->windows && tally->clients == tally->instance->clients;
}

static int handle_pace(void *data) {
	struct report *report = data;
	report->is_pacing = false;
	struct tally *tally;
	wl_list_for_each(tally, &report->tallies, link) {
		if (is_told(tally)) {
			continue;
		}
		tally->windows = tally->instance->windows;
		tally->clients = tally->instance->clients;
		struct session_message message = {
			.type = SESSION_WINDOWS, .fds = {-1, -1},
			.windows = {.windows = tally->windows, .clients = tally->clients},
		};
		copy_string(message.windows.name, sizeof(message.windows.name), tally->instance->name);
		link_send(report->link, &message);
	}
	return 0;
}

static void handle_instances_changed(struct wl_listener *listener, void *data) {
	struct report *report = wl_container_of(listener, report, instances_changed);
	if (!is_told(get_tally(report, data)) && !report->is_pacing) {
		report->is_pacing = true;
		wl_event_source_timer_update(report->pace, PACE_MS);
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

void report_answer(struct report *report, uint32_t id, uint32_t what) {
	struct answer answer = {.report = report, .query = id};
	switch (what) {
	case QUERY_WINDOWS:
		windows_for_each(report->windows, answer_window, &answer);
		break;
	case QUERY_CLIPBOARD:
		answer_clipboard(report, id);
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
