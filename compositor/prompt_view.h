#ifndef COMPOSITOR_PROMPT_VIEW_H
#define COMPOSITOR_PROMPT_VIEW_H

/* The picture of a prompt, from a plain description, and where its buttons are. */

#include "compositor/paint.h"
#include "policy/geometry.h"
#include "wire/session.h"

#define PROMPT_TEXT_SIZE 256

struct prompt_tag {
	char name[SESSION_NAME_SIZE];
	uint32_t color, text_color;
};

struct prompt_view {
	char question[PROMPT_TEXT_SIZE]; /* "Give to bank?" */
	struct prompt_tag source, destination;
	char facts[PROMPT_TEXT_SIZE];    /* "text · 42 B" */
	char **lines;                    /* of the preview; none where there is none */
	size_t lines_len;
	char remark[PROMPT_TEXT_SIZE];   /* below the preview: "1 line, no hidden characters" */
	bool warning;                    /* the remark is one */
	const char *yes, *no;            /* what Enter and Escape do, in a word */
	bool ready;                      /* it takes an answer now */
	char wait[PROMPT_TEXT_SIZE];     /* what has to happen before that: "in 0.6 s" */
};

/* In logical px from the picture's left upper corner. */
struct prompt_layout {
	int width, height;
	struct box yes, no;
	int preview_height;
	size_t lines_len; /* that have room */
};

/*
 * The picture is no wider than this, and no higher where the preview can be cut for it: lines that have no room are
 * cut, or left out, which the remark then says.
 */
void prompt_view_lay_out(struct painter *painter, const struct prompt_view *view, int max_width, int max_height,
	struct prompt_layout *layout);
void prompt_view_draw(struct paint *paint, const struct prompt_view *view, const struct prompt_layout *layout);

#endif
