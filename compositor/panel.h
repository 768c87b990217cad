#ifndef COMPOSITOR_PANEL_H
#define COMPOSITOR_PANEL_H

/* The owners view's panel: instances that have no window to be seen, and what the keys do. From a plain description. */

#include "compositor/paint.h"
#include "policy/geometry.h"

struct panel_tag {
	const char *name;
	uint32_t color, text_color;
	bool selected;
	bool outlined; /* nothing runs there */
};

struct panel {
	const struct panel_tag *tags; /* of instances that have no window to be seen */
	size_t tags_len;
	const char *facts; /* of the selected one of them, or NULL */
	const char *keys;  /* what the keys do */
	bool warning;      /* they are about to do something that cannot be undone */
};

struct panel_layout {
	int width, height;
	struct box *tags; /* tags_len, from the panel's corner; freed by panel_finish() */
};

void panel_lay_out(
	struct painter *painter, const struct panel *panel, int max_width, struct panel_layout *layout);
void panel_finish(struct panel_layout *layout);
void panel_draw(struct paint *paint, const struct panel *panel, const struct panel_layout *layout);

#endif
