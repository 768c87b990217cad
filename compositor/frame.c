#include "compositor/frame.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "policy/label.h"

#define TEXT_GAP 10      /* px between the tag, the title, the state and the band's end */
#define TITLE_WIDTH_MIN 24
#define MARK_SIZE 6      /* where there is no room for the state's words */

enum { TOP, BOTTOM, LEFT, RIGHT, EDGES };

/* All that a band's picture is made of: two that are the same look the same. */
struct band {
	int columns, rows; /* physical px */
	double scale;
	bool focused, urgent, not_answering, frozen;
	uint32_t color, text_color;
	/* From here on it changes as fast as a client likes. */
	int width;
	int left, right; /* the part of it that can be seen */
	char title[LABEL_SIZE];
};

struct frame {
	struct painter *painter;
	struct instance *instance;
	struct wlr_scene_tree *tree;
	struct wlr_scene_rect *backing;
	struct wlr_scene_tree *content;
	struct wlr_scene_buffer *band;
	struct wlr_scene_rect *edges[EDGES];
	struct frame_look look;
	char title[LABEL_SIZE];
	struct band drawn;
	bool unseen;  /* what is drawn has not been in a frame of its output yet */
	bool waiting; /* for that frame, to draw what changed since */
	struct wl_listener font_changed;
	struct wl_listener band_frame_done;
};

/* ---- the band ---- */

static const char *state_words(const struct band *band) {
	/* What is frozen cannot answer: that needs no saying. */
	if (band->frozen) {
		return band->urgent ? "frozen · urgent" : "frozen";
	}
	if (band->not_answering) {
		return band->urgent ? "not answering · urgent" : "not answering";
	}
	return band->urgent ? "urgent" : NULL;
}

/* At the right end, in a colour that no title has. Returns where the room for the title ends. */
static double draw_state(struct paint *paint, const struct band *band, double left) {
	double right = band->right - TEXT_GAP, middle = BAND_HEIGHT / 2.0;
	const char *words = state_words(band);
	if (words == NULL) {
		return right;
	}
	struct paint_text text = {.text = words, .size = TEXT_SIZE, .color = COLOR_WARNING, .align = TEXT_RIGHT};
	double width = paint_text_width(paint->painter, &text);
	if (left + width <= right) {
		paint_text(paint, &text, right, middle);
		return right - width - TEXT_GAP;
	}
	if (left + MARK_SIZE <= right) {
		paint_rect(paint, right - MARK_SIZE, middle - MARK_SIZE / 2.0, MARK_SIZE, MARK_SIZE, COLOR_WARNING, 1);
	}
	return right - MARK_SIZE - TEXT_GAP;
}

static void draw_band(struct paint *paint, const struct band *band, const char *name) {
	double middle = BAND_HEIGHT / 2.0;
	paint_rect(paint, 0, 0, band->width, BAND_HEIGHT, band->focused ? COLOR_BAND_FOCUSED : COLOR_BAND, 1);
	struct paint_tag tag = {
		.name = name, .color = band->color, .text_color = band->text_color, .height = BAND_HEIGHT,
		.max_width = band->right - band->left,
	};
	double left = band->left + paint_tag(paint, &tag, band->left, middle) + TEXT_GAP;
	double right = draw_state(paint, band, left);
	if (right - left >= TITLE_WIDTH_MIN) {
		struct paint_text title = {
			.text = band->title, .size = TEXT_SIZE, .color = band->focused ? COLOR_TEXT : COLOR_TEXT_DIM,
			.max_width = right - left,
		};
		paint_text(paint, &title, left, middle);
	}
}

/* Where the band is, from the corner of its output. */
static struct box band_place(const struct frame_look *look) {
	return (struct box){
		look->box.x + BORDER_WIDTH - look->output.x, look->box.y + BORDER_WIDTH - look->output.y,
		look->box.width - 2 * BORDER_WIDTH, BAND_HEIGHT,
	};
}

static void describe_band(const struct frame *frame, struct band *band) {
	const struct frame_look *look = &frame->look;
	struct box place = band_place(look);
	/* Compared as bytes, so no byte of it may be left to chance. */
	memset(band, 0, sizeof(*band));
	band->scale = look->scale;
	band->columns = paint_pixels(place.x, place.width, look->scale);
	band->rows = paint_pixels(place.y, place.height, look->scale);
	band->focused = look->focused;
	band->urgent = look->urgent;
	band->not_answering = look->not_answering;
	band->frozen = look->frozen;
	band->color = frame->instance->color;
	band->text_color = frame->instance->text_color;
	band->width = place.width;
	band->right = place.width;
	struct box room = box_is_empty(&look->room) ? look->output : look->room, seen;
	room.x -= look->output.x;
	room.y -= look->output.y;
	if (box_intersect(&seen, &place, &room)) {
		band->left = seen.x - place.x;
		band->right = band->left + seen.width;
	}
	copy_string(band->title, sizeof(band->title), frame->title);
}

/* Until it is drawn anew, what is there may be too wide. */
static void cut_band(struct frame *frame, int width) {
	struct band *drawn = &frame->drawn;
	if (width >= drawn->width) {
		return;
	}
	struct wlr_fbox source = {0, 0, (double)drawn->columns * width / drawn->width, drawn->rows};
	wlr_scene_buffer_set_source_box(frame->band, &source);
	wlr_scene_buffer_set_dest_size(frame->band, width, BAND_HEIGHT);
}

static void update_band(struct frame *frame) {
	const struct frame_look *look = &frame->look;
	bool has_band = look->style == FRAME_WINDOW && look->box.width > 2 * BORDER_WIDTH;
	wlr_scene_node_set_enabled(&frame->band->node, has_band);
	if (!has_band) {
		return;
	}
	struct band band;
	describe_band(frame, &band);
	frame->waiting = false;
	if (memcmp(&band, &frame->drawn, sizeof(band)) == 0) {
		return;
	}
	bool client_only = band.focused == frame->drawn.focused && band.scale == frame->drawn.scale &&
		memcmp(&band.focused, &frame->drawn.focused, offsetof(struct band, width) - offsetof(struct band, focused)) == 0;
	if (frame->unseen && client_only) {
		frame->waiting = true;
		cut_band(frame, band.width);
		return;
	}
	struct box place = band_place(look);
	struct paint paint;
	if (!paint_begin(&paint, frame->painter, place.x, place.y, place.width, place.height, look->scale)) {
		return;
	}
	draw_band(&paint, &band, frame->instance->shell ? "shell" : frame->instance->name);
	wlr_scene_buffer_set_source_box(frame->band, NULL);
	paint_show(&paint, frame->band, true);
	frame->drawn = band;
	frame->unseen = true;
}

static void handle_band_frame_done(struct wl_listener *listener, void *data) {
	struct frame *frame = wl_container_of(listener, frame, band_frame_done);
	frame->unseen = false;
	if (frame->waiting) {
		update_band(frame);
	}
}

static void handle_font_changed(struct wl_listener *listener, void *data) {
	struct frame *frame = wl_container_of(listener, frame, font_changed);
	memset(&frame->drawn, 0, sizeof(frame->drawn));
	if (!box_is_empty(&frame->look.box)) {
		update_band(frame);
	}
}

/* ---- the rest of it ---- */

static void place_rect(struct wlr_scene_rect *rect, int x, int y, int width, int height) {
	wlr_scene_node_set_position(&rect->node, x, y);
	wlr_scene_rect_set_size(rect, width > 0 ? width : 0, height > 0 ? height : 0);
}

static void place(struct frame *frame) {
	const struct box *box = &frame->look.box;
	int width = box->width, height = box->height;
	int edge = frame->look.style == FRAME_BARE ? 0 : BORDER_WIDTH;
	int band = frame->look.style == FRAME_WINDOW ? BAND_HEIGHT : 0;
	wlr_scene_node_set_position(&frame->tree->node, box->x, box->y);
	place_rect(frame->backing, edge, edge, width - 2 * edge, height - 2 * edge);
	wlr_scene_node_set_position(&frame->content->node, edge, edge + band);
	wlr_scene_node_set_position(&frame->band->node, edge, edge);
	place_rect(frame->edges[TOP], 0, 0, width, edge);
	place_rect(frame->edges[BOTTOM], 0, height - edge, width, edge);
	place_rect(frame->edges[LEFT], 0, edge, edge, height - 2 * edge);
	place_rect(frame->edges[RIGHT], width - edge, edge, edge, height - 2 * edge);
}

void frame_update(struct frame *frame, const struct frame_look *look) {
	copy_string(frame->title, sizeof(frame->title), look->title != NULL ? look->title : "");
	frame->look = *look;
	frame->look.title = NULL; /* the caller's */
	if (frame->look.scale <= 0) {
		frame->look.scale = 1;
	}
	place(frame);
	update_band(frame);
}

void frame_recolor(struct frame *frame) {
	float color[4];
	scene_color(frame->instance->color, 1, color);
	for (int i = 0; i < EDGES; i++) {
		wlr_scene_rect_set_color(frame->edges[i], color);
	}
	if (!box_is_empty(&frame->look.box)) {
		update_band(frame);
	}
}

struct wlr_scene_tree *frame_get_tree(struct frame *frame) {
	return frame->tree;
}

struct wlr_scene_tree *frame_get_content(struct frame *frame) {
	return frame->content;
}

/* ---- lifetime ---- */

/* From the bottom up: what is ours is above what is the client's. */
static bool create_nodes(struct frame *frame, struct wlr_scene_tree *parent) {
	float color[4];
	scene_color(COLOR_DESKTOP, 1, color);
	frame->tree = wlr_scene_tree_create(parent);
	if (frame->tree == NULL) {
		return false;
	}
	frame->backing = wlr_scene_rect_create(frame->tree, 0, 0, color);
	frame->content = wlr_scene_tree_create(frame->tree);
	frame->band = wlr_scene_buffer_create(frame->tree, NULL);
	bool ok = frame->backing != NULL && frame->content != NULL && frame->band != NULL;
	scene_color(frame->instance->color, 1, color);
	for (int i = 0; i < EDGES; i++) {
		frame->edges[i] = wlr_scene_rect_create(frame->tree, 0, 0, color);
		ok = ok && frame->edges[i] != NULL;
	}
	if (!ok) {
		wlr_scene_node_destroy(&frame->tree->node);
	}
	return ok;
}

struct frame *frame_create(struct wlr_scene_tree *parent, struct painter *painter, struct instance *instance) {
	struct frame *frame = xcalloc(1, sizeof(*frame));
	frame->painter = painter;
	frame->instance = instance;
	if (!create_nodes(frame, parent)) {
		free(frame);
		return NULL;
	}
	frame->band_frame_done.notify = handle_band_frame_done;
	wl_signal_add(&frame->band->events.frame_done, &frame->band_frame_done);
	frame->font_changed.notify = handle_font_changed;
	wl_signal_add(painter_get_changed(painter), &frame->font_changed);
	return frame;
}

void frame_destroy(struct frame *frame) {
	if (frame == NULL) {
		return;
	}
	wl_list_remove(&frame->band_frame_done.link);
	wl_list_remove(&frame->font_changed.link);
	wlr_scene_node_destroy(&frame->tree->node);
	free(frame);
}
