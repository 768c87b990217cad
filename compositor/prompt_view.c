#include "compositor/prompt_view.h"

#include <math.h>

#define EDGE 1
#define PADDING 28
#define WIDTH_MIN 444  /* of what is inside the padding */
#define QUESTION_SIZE 20
#define QUESTION_MIDDLE 37
#define TAGS_MIDDLE 76
#define TAG_HEIGHT 24
#define TAG_GAP 14
#define ARROW_SIZE 16
#define PREVIEW_TOP 104
#define PREVIEW_PADDING 14
#define LINE_SIZE 14
#define LINE_MIDDLE 21 /* of the first, from the preview's top */
#define LINE_HEIGHT 22
#define REMARK_BELOW 25 /* from the last line's middle to the remark's */
#define REMARK_BOTTOM 24
#define BOTTOM 24
#define BUTTONS_GAP 30
#define BUTTON_WIDTH 160
#define BUTTON_HEIGHT 32
#define BUTTON_GAP 16
#define BUTTON_TEXT_SIZE 14
#define KEY_GAP 10
#define ARROW "→"

/* ---- laying out ---- */

static struct paint_text line_text(const char *line) {
	return (struct paint_text){.text = line, .size = LINE_SIZE, .monospace = true, .color = COLOR_TEXT};
}

static double tags_width(struct painter *painter, const struct prompt_view *view) {
	struct paint_text arrow = {.text = ARROW, .size = ARROW_SIZE}, facts = {.text = view->facts, .size = TEXT_SIZE};
	return paint_tag_width(painter, view->source.name) + TAG_GAP + paint_text_width(painter, &arrow) + TAG_GAP +
		paint_tag_width(painter, view->destination.name) + TAG_GAP + paint_text_width(painter, &facts);
}

static double content_width(struct painter *painter, const struct prompt_view *view) {
	struct paint_text question = {.text = view->question, .size = QUESTION_SIZE, .bold = true};
	double width = fmax(WIDTH_MIN, fmax(tags_width(painter, view), paint_text_width(painter, &question)));
	for (size_t i = 0; i < view->lines_len; i++) {
		struct paint_text line = line_text(view->lines[i]);
		width = fmax(width, paint_text_width(painter, &line) + 2 * PREVIEW_PADDING);
	}
	return width;
}

static int remark_middle(size_t lines) {
	return lines > 0 ? LINE_MIDDLE + LINE_HEIGHT * ((int)lines - 1) + REMARK_BELOW : LINE_MIDDLE;
}

void prompt_view_lay_out(struct painter *painter, const struct prompt_view *view, int max_width, int max_height,
		struct prompt_layout *layout) {
	int inside = (int)fmin(content_width(painter, view), fmax(max_width - 2 * PADDING, 1));
	int below = BUTTONS_GAP + BUTTON_HEIGHT + BOTTOM;
	layout->width = inside + 2 * PADDING;
	layout->lines_len = view->lines_len;
	while (layout->lines_len > 0 &&
			PREVIEW_TOP + remark_middle(layout->lines_len) + REMARK_BOTTOM + below > max_height) {
		layout->lines_len--;
	}
	layout->preview_height = remark_middle(layout->lines_len) + REMARK_BOTTOM;
	int buttons_y = PREVIEW_TOP + layout->preview_height + BUTTONS_GAP;
	layout->height = PREVIEW_TOP + layout->preview_height + below;
	int button_width = inside >= 2 * BUTTON_WIDTH + BUTTON_GAP ? BUTTON_WIDTH : (inside - BUTTON_GAP) / 2;
	layout->yes = (struct box){PADDING, buttons_y, button_width, BUTTON_HEIGHT};
	layout->no = layout->yes;
	layout->no.x += button_width + BUTTON_GAP;
}

/* ---- drawing ---- */

static double draw_tag(struct paint *paint, const struct prompt_tag *tag, double x, double max_width) {
	struct paint_tag shown = {
		.name = tag->name, .color = tag->color, .text_color = tag->text_color, .height = TAG_HEIGHT,
		.max_width = fmax(max_width, 1),
	};
	return paint_tag(paint, &shown, x, TAGS_MIDDLE);
}

static void draw_tags(struct paint *paint, const struct prompt_view *view, double width) {
	struct paint_text arrow = {.text = ARROW, .size = ARROW_SIZE, .color = COLOR_TEXT_DIM};
	double arrow_width = paint_text_width(paint->painter, &arrow);
	/* Where both names are too long, each has half. */
	double room = (width - arrow_width - 2 * TAG_GAP) / 2;
	double spare = fmax(0, room - paint_tag_width(paint->painter, view->destination.name));
	double x = PADDING;
	x += draw_tag(paint, &view->source, x, room + spare) + TAG_GAP;
	x += paint_text(paint, &arrow, x, TAGS_MIDDLE) + TAG_GAP;
	x += draw_tag(paint, &view->destination, x, PADDING + width - x) + TAG_GAP;
	struct paint_text facts = {
		.text = view->facts, .size = TEXT_SIZE, .color = COLOR_TEXT_DIM, .max_width = PADDING + width - x,
	};
	if (facts.max_width >= TEXT_SIZE) {
		paint_text(paint, &facts, x, TAGS_MIDDLE);
	}
}

static void draw_preview(struct paint *paint, const struct prompt_view *view, const struct prompt_layout *layout,
		double width) {
	double x = PADDING + PREVIEW_PADDING, inside = width - 2 * PREVIEW_PADDING;
	paint_rect(paint, PADDING, PREVIEW_TOP, width, layout->preview_height, COLOR_PREVIEW, 1);
	for (size_t i = 0; i < layout->lines_len; i++) {
		struct paint_text line = line_text(view->lines[i]);
		line.max_width = inside + 1;
		paint_text(paint, &line, x, PREVIEW_TOP + LINE_MIDDLE + LINE_HEIGHT * (double)i);
	}
	bool cut = layout->lines_len < view->lines_len;
	struct paint_text remark = {
		.text = cut ? "not all of it is shown" : view->remark, .size = TEXT_SIZE_SMALL,
		.color = cut || view->warning ? COLOR_WARNING : COLOR_TEXT_DIM, .max_width = inside,
	};
	paint_text(paint, &remark, x, PREVIEW_TOP + remark_middle(layout->lines_len));
}

/* The key, then what it does; the answer that gives something away is the brighter one, once it counts. */
static void draw_button(struct paint *paint, const struct box *box, const char *key, const char *word, bool main,
		bool ready) {
	uint32_t fill = main && ready ? COLOR_SELECTED : COLOR_BAND_FOCUSED;
	paint_rect(paint, box->x, box->y, box->width, box->height, fill, 1);
	uint32_t color = ready ? COLOR_TEXT : COLOR_TEXT_DIM;
	struct paint_text key_text = {.text = key, .size = BUTTON_TEXT_SIZE, .bold = main, .color = color};
	struct paint_text word_text = {.text = word, .size = BUTTON_TEXT_SIZE, .bold = main, .color = color};
	double key_width = paint_text_width(paint->painter, &key_text);
	double width = key_width + KEY_GAP + paint_text_width(paint->painter, &word_text);
	double x = box->x + fmax((box->width - width) / 2, 0), middle = box->y + box->height / 2.0;
	paint_text(paint, &key_text, x, middle);
	word_text.max_width = fmax(box->x + box->width - x - key_width - KEY_GAP, 1) + 1;
	paint_text(paint, &word_text, x + key_width + KEY_GAP, middle);
}

void prompt_view_draw(struct paint *paint, const struct prompt_view *view, const struct prompt_layout *layout) {
	double width = layout->width - 2 * PADDING;
	paint_rect(paint, 0, 0, layout->width, layout->height, COLOR_PROMPT, 1);
	paint_outline(paint, 0, 0, layout->width, layout->height, EDGE, COLOR_PROMPT_EDGE);
	struct paint_text question = {
		.text = view->question, .size = QUESTION_SIZE, .bold = true, .color = COLOR_TEXT, .max_width = width + 1,
	};
	paint_text(paint, &question, PADDING, QUESTION_MIDDLE);
	draw_tags(paint, view, width);
	draw_preview(paint, view, layout, width);
	draw_button(paint, &layout->yes, "Enter", view->yes, true, view->ready);
	draw_button(paint, &layout->no, "Esc", view->no, false, view->ready);
	double used = layout->no.x + layout->no.width + BUTTON_GAP;
	struct paint_text wait = {
		.text = view->wait, .size = TEXT_SIZE_SMALL, .color = COLOR_TEXT_DIM, .align = TEXT_RIGHT,
		.max_width = PADDING + width - used,
	};
	if (wait.max_width >= TEXT_SIZE_SMALL) {
		paint_text(paint, &wait, PADDING + width, layout->no.y + layout->no.height / 2.0);
	}
}
