#include "compositor/owners_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compositor/words.h"
#include "policy/label.h"

/* ---- what is said of an instance ---- */

static void append(char *out, size_t size, const char *separator, const char *text) {
	size_t used = strlen(out);
	snprintf(out + used, size - used, "%s%s", used > 0 ? separator : "", text);
}

static void append_isolation(const struct instance *instance, char *out, size_t size) {
	static const char *const states[] = {
		[INSTANCE_PREPARING] = "preparing",
		[INSTANCE_STARTING] = "starting",
		[INSTANCE_STOPPING] = "stopping",
	};
	char words[WORDS_SIZE], reason[LABEL_SIZE];
	switch (instance->state) {
	case INSTANCE_FAILED:
		append(out, size, " · ", "failed");
		append(out, size, ": ", label_clean(instance->reason, strlen(instance->reason), reason));
		return;
	case INSTANCE_STOPPED:
		/* Its socket always listens: whoever speaks there now was not started in its sandbox. */
		append(out, size, " · ", instance->clients > 0 ? "not in a sandbox" : "stopped");
		return;
	case INSTANCE_PREPARING:
	case INSTANCE_STARTING:
	case INSTANCE_STOPPING:
		append(out, size, " · ", states[instance->state]);
		break;
	case INSTANCE_RUNNING:
		break;
	}
	append(out, size, " · ", config_backend_name(instance->backend));
	append(out, size, " · ", instance->network == NETWORK_NONE ? "no network" : config_network_name(instance->network));
	if (instance->memory > 0) {
		append(out, size, " · ", words_size(instance->memory, words, sizeof(words)));
	}
	if (instance->frozen) {
		append(out, size, " · ", "frozen");
	}
}

const char *owners_facts(const struct instance *instance, char *out, size_t size) {
	char words[WORDS_SIZE];
	copy_string(out, size, words_count(instance->windows, "window", words, sizeof(words)));
	if (instance->popups > 0) {
		append(out, size, ", ", words_count(instance->popups, "popup", words, sizeof(words)));
	}
	if (instance->shell) {
		append(out, size, " · ", "the trusted shell");
	} else {
		append_isolation(instance, out, size);
	}
	return out;
}

/* ---- a cover's name and facts ---- */

#define LABEL_MARGIN 16  /* px on either side, clear of the selection's outline */
#define LABEL_HEIGHT 104
#define NAME_SIZE 54
#define NAME_SIZE_MIN 13
#define NAME_UP 19       /* the name's middle above, the facts' below the cover's middle */
#define FACTS_DOWN 29
#define FACTS_SIZE 15
#define FACTS_SIZE_MIN 12
#define FACTS_FROM_HEIGHT 84

struct box owners_label_place(int width, int height) {
	struct box place = {LABEL_MARGIN, (height - LABEL_HEIGHT) / 2, width - 2 * LABEL_MARGIN, LABEL_HEIGHT};
	if (place.y < 0) {
		place.y = 0;
		place.height = height;
	}
	if (place.width < NAME_SIZE_MIN || place.height < NAME_SIZE_MIN) {
		place = (struct box){0};
	}
	return place;
}

/* The largest size at which the text has room, cut only where that is the least. */
static void fit(struct painter *painter, struct paint_text *text, double width, double height, double least) {
	double wanted = paint_text_width(painter, text);
	double size = fmin(text->size, fmin(wanted > 0 ? text->size * width / wanted : text->size, height));
	text->size = fmax(floor(size), least);
	if (size < least) {
		text->max_width = width;
	}
}

void owners_label_draw(struct paint *paint, const struct owners_label *label) {
	double width = paint->width, middle = paint->height / 2.0;
	bool has_facts = paint->height >= FACTS_FROM_HEIGHT;
	double share = paint->height / (double)LABEL_HEIGHT;
	struct paint_text name = {
		.text = label->name, .size = NAME_SIZE, .bold = true, .color = label->text_color, .align = TEXT_CENTER,
	};
	fit(paint->painter, &name, width, has_facts ? NAME_SIZE * share : paint->height, NAME_SIZE_MIN);
	paint_text(paint, &name, width / 2, has_facts ? middle - NAME_UP * share : middle);
	if (has_facts) {
		struct paint_text facts = {
			.text = label->facts, .size = FACTS_SIZE, .color = label->text_color, .align = TEXT_CENTER,
		};
		fit(paint->painter, &facts, width, FACTS_SIZE, FACTS_SIZE_MIN);
		paint_text(paint, &facts, width / 2, middle + FACTS_DOWN * share);
	}
}

/* ---- the panel ---- */

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

static struct paint_text keys_text(const struct owners_panel *panel) {
	return (struct paint_text){
		.text = panel->keys, .size = KEYS_SIZE, .color = panel->warning ? COLOR_WARNING : COLOR_TEXT,
		.bold = panel->warning, .align = TEXT_CENTER,
	};
}

static struct paint_text facts_text(const struct owners_panel *panel) {
	return (struct paint_text){.text = panel->facts, .size = TEXT_SIZE, .color = COLOR_TEXT, .align = TEXT_CENTER};
}

/* Side by side from the left, in rows. Returns how many rows; width becomes that of the widest. */
static int lay_out_tags(struct painter *painter, const struct owners_panel *panel, int max_width,
		struct owners_panel_layout *layout, int *width) {
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

void owners_panel_lay_out(struct painter *painter, const struct owners_panel *panel, int max_width,
		struct owners_panel_layout *layout) {
	struct paint_text keys = keys_text(panel);
	int room = max_width - 2 * PANEL_PADDING, tags = 0;
	double inside = fmax(PANEL_WIDTH_MIN - 2 * PANEL_PADDING, paint_text_width(painter, &keys));
	*layout = (struct owners_panel_layout){.height = ROW_HEIGHT};
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
		layout->tags[i].x += left;
	}
}

void owners_panel_finish(struct owners_panel_layout *layout) {
	free(layout->tags);
	layout->tags = NULL;
}

static void draw_tag(struct paint *paint, const struct owners_tag *tag, const struct box *box) {
	struct paint_tag shown = {
		.name = tag->name, .color = tag->color, .text_color = tag->text_color, .height = box->height,
		.max_width = box->width,
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

void owners_panel_draw(struct paint *paint, const struct owners_panel *panel, const struct owners_panel_layout *layout) {
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
