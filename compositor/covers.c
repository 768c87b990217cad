#include "compositor/covers.h"

#include <math.h>
#include <pixman.h>

#include "compositor/facts.h"

#define COVER_OPACITY 0.82f
#define OUTLINE_INSET 5
#define OUTLINE_WIDTH 3

#define LABEL_MARGIN 16  /* px on either side, clear of the selection's outline */
#define LABEL_WIDTH 480 /* more helps no name */
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
	const struct box *avoid; /* where no label is to be read, or NULL */
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

/* Where the label has the most room; several places are only there where others stand in front. */
static struct box best_rect(const pixman_region32_t *seen) {
	int len;
	const pixman_box32_t *rects = pixman_region32_rectangles(seen, &len);
	struct box best = {0};
	int64_t most = -1;
	for (int i = 0; i < len; i++) {
		struct box box = {rects[i].x1, rects[i].y1, rects[i].x2 - rects[i].x1, rects[i].y2 - rects[i].y1};
		int width = box.width < LABEL_WIDTH ? box.width : LABEL_WIDTH;
		int height = box.height < LABEL_HEIGHT ? box.height : LABEL_HEIGHT;
		if ((int64_t)width * height > most) {
			most = (int64_t)width * height;
			best = box;
		}
	}
	return best;
}

static struct box best_place(const struct covers *covers, pixman_region32_t *seen) {
	struct box best = best_rect(seen);
	struct box label = covers_label_place(best.width, best.height);
	label.x += best.x;
	label.y += best.y;
	if (covers->avoid == NULL || !box_intersect(&label, &label, covers->avoid)) {
		return best;
	}
	const struct box *avoid = covers->avoid;
	pixman_region32_t rest;
	pixman_region32_init_rect(&rest, avoid->x, avoid->y, (unsigned)avoid->width, (unsigned)avoid->height);
	pixman_region32_subtract(&rest, seen, &rest);
	if (pixman_region32_not_empty(&rest)) {
		best = best_rect(&rest);
	}
	pixman_region32_fini(&rest);
	return best;
}

/* Its colour where it is to be seen and nowhere else, so that no name shines through another one's cover. */
static void add_cover(const struct covers *covers, const struct window *window, pixman_region32_t *taken) {
	struct box box;
	if (!choices_visible_part(window, covers->output, &box)) {
		return;
	}
	pixman_region32_t seen;
	pixman_region32_init_rect(&seen, box.x, box.y, (unsigned)box.width, (unsigned)box.height);
	pixman_region32_subtract(&seen, &seen, taken);
	int len;
	const pixman_box32_t *rects = pixman_region32_rectangles(&seen, &len);
	for (int i = 0; i < len; i++) {
		struct box rect = {rects[i].x1, rects[i].y1, rects[i].x2 - rects[i].x1, rects[i].y2 - rects[i].y1};
		add_rect(covers->tree, &rect, window->instance->color, COVER_OPACITY);
	}
	const struct choice *choice = choices_of_window(covers->choices, window->id);
	if (choice != NULL && len > 0) {
		struct box place = best_place(covers, &seen);
		add_label(covers, &place, window->instance);
	}
	if (choice != NULL && choice == choices_selected(covers->choices)) {
		add_outline(covers->tree, &box, window->instance->text_color);
	}
	pixman_region32_union_rect(taken, taken, box.x, box.y, (unsigned)box.width, (unsigned)box.height);
	pixman_region32_fini(&seen);
}

/* ---- who stands before whom ---- */

enum height { HEIGHT_TILED, HEIGHT_FLOATING, HEIGHT_FULLSCREEN, HEIGHTS };

static enum height height_of(const struct window *window) {
	const struct window *over = window;
	/* A dialog of a fullscreen window is as high as that. */
	while (over != NULL && !over->fullscreen) {
		over = window->floating ? window_get_parent(over) : NULL;
	}
	return over != NULL ? HEIGHT_FULLSCREEN : window->floating ? HEIGHT_FLOATING : HEIGHT_TILED;
}

static void add_workspace(const struct covers *covers, const struct workspace *workspace, enum height height,
		pixman_region32_t *taken) {
	const struct choice *selected = choices_selected(covers->choices);
	const struct window *window;
	/* The latest focused is the highest of its kind. */
	wl_list_for_each(window, &workspace->focus_order, focus_link) {
		bool is_selected = selected != NULL && selected->window == window->id;
		if (height_of(window) == height && !is_selected) {
			add_cover(covers, window, taken);
		}
	}
}

static void add_selected(const struct covers *covers, const struct desk *desk, pixman_region32_t *taken) {
	const struct choice *selected = choices_selected(covers->choices);
	for (int i = 0; i < WORKSPACES && selected != NULL; i++) {
		const struct window *window;
		wl_list_for_each(window, &desk->workspaces[i].windows, workspace_link) {
			if (window->id == selected->window) {
				add_cover(covers, window, taken);
			}
		}
	}
}

void covers_add(struct wlr_scene_tree *tree, struct painter *painter, struct desk *desk, struct output *output,
		const struct choices *choices, const struct box *avoid) {
	const struct covers covers = {
		.tree = tree, .painter = painter, .output = output, .choices = choices, .avoid = avoid,
	};
	/* From the top down: what is taken already is not to be seen of those below. */
	pixman_region32_t taken;
	pixman_region32_init(&taken);
	add_selected(&covers, desk, &taken);
	for (int height = HEIGHTS - 1; height >= 0; height--) {
		/* One that reaches over from another output's workspace stands behind this output's own. */
		const struct workspace *own = desk_on_output(desk, output);
		if (own != NULL) {
			add_workspace(&covers, own, (enum height)height, &taken);
		}
		for (int i = 0; i < WORKSPACES; i++) {
			if (&desk->workspaces[i] != own && desk->workspaces[i].output != NULL) {
				add_workspace(&covers, &desk->workspaces[i], (enum height)height, &taken);
			}
		}
	}
	pixman_region32_fini(&taken);
}
