#ifndef COMPOSITOR_PAINT_H
#define COMPOSITOR_PAINT_H

/* The compositor's own pixels: cairo and pango into a wlr_buffer. All text on screen goes through here. */

#include <cairo.h>
#include <pango/pangocairo.h>
#include <stdbool.h>
#include <stdint.h>
#include <wlr/types/wlr_buffer.h>

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

struct painter; /* fonts: one for the whole compositor */

struct painter *painter_create(const char *font_family);
void painter_destroy(struct painter *painter);
void painter_set_font(struct painter *painter, const char *font_family);

/*
 * A canvas of width × height logical pixels at this scale. Draw on paint->cairo in logical pixels, then
 * paint_finish() gives a wlr_buffer that the caller drops (NULL where there is no memory).
 */
struct paint {
	cairo_t *cairo;
	struct painter *painter;
	int width, height;
	double scale;
	struct paint_buffer *buffer;
};
bool paint_begin(struct paint *paint, struct painter *painter, int width, int height, double scale);
struct wlr_buffer *paint_finish(struct paint *paint);

void paint_rect(struct paint *paint, double x, double y, double width, double height, uint32_t color, double alpha);

struct paint_text {
	const char *text; /* valid UTF-8, shown as it is: never parsed as markup */
	double size;      /* logical px */
	bool bold, monospace;
	uint32_t color;
	double max_width; /* cut with an ellipsis; 0: no bound */
	enum { TEXT_LEFT, TEXT_CENTER, TEXT_RIGHT } align;
};
/* Width in logical px that the text would take. */
double paint_text_width(struct painter *painter, const struct paint_text *text);
/* x: left edge, centre or right edge by align; the line is centred on middle_y. Returns the width drawn. */
double paint_text(struct paint *paint, const struct paint_text *text, double x, double middle_y);

/* A filled tag with an instance's name, height px tall, centred on middle_y, its left edge at x. Returns its width. */
double paint_tag(struct paint *paint, const char *name, uint32_t color, uint32_t text_color, double x, double middle_y,
	double height);
double paint_tag_width(struct painter *painter, const char *name);

#endif
