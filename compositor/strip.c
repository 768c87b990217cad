#include "compositor/strip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/clock.h"
#include "compositor/node.h"
#include "compositor/pace.h"
#include "compositor/starting.h"
#include "compositor/strip_view.h"
#include "compositor/words.h"

#define NOTICE_MS 5000
#define WARNING_MS 12000
#define DRAW_INTERVAL_MS 30 /* a client that changes its title all the time is not drawn more often */

struct strip {
	struct wl_event_loop *loop;
	struct scene *scene;
	struct outputs *outputs;
	struct instances *instances;
	struct desk *desk;
	struct focus *focus;
	struct carry *carry;
	struct painter *painter;
	struct wl_list lines;    // strip_line.link
	struct wl_list failures; // failure.link

	enum strip_middle kind; /* of the notice; STRIP_FOCUS: there is none */
	struct strip_tag about; /* whom the notice is about */
	char notice[LABEL_SIZE];
	char question[LABEL_SIZE]; /* "": none */
	struct wl_event_source *notice_end;
	struct starting *starting;

	struct pace *pace;
	struct minutes *minutes;

	struct wl_listener output_created, outputs_changed, output_painting;
	struct wl_listener instance_changed;
	struct wl_listener layout_changed;
	struct wl_listener desk_changed, windows_changed, focus_changed;
	struct wl_listener carry_changed, carry_notice;
	struct wl_listener font_changed;
};

struct strip_line {
	struct strip *strip;
	struct output *output;
	struct wlr_scene_tree *tree;
	struct wlr_scene_rect *ground; /* no client shows there even where there is no picture */
	struct wlr_scene_buffer *picture;
	struct strip_view view;        /* as drawn */
	struct strip_layout layout;
	struct wl_listener output_destroy;
	struct wl_list link; // strip.lines
};

/* An instance whose failure has been said. */
struct failure {
	char name[SESSION_NAME_SIZE];
	struct wl_list link; // strip.failures
};

/* ---- what is to be seen ---- */

static void set_tag(struct strip_tag *tag, const struct instance *instance) {
	copy_string(tag->name, sizeof(tag->name), instance->shell ? "shell" : instance->name);
	tag->color = instance->color;
	tag->text_color = instance->text_color;
}

static void describe_workspaces(struct strip *strip, struct output *output, struct strip_view *view) {
	for (int i = 0; i < WORKSPACES; i++) {
		const struct workspace *workspace = &strip->desk->workspaces[i];
		view->workspaces[i].current = workspace->output == output;
		view->workspaces[i].listed = workspace->output != NULL || !wl_list_empty(&workspace->windows);
		const struct window *window;
		wl_list_for_each(window, &workspace->windows, workspace_link) {
			view->workspaces[i].urgent |= window->urgent;
		}
	}
}

/* What is named where the keys are not: a fullscreen window, which has no band to say whose it is, else the latest. */
static const struct window *find_shown(struct strip *strip, struct output *output) {
	const struct workspace *workspace = desk_on_output(strip->desk, output);
	if (workspace == NULL) {
		return NULL;
	}
	const struct window *window, *latest = NULL;
	wl_list_for_each(window, &workspace->focus_order, focus_link) {
		if (window->fullscreen) {
			return window;
		}
		latest = latest != NULL ? latest : window;
	}
	return latest;
}

static void describe_focus(struct strip *strip, struct output *output, struct strip_view *view) {
	const struct focus *focus = strip->focus;
	bool attended = output == desk_get_output(strip->desk);
	if (focus->layer != NULL) {
		view->has_keys = attended;
	} else if (focus->window != NULL && focus->window->workspace != NULL) {
		view->has_keys = focus->window->workspace->output == output;
	}
	if (view->has_keys && focus->layer != NULL) {
		set_tag(&view->tag, strip->instances->shell);
		return;
	}
	const struct window *window = view->has_keys ? focus->window : find_shown(strip, output);
	if (window != NULL) {
		set_tag(&view->tag, window->instance);
		copy_string(view->text, sizeof(view->text), window->title);
	} else if (attended) {
		copy_string(view->text, sizeof(view->text), "no window");
	}
}

/* Whom a line is about stands before it, unless it is who has the keys. */
static void describe_about(struct strip_view *view, const struct strip_tag *about) {
	if (strcmp(about->name, view->tag.name) != 0) {
		copy_string(view->about.name, sizeof(view->about.name), about->name);
		view->about.color = about->color;
		view->about.text_color = about->text_color;
	}
}

static void describe_middle(struct strip *strip, struct output *output, struct strip_view *view) {
	if (strip->question[0] != '\0') {
		view->middle = STRIP_QUESTION;
		copy_string(view->text, sizeof(view->text), strip->question);
		return;
	}
	describe_focus(strip, output, view);
	view->middle = strip->kind;
	const struct instance *starting = starting_get(strip->starting);
	if (strip->kind != STRIP_FOCUS) {
		/* A notice takes the title's place, never that of who has the keys. */
		memset(view->text, 0, sizeof(view->text));
		copy_string(view->text, sizeof(view->text), strip->notice);
		describe_about(view, &strip->about);
	} else if (starting != NULL) {
		struct strip_tag about = {0};
		set_tag(&about, starting);
		view->middle = STRIP_NOTICE;
		memset(view->text, 0, sizeof(view->text));
		copy_string(view->text, sizeof(view->text), "is starting");
		describe_about(view, &about);
	}
}

static void describe_clipboard(struct strip *strip, struct strip_view *view) {
	struct carry_status status;
	carry_get_status(strip->carry, &status);
	if (status.source == NULL || (!status.held && !status.taking)) {
		return;
	}
	set_tag(&view->source, status.source);
	if (status.taking) {
		copy_string(view->held, sizeof(view->held), "taking…");
		return;
	}
	char size[WORDS_SIZE];
	snprintf(view->held, sizeof(view->held), "%s · %s", status.label, words_size(status.size, size, sizeof(size)));
	if (status.left_ms >= 0) {
		words_left(status.left_ms, view->left, sizeof(view->left));
	}
}

/* Of the seat that keys go to. */
static void describe_layout(struct strip *strip, struct strip_view *view) {
	const struct instance *instance = strip->focus->instance != NULL ? strip->focus->instance : strip->instances->shell;
	if (instance->seat != NULL) {
		seat_layout_short(instance->seat, view->layout, sizeof(view->layout));
	}
}

static void describe(struct strip *strip, struct output *output, struct strip_view *view) {
	memset(view, 0, sizeof(*view));
	view->width = output->full.width;
	view->scale = output->wlr->scale;
	describe_workspaces(strip, output, view);
	describe_middle(strip, output, view);
	describe_clipboard(strip, view);
	describe_layout(strip, view);
	minutes_now(view->time, sizeof(view->time));
}

/* A window that may cover everything has the keys there, and nothing has to be said. Its edge of colour remains. */
static bool is_covered(const struct strip *strip, const struct output *output) {
	const struct window *window = strip->focus->window;
	return window != NULL && window->visible && window->workspace != NULL && window->workspace->output == output &&
		strip->focus->layer == NULL && window_covers(window) && !focus_is_held(strip->focus) &&
		strip->kind != STRIP_WARNING && strip->question[0] == '\0';
}

/* ---- drawing it ---- */

static void draw_line(struct strip *strip, struct strip_line *line, const struct strip_view *view) {
	struct paint paint;
	if (!paint_begin(&paint, strip->painter, 0, 0, view->width, STRIP_HEIGHT, view->scale)) {
		return;
	}
	strip_view_lay_out(strip->painter, view, &line->layout);
	strip_view_draw(&paint, view, &line->layout);
	paint_show(&paint, line->picture, true);
	memcpy(&line->view, view, sizeof(*view));
}

static void update_line(struct strip *strip, struct strip_line *line) {
	const struct box *full = &line->output->full;
	bool covered = is_covered(strip, line->output);
	wlr_scene_node_set_enabled(&line->tree->node, !covered);
	wlr_scene_node_set_position(&line->tree->node, full->x, full->y);
	wlr_scene_rect_set_size(line->ground, full->width, STRIP_HEIGHT);
	if (covered) {
		return;
	}
	struct strip_view view;
	describe(strip, line->output, &view);
	if (memcmp(&view, &line->view, sizeof(view)) != 0) {
		draw_line(strip, line, &view);
	}
}

static void handle_pace(void *data) {
	struct strip *strip = data;
	struct strip_line *line;
	wl_list_for_each(line, &strip->lines, link) {
		update_line(strip, line);
	}
}

/* What is drawn says something else of whose the window or the keys are than is true now. */
static bool is_wrong(struct strip *strip, const struct strip_line *line) {
	bool covered = is_covered(strip, line->output);
	if (covered || !line->tree->node.enabled) {
		return covered == line->tree->node.enabled;
	}
	struct strip_view view = {0};
	describe_middle(strip, line->output, &view);
	return view.has_keys != line->view.has_keys || view.middle != line->view.middle ||
		strcmp(view.tag.name, line->view.tag.name) != 0 || view.tag.color != line->view.tag.color;
}

/* A title may wait for its turn. Whose window it is stands in the same frame as the window itself. */
static void handle_output_painting(struct wl_listener *listener, void *data) {
	struct strip *strip = wl_container_of(listener, strip, output_painting);
	struct strip_line *line;
	wl_list_for_each(line, &strip->lines, link) {
		if (line->output == data && is_wrong(strip, line)) {
			update_line(strip, line);
		}
	}
}

static void schedule(struct strip *strip) {
	pace_wake(strip->pace);
}

/* ---- what is to be said ---- */

static int handle_notice_end(void *data) {
	struct strip *strip = data;
	strip->kind = STRIP_FOCUS;
	schedule(strip);
	return 0;
}

void strip_notice(struct strip *strip, enum session_notice_level level, struct instance *instance, const char *text) {
	strip->kind = level == NOTICE_WARNING ? STRIP_WARNING : STRIP_NOTICE;
	strip->about = (struct strip_tag){0};
	if (instance != NULL && !instance->shell) {
		set_tag(&strip->about, instance);
	}
	label_clean(text, strlen(text), strip->notice);
	wl_event_source_timer_update(strip->notice_end, level == NOTICE_WARNING ? WARNING_MS : NOTICE_MS);
	schedule(strip);
}

void strip_announce(struct strip *strip, const char *text) {
	copy_string(strip->question, sizeof(strip->question), text != NULL ? text : "");
	schedule(strip);
}

static struct failure *find_failure(struct strip *strip, const struct instance *instance) {
	struct failure *failure;
	wl_list_for_each(failure, &strip->failures, link) {
		if (strcmp(failure->name, instance->name) == 0) {
			return failure;
		}
	}
	return NULL;
}

/* Each failure is said once; the owners view keeps showing it. */
static void note_failure(struct strip *strip, struct instance *instance) {
	struct failure *failure = find_failure(strip, instance);
	bool failed = instance->state == INSTANCE_FAILED;
	if (failed && failure == NULL) {
		failure = xcalloc(1, sizeof(*failure));
		copy_string(failure->name, sizeof(failure->name), instance->name);
		wl_list_insert(&strip->failures, &failure->link);
		char text[SESSION_TEXT_SIZE + 16];
		snprintf(text, sizeof(text), "failed: %s", instance->reason);
		strip_notice(strip, NOTICE_WARNING, instance, text);
	} else if (!failed && failure != NULL) {
		wl_list_remove(&failure->link);
		free(failure);
	}
}

/* ---- what is heard ---- */

static void handle_instance_changed(struct wl_listener *listener, void *data) {
	struct strip *strip = wl_container_of(listener, strip, instance_changed);
	note_failure(strip, data);
	schedule(strip);
}

static void handle_carry_notice(struct wl_listener *listener, void *data) {
	struct strip *strip = wl_container_of(listener, strip, carry_notice);
	const struct carry_notice *notice = data;
	strip_notice(strip, notice->warning ? NOTICE_WARNING : NOTICE_INFO, notice->instance, notice->text);
}

static void handle_starting(void *data) {
	schedule(data);
}

static void handle_font_changed(struct wl_listener *listener, void *data) {
	struct strip *strip = wl_container_of(listener, strip, font_changed);
	struct strip_line *line;
	wl_list_for_each(line, &strip->lines, link) {
		memset(&line->view, 0, sizeof(line->view));
	}
	schedule(strip);
}

#define SCHEDULE_ON(name) \
	static void handle_##name(struct wl_listener *listener, void *data) { \
		struct strip *strip = wl_container_of(listener, strip, name); \
		schedule(strip); \
	}
SCHEDULE_ON(outputs_changed)
SCHEDULE_ON(layout_changed)
SCHEDULE_ON(desk_changed)
SCHEDULE_ON(windows_changed)
SCHEDULE_ON(focus_changed)
SCHEDULE_ON(carry_changed)
#undef SCHEDULE_ON

static void handle_minute(void *data) {
	schedule(data);
}

/* ---- a line for each output ---- */

static void line_destroy(struct strip_line *line) {
	wl_list_remove(&line->output_destroy.link);
	wl_list_remove(&line->link);
	wlr_scene_node_destroy(&line->tree->node);
	free(line);
}

static void handle_output_destroy(struct wl_listener *listener, void *data) {
	struct strip_line *line = wl_container_of(listener, line, output_destroy);
	line_destroy(line);
}

static void line_create(struct strip *strip, struct output *output) {
	struct strip_line *line = xcalloc(1, sizeof(*line));
	float color[4];
	scene_color(COLOR_STRIP, 1, color);
	line->strip = strip;
	line->output = output;
	line->tree = wlr_scene_tree_create(strip->scene->strip);
	line->ground = line->tree != NULL ?
		wlr_scene_rect_create(line->tree, output->full.width, STRIP_HEIGHT, color) : NULL;
	line->picture = line->ground != NULL ? wlr_scene_buffer_create(line->tree, NULL) : NULL;
	if (line->picture == NULL) {
		/* An output without its strip is an output whose windows may say anything. */
		log_error("out of memory for the strip");
		abort();
	}
	node_attach(&line->tree->node, NODE_STRIP, NULL, line);
	line->output_destroy.notify = handle_output_destroy;
	wl_signal_add(&output->events.destroy, &line->output_destroy);
	wl_list_insert(&strip->lines, &line->link);
	update_line(strip, line);
}

static void handle_output_created(struct wl_listener *listener, void *data) {
	struct strip *strip = wl_container_of(listener, strip, output_created);
	line_create(strip, data);
}

int strip_workspace_at(struct strip *strip, double lx, double ly) {
	struct strip_line *line;
	wl_list_for_each(line, &strip->lines, link) {
		const struct box *full = &line->output->full;
		struct box box = {full->x, full->y, full->width, STRIP_HEIGHT};
		if (line->tree->node.enabled && box_contains(&box, lx, ly)) {
			return strip_view_workspace_at(&line->layout, lx - full->x);
		}
	}
	return 0;
}

/* ---- lifetime ---- */

static void listen(struct wl_signal *signal, struct wl_listener *listener, wl_notify_func_t handler) {
	listener->notify = handler;
	wl_signal_add(signal, listener);
}

struct strip *strip_create(struct wl_event_loop *loop, struct scene *scene, struct outputs *outputs,
		struct instances *instances, struct seats *seats, struct desk *desk, struct focus *focus, struct carry *carry,
		struct painter *painter) {
	struct strip *strip = xcalloc(1, sizeof(*strip));
	strip->loop = loop;
	strip->scene = scene;
	strip->outputs = outputs;
	strip->instances = instances;
	strip->desk = desk;
	strip->focus = focus;
	strip->carry = carry;
	strip->painter = painter;
	wl_list_init(&strip->lines);
	wl_list_init(&strip->failures);
	strip->notice_end = wl_event_loop_add_timer(loop, handle_notice_end, strip);
	strip->starting = starting_create(loop, instances, handle_starting, strip);
	strip->pace = pace_create(loop, DRAW_INTERVAL_MS, handle_pace, strip);
	strip->minutes = minutes_create(loop, handle_minute, strip);
	listen(&outputs->events.created, &strip->output_created, handle_output_created);
	listen(&outputs->events.changed, &strip->outputs_changed, handle_outputs_changed);
	listen(&outputs->events.painting, &strip->output_painting, handle_output_painting);
	listen(&instances->events.changed, &strip->instance_changed, handle_instance_changed);
	listen(&seats->events.layout, &strip->layout_changed, handle_layout_changed);
	listen(&desk->events.changed, &strip->desk_changed, handle_desk_changed);
	listen(&desk->windows->events.changed, &strip->windows_changed, handle_windows_changed);
	listen(&focus->events.changed, &strip->focus_changed, handle_focus_changed);
	listen(&carry->events.changed, &strip->carry_changed, handle_carry_changed);
	listen(&carry->events.notice, &strip->carry_notice, handle_carry_notice);
	listen(painter_get_changed(painter), &strip->font_changed, handle_font_changed);
	struct output *output;
	wl_list_for_each(output, &outputs->list, link) {
		line_create(strip, output);
	}
	return strip;
}

void strip_destroy(struct strip *strip) {
	if (strip == NULL) {
		return;
	}
	struct wl_listener *listeners[] = {
		&strip->output_created, &strip->outputs_changed, &strip->output_painting, &strip->instance_changed,
		&strip->layout_changed, &strip->desk_changed, &strip->windows_changed, &strip->focus_changed,
		&strip->carry_changed, &strip->carry_notice, &strip->font_changed,
	};
	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
		wl_list_remove(&listeners[i]->link);
	}
	struct strip_line *line, *next_line;
	wl_list_for_each_safe(line, next_line, &strip->lines, link) {
		line_destroy(line);
	}
	struct failure *failure, *next_failure;
	wl_list_for_each_safe(failure, next_failure, &strip->failures, link) {
		wl_list_remove(&failure->link);
		free(failure);
	}
	wl_event_source_remove(strip->notice_end);
	starting_destroy(strip->starting);
	pace_destroy(strip->pace);
	minutes_destroy(strip->minutes);
	free(strip);
}
