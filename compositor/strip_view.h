#ifndef COMPOSITOR_STRIP_VIEW_H
#define COMPOSITOR_STRIP_VIEW_H

/* The picture of one output's strip, from a plain description: no window, no seat, no scene. */

#include "compositor/desk.h"
#include "compositor/paint.h"
#include "policy/label.h"

struct strip_tag {
	char name[SESSION_NAME_SIZE]; /* "": none */
	uint32_t color, text_color;
};

enum strip_middle {
	STRIP_FOCUS,    /* whose keys are, and the title */
	STRIP_NOTICE,
	STRIP_WARNING,
	STRIP_QUESTION, /* a prompt announces itself */
};

/* Cleared with memset() before it is filled: two views are compared as bytes. */
struct strip_view {
	int width; /* logical px */
	double scale;
	bool has_keys; /* what is typed goes to the one named here, and it is on this output */
	struct {
		bool listed, current, urgent; /* current: this output shows it */
	} workspaces[WORKSPACES];
	enum strip_middle middle;
	struct strip_tag tag;   /* who has the keys, else whose window is to be seen: in every case but where we ask */
	struct strip_tag about; /* whom a notice is about, where that is another */
	char text[LABEL_SIZE];
	struct strip_tag source; /* of what the clipboard holds */
	char held[96]; /* "text · 42 B" */
	char left[32]; /* "58 s", or "" */
	char layout[16];
	char time[8];
};

/* Where things are, in logical px from the left end. */
struct strip_layout {
	struct {
		int number;
		double x;
	} cells[WORKSPACES];
	size_t cells_len;
	double middle_left, middle_right;
	bool has_text;
	double word_x, source_x, source_width, held_x, layout_x, time_x; /* below 0: no room for it */
	char held[160]; /* as much of it as there is room for */
};

/*
 * What there is no room for is left out in order of need: the names of who has the keys and of whose clipboard it is
 * stay.
 */
void strip_view_lay_out(struct painter *painter, const struct strip_view *view, struct strip_layout *layout);
void strip_view_draw(struct paint *paint, const struct strip_view *view, const struct strip_layout *layout);
/* The number of the workspace at x, or 0. */
int strip_view_workspace_at(const struct strip_layout *layout, double x);

#endif
