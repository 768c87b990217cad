#include "compositor/panel.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

#define PANEL_WIDTH_MIN 540
#define PANEL_PADDING 24
#define ROW_HEIGHT 44     /* of the keys, and of each row of tags */
#define FACTS_ROW_HEIGHT 24
#define PANEL_TAG_HEIGHT 24
#define TAG_GAP 12
#define SELECTED_GAP 2    /* between a tag and its outline */
#define SELECTED_EDGE 2
#define KEYS_SIZE 15
#define TAGS_WORDS "no window here"

static struct paint_text tags_words(void) {
	return (struct paint_text){.text = TAGS_WORDS, .size = TEXT_SIZE, .color = COLOR_TEXT_DIM};
}

static struct paint_text keys_text(const struct panel *panel) {
	return (struct paint_text){
		.text = panel->keys, .size = KEYS_SIZE, .color = panel->warning ? COLOR_WARNING : COLOR_TEXT,
		.bold = panel->warning, .align = TEXT_CENTER,
	};
}

static struct paint_text facts_text(const struct panel *panel) {
	return (struct paint_text){.text = panel->facts, .size = TEXT_SIZE, .color = COLOR_TEXT, .align = TEXT_CENTER};
}

/* Side by side from the left, in rows. Returns how many rows; width becomes that of the widest. */
static int lay_out_tags(struct painter *painter, const struct panel *panel, int max_width,
		struct panel_layout *layout, int *width) {
	struct paint_text words = tags_words();
	int indent = (int)paint_text_width(painter, &words) + TAG_GAP + 2, x = indent, rows = 1;
	*width = indent;
	for (size_t i = 0; i < panel->tags_len; i++) {
		int tag = (int)fmin(paint_tag_width(painter, panel->tags[i].name), fmax(max_width - indent, 1));
		if (x > indent && x + tag > max_width) {
			rows++;
			x = indent;
		}
		layout->tags[i] = (struct box){x, (rows - 1) * ROW_HEIGHT + (ROW_HEIGHT - PANEL_TAG_HEIGHT) / 2, tag,
			PANEL_TAG_HEIGHT};
		x += tag + TAG_GAP;
		*width = x - TAG_GAP > *width ? x - TAG_GAP : *width;
	}
	return rows;
}

void panel_lay_out(struct painter *painter, const struct panel *panel, int max_width,
		struct panel_layout *layout) {
	struct paint_text keys = keys_text(panel);
	int room = max_width - 2 * PANEL_PADDING, tags = 0;
	double inside = fmax(PANEL_WIDTH_MIN - 2 * PANEL_PADDING, paint_text_width(painter, &keys));
	*layout = (struct panel_layout){.height = ROW_HEIGHT};
	if (panel->tags_len > 0) {
		layout->tags = xcalloc(panel->tags_len, sizeof(*layout->tags));
		layout->height += lay_out_tags(painter, panel, room, layout, &tags) * ROW_HEIGHT;
		inside = fmax(inside, tags);
	}
	if (panel->facts != NULL) {
		struct paint_text facts = facts_text(panel);
		inside = fmax(inside, paint_text_width(painter, &facts));
		layout->height += FACTS_ROW_HEIGHT;
	}
	layout->width = (int)fmin(inside, fmax(room, 1)) + 2 * PANEL_PADDING;
	int left = tags > 0 ? (layout->width - tags) / 2 : 0;
	for (size_t i = 0; i < panel->tags_len; i++) {
		/* analyzer: with a tag there is the list of them, made above */
		layout->tags[i].x += left;
	}
}

void panel_finish(struct panel_layout *layout) {
	free(layout->tags);
	layout->tags = NULL;
}

static void draw_tag(struct paint *paint, const struct panel_tag *tag, const struct box *box) {
	struct paint_tag shown = {
		.name = tag->name, .color = tag->color, .text_color = tag->text_color, .height = box->height,
		.max_width = box->width, .outlined = tag->outlined,
	};
	paint_tag(paint, &shown, box->x, box->y + box->height / 2.0);
	if (tag->selected) {
		double reach = SELECTED_GAP + SELECTED_EDGE;
		paint_outline(paint, box->x - reach, box->y - reach, box->width + 2 * reach, box->height + 2 * reach,
			SELECTED_EDGE, COLOR_TEXT);
	}
}

static void draw_centred(struct paint *paint, struct paint_text text, double middle) {
	text.max_width = paint->width - 2 * PANEL_PADDING + 1;
	paint_text(paint, &text, paint->width / 2.0, middle);
}

void panel_draw(struct paint *paint, const struct panel *panel, const struct panel_layout *layout) {
	paint_rect(paint, 0, 0, layout->width, layout->height, COLOR_STRIP, 1);
	if (panel->tags_len > 0) {
		struct paint_text words = tags_words();
		words.align = TEXT_RIGHT;
		paint_text(paint, &words, layout->tags[0].x - TAG_GAP, ROW_HEIGHT / 2.0);
	}
	for (size_t i = 0; i < panel->tags_len; i++) {
		draw_tag(paint, &panel->tags[i], &layout->tags[i]);
	}
	if (panel->facts != NULL) {
		draw_centred(paint, facts_text(panel), layout->height - ROW_HEIGHT - FACTS_ROW_HEIGHT / 2.0 - 2);
	}
	draw_centred(paint, keys_text(panel), layout->height - ROW_HEIGHT / 2.0);
}
