#ifndef COMPOSITOR_OWNERS_VIEW_H
#define COMPOSITOR_OWNERS_VIEW_H

/* The pictures of the owners view, from plain descriptions: a window's cover, and the panel below them all. */

#include "compositor/instance.h"
#include "compositor/paint.h"
#include "policy/geometry.h"

#define OWNERS_FACTS_SIZE 640

/* "1 window, 1 popup · bubblewrap · nat · 214 MB", and what is amiss, into out (size bytes). Returns out. */
const char *owners_facts(const struct instance *instance, char *out, size_t size);

/* ---- a cover's name and facts ---- */

struct owners_label {
	const char *name, *facts;
	uint32_t text_color;
};
/* In what part of a cover of width × height the label is drawn, from the cover's corner; empty where it has no room. */
struct box owners_label_place(int width, int height);
/* On a canvas of that place's size. */
void owners_label_draw(struct paint *paint, const struct owners_label *label);

/* ---- the panel ---- */

struct owners_tag {
	const char *name;
	uint32_t color, text_color;
	bool selected;
};

struct owners_panel {
	const struct owners_tag *tags; /* of instances that have no window to be seen */
	size_t tags_len;
	const char *facts; /* of the selected one of them, or NULL */
	const char *keys;  /* what the keys do */
	bool warning;      /* they are about to do something that cannot be undone */
};

struct owners_panel_layout {
	int width, height;
	struct box *tags; /* tags_len, from the panel's corner; freed by owners_panel_finish() */
};
void owners_panel_lay_out(struct painter *painter, const struct owners_panel *panel, int max_width,
	struct owners_panel_layout *layout);
void owners_panel_finish(struct owners_panel_layout *layout);
void owners_panel_draw(struct paint *paint, const struct owners_panel *panel, const struct owners_panel_layout *layout);

#endif
