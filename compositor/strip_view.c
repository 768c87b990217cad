#include "compositor/strip_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "policy/geometry.h"

#define LEFT_PADDING 8
#define RIGHT_PADDING 12
#define CELL_WIDTH 22
#define CELL_GAP 4
#define CELL_HEIGHT 20
#define URGENT_BAR 2
#define GAP 16       /* between groups */
#define RIGHT_GAP 18 /* between what stands at the right end */
#define TEXT_GAP 8   /* inside a group */
#define TITLE_GAP 10
#define TITLE_MIN 80
#define NOTICE_MIN 160
#define NAME_MIN 36 /* where not even a name fits */
#define MARK_SIZE 8
#define MIDDLE (STRIP_HEIGHT / 2.0)
#define NOWHERE (-1)

#define CLIPBOARD_WORD "clipboard"

/* What is given up, one thing after the other, as the room gets less. */
static const struct level {
	bool word, layout, held, title, workspaces, left, time;
} levels[] = {
	{true, true, true, true, true, true, true},
	{false, true, true, true, true, true, true},
	{false, false, true, true, true, true, true},
	{false, false, false, true, true, true, true},
	{false, false, false, false, true, true, true},
	{false, false, false, false, false, true, true},
	{false, false, false, false, false, false, true},
	{false, false, false, false, false, false, false},
};

/* ---- measuring ---- */

static struct paint_text plain(const char *text, uint32_t color) {
	return (struct paint_text){.text = text, .size = TEXT_SIZE, .color = color};
}

static struct paint_text bold(const char *text, uint32_t color) {
	return (struct paint_text){.text = text, .size = TEXT_SIZE, .bold = true, .color = color};
}

static double width_of(struct painter *painter, struct paint_text text) {
	return paint_text_width(painter, &text);
}

/* As wide as with any other digits, and never less than two of them before a unit: what counts down moves nothing. */
static double width_counting(struct painter *painter, struct paint_text text) {
	char wide[256] = "";
	size_t used = 0;
	for (const char *at = text.text; *at != '\0' && used < sizeof(wide) - 2; at++) {
		bool digit = *at >= '0' && *at <= '9';
		bool lone = digit && (at[1] < '0' || at[1] > '9') && (at == text.text || at[-1] < '0' || at[-1] > '9');
		wide[used++] = digit ? '0' : *at;
		if (lone) {
			wide[used++] = '0';
		}
	}
	wide[used] = '\0';
	text.text = wide;
	return paint_text_width(painter, &text);
}

static const char *held_text(const struct strip_view *view, const struct level *level, char *out, size_t size) {
	const char *held = level->held ? view->held : "", *left = level->left ? view->left : "";
	snprintf(out, size, "%s%s%s", held, *held != '\0' && *left != '\0' ? " · " : "", left);
	return out;
}

/* ---- laying out ---- */

/* From the right end leftward. Returns where the room for the middle ends. */
static double lay_out_right(struct painter *painter, const struct strip_view *view, const struct level *level,
		struct strip_layout *layout) {
	double x = view->width - RIGHT_PADDING;
	layout->time_x = layout->layout_x = layout->held_x = layout->source_x = layout->word_x = NOWHERE;
	if (level->time) {
		layout->time_x = x -= width_counting(painter, bold(view->time, 0));
		x -= RIGHT_GAP;
	}
	if (level->layout && view->layout[0] != '\0') {
		layout->layout_x = x -= width_of(painter, plain(view->layout, 0));
		x -= RIGHT_GAP;
	}
	if (view->source.name[0] == '\0') {
		return x;
	}
	/* Of the size only the seconds change while it is held. */
	held_text(view, level, layout->held, sizeof(layout->held));
	if (layout->held[0] != '\0') {
		struct level fixed = *level;
		fixed.left = false;
		char rest[160];
		double width = width_of(painter, plain(held_text(view, &fixed, rest, sizeof(rest)), 0));
		if (level->left && view->left[0] != '\0') {
			char tail[64];
			snprintf(tail, sizeof(tail), "%s%s", rest[0] != '\0' ? " · " : "", view->left);
			width += width_counting(painter, plain(tail, 0));
		}
		layout->held_x = x -= width;
		x -= TEXT_GAP;
	}
	layout->source_width = paint_tag_width(painter, view->source.name);
	layout->source_x = x -= layout->source_width;
	if (level->word) {
		x -= TEXT_GAP;
		layout->word_x = x -= width_of(painter, plain(CLIPBOARD_WORD, 0));
	}
	return x - RIGHT_GAP;
}

/* Returns where the room for the middle begins. */
static double lay_out_workspaces(
		const struct strip_view *view, const struct level *level, struct strip_layout *layout) {
	double x = LEFT_PADDING;
	layout->cells_len = 0;
	for (int i = 0; i < WORKSPACES; i++) {
		if (!view->workspaces[i].listed || (!level->workspaces && !view->workspaces[i].current)) {
			continue;
		}
		layout->cells[layout->cells_len].number = i + 1;
		layout->cells[layout->cells_len].x = x;
		layout->cells_len++;
		x += CELL_WIDTH + CELL_GAP;
	}
	return layout->cells_len > 0 ? x - CELL_GAP + GAP : x;
}

static double middle_wanted(struct painter *painter, const struct strip_view *view, const struct level *level) {
	double wanted = view->tag.name[0] != '\0' ? paint_tag_width(painter, view->tag.name) : 0;
	if (view->about.name[0] != '\0') {
		wanted += TITLE_GAP + paint_tag_width(painter, view->about.name);
	}
	if (level->title && view->text[0] != '\0') {
		double least = view->middle == STRIP_FOCUS ? TITLE_MIN : NOTICE_MIN;
		wanted += TITLE_GAP + fmin(width_of(painter, plain(view->text, 0)), least);
	}
	return wanted;
}

void strip_view_lay_out(struct painter *painter, const struct strip_view *view, struct strip_layout *layout) {
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		const struct level *level = &levels[i];
		memset(layout, 0, sizeof(*layout));
		layout->middle_left = lay_out_workspaces(view, level, layout);
		layout->middle_right = lay_out_right(painter, view, level, layout);
		layout->has_text = level->title || view->middle != STRIP_FOCUS;
		if (layout->middle_right - layout->middle_left >= middle_wanted(painter, view, level)) {
			return;
		}
	}
	/* Two long names on a very narrow screen: the source's is cut before that of who has the keys. */
	double lacking = middle_wanted(painter, view, &levels[sizeof(levels) / sizeof(levels[0]) - 1]) -
		(layout->middle_right - layout->middle_left);
	if (layout->source_width > 0) {
		double cut = fmin(lacking, fmax(layout->source_width - NAME_MIN, 0));
		layout->source_width -= cut;
		layout->source_x += cut;
		layout->middle_right += cut;
	}
}

int strip_view_workspace_at(const struct strip_layout *layout, double x) {
	for (size_t i = 0; i < layout->cells_len; i++) {
		double left = layout->cells[i].x - CELL_GAP / 2.0;
		if (x >= left && x < left + CELL_WIDTH + CELL_GAP) {
			return layout->cells[i].number;
		}
	}
	return 0;
}

/* ---- drawing ---- */

static void draw_workspaces(struct paint *paint, const struct strip_view *view, const struct strip_layout *layout) {
	double top = MIDDLE - CELL_HEIGHT / 2.0;
	for (size_t i = 0; i < layout->cells_len; i++) {
		int number = layout->cells[i].number;
		double x = layout->cells[i].x;
		bool current = view->workspaces[number - 1].current, urgent = view->workspaces[number - 1].urgent;
		char text[2] = {(char)('0' + number), '\0'};
		if (current) {
			paint_rect(paint, x, top, CELL_WIDTH, CELL_HEIGHT, COLOR_SELECTED, 1);
		}
		if (urgent) {
			paint_rect(paint, x, top + CELL_HEIGHT - URGENT_BAR, CELL_WIDTH, URGENT_BAR, COLOR_WARNING, 1);
		}
		uint32_t color = urgent ? COLOR_WARNING : current ? COLOR_TEXT : COLOR_TEXT_DIM;
		struct paint_text label = current || urgent ? bold(text, color) : plain(text, color);
		label.align = TEXT_CENTER;
		paint_text(paint, &label, x + CELL_WIDTH / 2.0, MIDDLE);
	}
}

static double draw_tag(struct paint *paint, const struct strip_tag *tag, bool outlined, double x, double max_width) {
	struct paint_tag shown = {
		.name = tag->name, .color = tag->color, .text_color = tag->text_color, .height = CELL_HEIGHT,
		.max_width = fmax(max_width, 1), .outlined = outlined,
	};
	return paint_tag(paint, &shown, x, MIDDLE);
}

static void draw_middle(struct paint *paint, const struct strip_view *view, const struct strip_layout *layout) {
	double x = layout->middle_left;
	bool question = view->middle == STRIP_QUESTION, warning = view->middle == STRIP_WARNING;
	if (question) {
		paint_rect(paint, x, MIDDLE - MARK_SIZE / 2.0, MARK_SIZE, MARK_SIZE, COLOR_WARNING, 1);
		x += MARK_SIZE + TITLE_GAP;
	} else if (view->tag.name[0] != '\0') {
		x += draw_tag(paint, &view->tag, !view->has_keys, x, layout->middle_right - x) + TITLE_GAP;
	}
	if (view->about.name[0] != '\0' && layout->middle_right - x >= NAME_MIN) {
		x += draw_tag(paint, &view->about, true, x, layout->middle_right - x) + TITLE_GAP;
	}
	if (!layout->has_text || layout->middle_right - x < 1) {
		return;
	}
	bool dim = view->middle == STRIP_FOCUS && !view->has_keys;
	struct paint_text text = plain(view->text, question || warning ? COLOR_WARNING : dim ? COLOR_TEXT_DIM : COLOR_TEXT);
	text.bold = question;
	text.max_width = layout->middle_right - x;
	if (view->middle == STRIP_NOTICE && text.max_width > 2 * TEXT_GAP) {
		/* On a ground of its own, which no title has: no window can look like a notice. */
		text.max_width -= 2 * TEXT_GAP;
		double width = fmin(width_of(paint->painter, text), text.max_width);
		paint_rect(paint, x, MIDDLE - CELL_HEIGHT / 2.0, width + 2 * TEXT_GAP, CELL_HEIGHT, COLOR_SELECTED, 1);
		x += TEXT_GAP;
	}
	paint_text(paint, &text, x, MIDDLE);
}

static void draw_right(struct paint *paint, const struct strip_view *view, const struct strip_layout *layout) {
	const struct {
		double x;
		struct paint_text text;
	} texts[] = {
		{layout->word_x, plain(CLIPBOARD_WORD, COLOR_TEXT_DIM)},
		{layout->held_x, plain(layout->held, COLOR_TEXT)},
		{layout->layout_x, plain(view->layout, COLOR_TEXT_DIM)},
		{layout->time_x, bold(view->time, COLOR_TEXT)},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].x >= 0) {
			paint_text(paint, &texts[i].text, texts[i].x, MIDDLE);
		}
	}
	if (layout->source_width > 0) {
		draw_tag(paint, &view->source, false, layout->source_x, layout->source_width);
	}
}

void strip_view_draw(struct paint *paint, const struct strip_view *view, const struct strip_layout *layout) {
	paint_rect(paint, 0, 0, view->width, STRIP_HEIGHT, COLOR_STRIP, 1);
	draw_workspaces(paint, view, layout);
	draw_middle(paint, view, layout);
	draw_right(paint, view, layout);
}
