#include "compositor/covers.h"

#include <math.h>

#include "compositor/facts.h"

#define COVER_OPACITY 0.82f
#define OUTLINE_INSET 5
#define OUTLINE_WIDTH 3

#define LABEL_MARGIN 16  /* px on either side, clear of the selection's outline */
#define LABEL_HEIGHT 104
#define LETTERS 54 /* px: the name's size */
#define LETTERS_MIN 13
#define NAME_UP 19       /* the name's middle above, the facts' below the cover's middle */
#define FACTS_DOWN 29
#define FACTS_TEXT 15
#define FACTS_TEXT_MIN 12
#define FACTS_FROM_HEIGHT 84

struct covers {
	struct wlr_scene_tree *tree;
	struct painter *painter;
	const struct output *output;
	const struct choices *choices;
};

/* ---- a cover's name and facts ---- */

struct box covers_label_place(int width, int height) {
	struct box place = {LABEL_MARGIN, (height - LABEL_HEIGHT) / 2, width - 2 * LABEL_MARGIN, LABEL_HEIGHT};
	if (place.y < 0) {
		place.y = 0;
		place.height = height;
	}
	if (place.width < LETTERS_MIN || place.height < LETTERS_MIN) {
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

void covers_label_draw(struct paint *paint, const struct covers_label *label) {
	double width = paint->width, middle = paint->height / 2.0;
	bool has_facts = paint->height >= FACTS_FROM_HEIGHT;
	double share = paint->height / (double)LABEL_HEIGHT;
	struct paint_text name = {
		.text = label->name, .size = LETTERS, .bold = true, .color = label->text_color, .align = TEXT_CENTER,
	};
	fit(paint->painter, &name, width, has_facts ? LETTERS * share : paint->height, LETTERS_MIN);
	paint_text(paint, &name, width / 2, has_facts ? middle - NAME_UP * share : middle);
	if (has_facts) {
		struct paint_text facts = {
			.text = label->facts, .size = FACTS_TEXT, .color = label->text_color, .align = TEXT_CENTER,
		};
		fit(paint->painter, &facts, width, FACTS_TEXT, FACTS_TEXT_MIN);
		paint_text(paint, &facts, width / 2, middle + FACTS_DOWN * share);
	}
}

/* ---- covers ---- */

static void add_rect(struct wlr_scene_tree *tree, const struct box *box, uint32_t color, float opacity) {
	float premultiplied[4];
	scene_color(color, opacity, premultiplied);
	struct wlr_scene_rect *rect = box_is_empty(box) ? NULL :
		wlr_scene_rect_create(tree, box->width, box->height, premultiplied);
	if (rect != NULL) {
		wlr_scene_node_set_position(&rect->node, box->x, box->y);
	}
}

static void add_outline(struct wlr_scene_tree *tree, const struct box *cover, uint32_t color) {
	int x = cover->x + OUTLINE_INSET, y = cover->y + OUTLINE_INSET, edge = OUTLINE_WIDTH;
	int width = cover->width - 2 * OUTLINE_INSET, height = cover->height - 2 * OUTLINE_INSET;
	const struct box edges[] = {
		{x, y, width, edge},
		{x, y + height - edge, width, edge},
		{x, y + edge, edge, height - 2 * edge},
		{x + width - edge, y + edge, edge, height - 2 * edge},
	};
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		add_rect(tree, &edges[i], color, 1);
	}
}

static void add_label(const struct covers *covers, const struct box *cover, const struct instance *instance) {
	const struct output *output = covers->output;
	struct box place = covers_label_place(cover->width, cover->height);
	place.x += cover->x;
	place.y += cover->y;
	struct paint paint;
	if (box_is_empty(&place) || !paint_begin(&paint, covers->painter, place.x - output->full.x,
			place.y - output->full.y, place.width, place.height, output->wlr->scale)) {
		return;
	}
	char facts[FACTS_SIZE];
	struct covers_label label = {
		.name = instance->shell ? "shell" : instance->name, .text_color = instance->text_color,
		.facts = facts_of(instance, facts, sizeof(facts)),
	};
	covers_label_draw(&paint, &label);
	struct wlr_scene_buffer *node = wlr_scene_buffer_create(covers->tree, NULL);
	if (node == NULL) {
		wlr_buffer_drop(paint_finish(&paint));
		return;
	}
	paint_show(&paint, node, false);
	wlr_scene_node_set_position(&node->node, place.x, place.y);
}

static void add_cover(const struct covers *covers, const struct window *window) {
	struct box box;
	if (!choices_visible_part(window, covers->output, &box)) {
		return;
	}
	const struct choice *choice = choices_of_window(covers->choices, window->id);
	add_rect(covers->tree, &box, window->instance->color, COVER_OPACITY);
	if (choice != NULL) {
		add_label(covers, &box, window->instance);
	}
	if (choice != NULL && choice == choices_selected(covers->choices)) {
		add_outline(covers->tree, &box, window->instance->text_color);
	}
}

enum height { HEIGHT_TILED, HEIGHT_FLOATING, HEIGHT_FULLSCREEN, HEIGHTS };

static enum height height_of(const struct window *window) {
	return window->fullscreen ? HEIGHT_FULLSCREEN : window->floating ? HEIGHT_FLOATING : HEIGHT_TILED;
}

static bool box_covers(const struct box *upper, const struct box *lower) {
	struct box both;
	return box_intersect(&both, upper, lower) && both.width == lower->width && both.height == lower->height;
}

/* A name that shines through another one's cover helps nobody: what is wholly below another is left out. */
static bool is_hidden(const struct workspace *workspace, const struct window *window) {
	bool above = true;
	const struct window *other;
	/* The latest focused is the highest of its kind. */
	wl_list_for_each(other, &workspace->focus_order, focus_link) {
		if (other == window) {
			above = false;
			continue;
		}
		bool higher = height_of(other) > height_of(window) || (height_of(other) == height_of(window) && above);
		if (higher && box_covers(&other->box, &window->box)) {
			return true;
		}
	}
	return false;
}

void covers_add(struct wlr_scene_tree *tree, struct painter *painter, struct desk *desk, struct output *output,
		const struct choices *choices) {
	const struct covers covers = {.tree = tree, .painter = painter, .output = output, .choices = choices};
	const struct workspace *workspace = desk_on_output(desk, output);
	if (workspace == NULL) {
		return;
	}
	const struct choice *choice = choices_selected(choices);
	const struct window *window, *top = NULL;
	for (enum height height = 0; height < HEIGHTS; height++) {
		wl_list_for_each_reverse(window, &workspace->focus_order, focus_link) {
			if (height_of(window) != height) {
				continue;
			}
			if (choice != NULL && choice->window == window->id) {
				top = window;
			} else if (!is_hidden(workspace, window)) {
				add_cover(&covers, window);
			}
		}
	}
	if (top != NULL) {
		add_cover(&covers, top);
	}
}
