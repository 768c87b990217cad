#include "compositor/prompt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compositor/prompt_view.h"
#include "compositor/shade.h"
#include "compositor/words.h"

#define SHADE_OPACITY 0.62f
#define MARGIN 16 /* px that stay free around the picture */
#define COUNTDOWN_STEP_MS 100
#define LINES_MAX 16

struct prompts {
	struct wl_event_loop *loop;
	struct scene *scene;
	struct outputs *outputs;
	struct painter *painter;
	struct modals *modals;
	void (*announce)(void *data, const char *text);
	void *announce_data;
	struct prompt *open; /* or NULL */
};

struct prompt {
	struct prompts *prompts;
	struct prompt_view view;
	char *preview; /* view.lines point into it */
	char *lines[LINES_MAX];
	prompt_answer answer;
	void *data;
	bool yes;

	const struct output *output; /* asked for; compared only: it may be gone */
	int64_t ready_at;   /* ms */
	bool keys_released; /* every key that was down when it opened */
	struct wl_event_source *countdown;

	struct wlr_scene_tree *tree;
	struct wlr_scene_buffer *picture;
	struct box box; /* of the picture, layout coordinates */
	struct prompt_layout layout;
	struct wl_listener outputs_changed;
	struct wl_listener font_changed;
};

/* ---- its words ---- */

static void set_tag(struct prompt_tag *tag, const struct instance *instance) {
	copy_string(tag->name, sizeof(tag->name), instance->shell ? "shell" : instance->name);
	tag->color = instance->color;
	tag->text_color = instance->text_color;
}

static void set_preview(struct prompt *prompt, const struct text_preview *preview) {
	struct prompt_view *view = &prompt->view;
	prompt->preview = xstrdup(preview->shown);
	view->lines = prompt->lines;
	char *rest = prompt->preview, *line;
	while (view->lines_len < LINES_MAX && (line = strsep(&rest, "\n")) != NULL) {
		view->lines[view->lines_len++] = line;
	}
	bool cut = preview->cut || rest != NULL;
	char lines[WORDS_SIZE], hidden[WORDS_SIZE];
	snprintf(view->remark, sizeof(view->remark), "%s%s, %s%s", preview->counted ? "" : "at least ",
		words_count(preview->lines, "line", lines, sizeof(lines)),
		words_count(preview->hidden, "hidden character", hidden, sizeof(hidden)),
		cut ? ", not all of it is shown" : "");
	view->warning = preview->hidden > 0 || cut;
}

static void set_words(struct prompt *prompt, const struct prompt_give *give) {
	struct prompt_view *view = &prompt->view;
	set_tag(&view->source, give->source);
	set_tag(&view->destination, give->destination);
	snprintf(view->question, sizeof(view->question), "Give to %s?", view->destination.name);
	char size[WORDS_SIZE];
	snprintf(view->facts, sizeof(view->facts), "%s · %s", give->kind, words_size(give->size, size, sizeof(size)));
	view->yes = "Give";
	view->no = "Keep";
	if (give->preview != NULL) {
		set_preview(prompt, give->preview);
	} else if (give->detail != NULL) {
		copy_string(view->remark, sizeof(view->remark), give->detail);
	}
}

/* ---- when it takes an answer ---- */

static void update_wait(struct prompt *prompt) {
	struct prompt_view *view = &prompt->view;
	int64_t left = prompt->ready_at - clock_now();
	view->ready = left <= 0 && prompt->keys_released;
	view->wait[0] = '\0';
	if (left > 0) {
		int tenths = (int)((left + COUNTDOWN_STEP_MS - 1) / COUNTDOWN_STEP_MS);
		snprintf(view->wait, sizeof(view->wait), "in %d.%d s", tenths / 10, tenths % 10);
		int next = (int)(left % COUNTDOWN_STEP_MS);
		wl_event_source_timer_update(prompt->countdown, next > 0 ? next : COUNTDOWN_STEP_MS);
	} else if (!view->ready) {
		copy_string(view->wait, sizeof(view->wait), "release all keys");
	}
}

/* ---- its picture ---- */

static const struct output *find_output(const struct prompt *prompt) {
	struct output *output;
	wl_list_for_each(output, &prompt->prompts->outputs->list, link) {
		if (output == prompt->output) {
			return output;
		}
	}
	return outputs_first(prompt->prompts->outputs);
}

static void draw(struct prompt *prompt, const struct output *output) {
	struct paint paint;
	if (prompt->picture != NULL && paint_begin(&paint, prompt->prompts->painter, prompt->box.x - output->full.x,
			prompt->box.y - output->full.y, prompt->box.width, prompt->box.height, output->wlr->scale)) {
		prompt_view_draw(&paint, &prompt->view, &prompt->layout);
		paint_show(&paint, prompt->picture, true);
	}
}

/* In the middle of its output, and never over the strip. */
static void place(struct prompt *prompt, const struct output *output) {
	const struct box *room = &output->below_strip;
	prompt_view_lay_out(prompt->prompts->painter, &prompt->view, room->width - 2 * MARGIN,
		room->height - 2 * MARGIN, &prompt->layout);
	struct box *box = &prompt->box;
	box->width = prompt->layout.width;
	box->height = prompt->layout.height;
	box->x = output->full.x + (output->full.width - box->width) / 2;
	box->y = output->full.y + (output->full.height - box->height) / 2;
	if (box->y < room->y) {
		box->y = room->y;
	}
}

static void destroy_picture(struct prompt *prompt) {
	if (prompt->tree != NULL) {
		wlr_scene_node_destroy(&prompt->tree->node);
	}
	prompt->tree = NULL;
	prompt->picture = NULL;
}

/* Returns false where there is nothing to show it on. */
static bool show(struct prompt *prompt) {
	const struct output *output = find_output(prompt);
	destroy_picture(prompt);
	if (output == NULL) {
		return false;
	}
	prompt->tree = shade_create(prompt->prompts->scene, prompt->prompts->outputs, SHADE_OPACITY);
	prompt->picture = prompt->tree != NULL ? wlr_scene_buffer_create(prompt->tree, NULL) : NULL;
	if (prompt->picture == NULL) {
		return false;
	}
	place(prompt, output);
	wlr_scene_node_set_position(&prompt->picture->node, prompt->box.x, prompt->box.y);
	draw(prompt, output);
	/* What cannot be seen takes no answer. */
	return prompt->picture->buffer != NULL;
}

static void redraw(struct prompt *prompt) {
	update_wait(prompt);
	const struct output *output = find_output(prompt);
	if (output != NULL) {
		draw(prompt, output);
	}
}

static int handle_countdown(void *data) {
	redraw(data);
	return 0;
}

/* It may stand elsewhere now, and the person looks again before answering. */
static void show_anew(struct prompt *prompt) {
	prompt->ready_at = clock_now() + PROMPT_DELAY_MS;
	update_wait(prompt);
	if (!show(prompt)) {
		modals_close(prompt->prompts->modals);
	}
}

static void handle_outputs_changed(struct wl_listener *listener, void *data) {
	struct prompt *prompt = wl_container_of(listener, prompt, outputs_changed);
	show_anew(prompt);
}

static void handle_font_changed(struct wl_listener *listener, void *data) {
	struct prompt *prompt = wl_container_of(listener, prompt, font_changed);
	show_anew(prompt);
}

/* ---- the answer ---- */

static void answer(struct prompt *prompt, bool yes) {
	update_wait(prompt);
	if (prompt->view.ready) {
		prompt->yes = yes;
		modals_close(prompt->prompts->modals);
	}
}

static void handle_key(void *data, xkb_keysym_t keysym) {
	switch (keysym) {
	case XKB_KEY_Return:
	case XKB_KEY_KP_Enter:
	case XKB_KEY_ISO_Enter:
		answer(data, true);
		break;
	case XKB_KEY_Escape:
		answer(data, false);
		break;
	default:
		break;
	}
}

static void handle_click(void *data, double lx, double ly) {
	struct prompt *prompt = data;
	double x = lx - prompt->box.x, y = ly - prompt->box.y;
	if (box_contains(&prompt->layout.yes, x, y)) {
		answer(prompt, true);
	} else if (box_contains(&prompt->layout.no, x, y)) {
		answer(prompt, false);
	}
}

static void handle_closed(void *data) {
	struct prompt *prompt = data;
	struct prompts *prompts = prompt->prompts;
	prompts->open = NULL;
	destroy_picture(prompt);
	wl_list_remove(&prompt->outputs_changed.link);
	wl_list_remove(&prompt->font_changed.link);
	wl_event_source_remove(prompt->countdown);
	if (prompts->announce != NULL) {
		prompts->announce(prompts->announce_data, NULL);
	}
	/* Last: whoever asked may ask again. */
	prompt->answer(prompt->data, prompt->yes);
	free(prompt->preview);
	free(prompt);
}

static const struct modal_impl prompt_impl = {.key = handle_key, .click = handle_click, .closed = handle_closed};

void prompts_cancel(struct prompts *prompts) {
	if (prompts->open != NULL) {
		modals_close(prompts->modals);
	}
}

void prompts_keys_released(struct prompts *prompts) {
	if (prompts->open != NULL && !prompts->open->keys_released) {
		prompts->open->keys_released = true;
		redraw(prompts->open);
	}
}

/* ---- lifetime ---- */

void prompts_ask_give(struct prompts *prompts, struct output *output, const struct prompt_give *give,
		prompt_answer handler, void *data) {
	struct prompt *prompt = xcalloc(1, sizeof(*prompt));
	prompt->prompts = prompts;
	prompt->output = output;
	prompt->answer = handler;
	prompt->data = data;
	prompt->ready_at = clock_now() + PROMPT_DELAY_MS;
	set_words(prompt, give);
	prompt->countdown = wl_event_loop_add_timer(prompts->loop, handle_countdown, prompt);
	prompt->outputs_changed.notify = handle_outputs_changed;
	wl_signal_add(&prompts->outputs->events.changed, &prompt->outputs_changed);
	prompt->font_changed.notify = handle_font_changed;
	wl_signal_add(painter_get_changed(prompts->painter), &prompt->font_changed);
	update_wait(prompt);

	modals_open(prompts->modals, &prompt_impl, prompt);
	prompts->open = prompt;
	if (prompts->announce != NULL) {
		char line[PROMPT_TEXT_SIZE];
		snprintf(line, sizeof(line), "Cofferdam asks: give to %s?", prompt->view.destination.name);
		prompts->announce(prompts->announce_data, line);
	}
	if (!show(prompt)) {
		modals_close(prompts->modals);
	}
}

void prompts_set_announce(
		struct prompts *prompts, void (*announce)(void *data, const char *text), void *data) {
	prompts->announce = announce;
	prompts->announce_data = data;
}

struct prompts *prompts_create(struct wl_event_loop *loop, struct scene *scene, struct outputs *outputs,
		struct painter *painter, struct modals *modals) {
	struct prompts *prompts = xcalloc(1, sizeof(*prompts));
	prompts->loop = loop;
	prompts->scene = scene;
	prompts->outputs = outputs;
	prompts->painter = painter;
	prompts->modals = modals;
	return prompts;
}

void prompts_destroy(struct prompts *prompts) {
	if (prompts == NULL) {
		return;
	}
	if (prompts->open != NULL) {
		modals_close(prompts->modals);
	}
	free(prompts);
}
