#ifndef COMPOSITOR_PAINT_H
#define COMPOSITOR_PAINT_H

/*
 * The compositor's own pixels: cairo and pango into a wlr_buffer. All text on screen goes through here. Text is
 * shown as it is, one line, in a layout of its own whose base direction is left to right: no label, whatever its
 * letters, moves or joins with what stands beside it.
 */

#include <cairo.h>
#include <pango/pangocairo.h>
#include <stdbool.h>
#include <stdint.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_scene.h>

/* The picture's colours, 0xRRGGBB: see ARCHITECTURE.md and the man page. */
#define COLOR_DESKTOP 0x0f1115
#define COLOR_STRIP 0x16181d
#define COLOR_BAND 0x1a1c21
#define COLOR_BAND_FOCUSED 0x23262d
#define COLOR_SELECTED 0x33373f
#define COLOR_TEXT 0xe8eaee
#define COLOR_TEXT_DIM 0x8d939f
#define COLOR_PROMPT 0x1b1e24
#define COLOR_PROMPT_EDGE 0x3a3f49
#define COLOR_PREVIEW 0x111317
#define COLOR_WARNING 0xffd166

/* Sizes of text, logical px. */
#define TEXT_SIZE 13
#define TEXT_SIZE_SMALL 12

#define PAINT_SIZE_MAX 32767 /* physical px of either side of a canvas: cairo has no more */

/* ---- the fonts: one painter for the whole compositor ---- */

struct painter;

/* font_family: a fontconfig family; "" for the system's UI font. */
struct painter *painter_create(const char *font_family);
void painter_destroy(struct painter *painter);
/* Everything drawn before is drawn anew by whoever listens. */
void painter_set_font(struct painter *painter, const char *font_family);
/* Emitted, without data, when the font has changed. */
struct wl_signal *painter_get_changed(struct painter *painter);

/* ---- a canvas ---- */

/*
 * Draw on paint->cairo in logical pixels, then paint_finish() or paint_show(). What is drawn over the edges is cut.
 */
struct paint {
	cairo_t *cairo;
	struct painter *painter;
	int width, height; /* logical px */
	double scale;
	struct paint_buffer *buffer;
};

/*
 * A transparent canvas of width × height logical pixels, its left upper corner at x, y from that of the output on
 * which it will be shown: at a fractional scale the number of physical pixels that it covers depends on that.
 * Returns false, with nothing to finish, where a side is 0 or less or over PAINT_SIZE_MAX, or without memory.
 */
bool paint_begin(struct paint *paint, struct painter *painter, int x, int y, int width, int height, double scale);
/* The picture, for the caller to drop; NULL without memory. */
struct wlr_buffer *paint_finish(struct paint *paint);
/* Finishes, and puts the picture into this node, in its logical size. opaque: every pixel has been painted. */
void paint_show(struct paint *paint, struct wlr_scene_buffer *node, bool opaque);

/* How many physical pixels a box of this extent has at this place on its output, as the scene rounds it. */
int paint_pixels(int position, int extent, double scale);

/* Its edges fall on whole physical pixels. */
void paint_rect(struct paint *paint, double x, double y, double width, double height, uint32_t color, double alpha);
/* The inner edge of a rectangle. */
void paint_outline(
	struct paint *paint, double x, double y, double width, double height, double thickness, uint32_t color);

/* ---- text ---- */

struct paint_text {
	const char *text; /* valid UTF-8, shown as it is: never parsed as markup */
	double size;      /* logical px */
	bool bold, monospace;
	uint32_t color;
	double max_width; /* cut with an ellipsis; 0: no bound */
	enum { TEXT_LEFT, TEXT_CENTER, TEXT_RIGHT } align;
};
/* Width in logical px that the text would take, rounded up; the same at every scale. */
double paint_text_width(struct painter *painter, const struct paint_text *text);
/*
 * x: left edge, centre or right edge by align; its capital letters are centred on middle_y. Nothing of it is drawn
 * farther from there than 0.8 of its size, whatever marks its letters carry. Returns the width drawn.
 */
double paint_text(struct paint *paint, const struct paint_text *text, double x, double middle_y);

/* ---- tags: an instance's name on its colour ---- */

struct paint_tag {
	const char *name;
	uint32_t color, text_color;
	double height;
	double max_width; /* the name is cut with an ellipsis; 0: no bound */
	bool outlined;    /* only an edge of the colour: it is named here, but does not have the keys */
};
/* Centred on middle_y, its left edge at x. Returns its width. */
double paint_tag(struct paint *paint, const struct paint_tag *tag, double x, double middle_y);
double paint_tag_width(struct painter *painter, const char *name);

#endif
