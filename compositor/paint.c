#include "compositor/paint.h"

#include <drm_fourcc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/interfaces/wlr_buffer.h>

#include "base/log.h"
#include "base/memory.h"

/* Longer text is cut before it is laid out: no label has that much room, and layout takes time. */
#define TEXT_BYTES_MAX 1024
#define TAG_PADDING 10
#define TAG_EDGE 1
/* fontconfig knows what the system's own windows are written in. */
#define SYSTEM_FAMILY "system-ui,Cantarell,sans-serif"
#define MONOSPACE_FAMILY "monospace"
#define TEXT_REACH 0.8 /* of the size, from the middle of the capitals up and down */

enum face { FACE_REGULAR, FACE_BOLD, FACE_MONOSPACE, FACE_MONOSPACE_BOLD, FACES };

struct painter {
	PangoFontMap *map;
	PangoContext *context; /* to measure in, at scale 1 */
	char *family;
	double capitals[FACES]; /* their height in parts of the size; 0: not measured yet */
	struct wl_signal changed;
};

/* ---- fonts ---- */

static enum face face_of(const struct paint_text *text) {
	return (text->monospace ? FACE_MONOSPACE : FACE_REGULAR) + (text->bold ? 1 : 0);
}

/* No hinting sideways: letters keep their distances, and a width is the same at every scale. */
static void set_font_options(PangoContext *context) {
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	cairo_font_options_destroy(options);
	pango_context_set_round_glyph_positions(context, false);
	pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
}

struct painter *painter_create(const char *font_family) {
	struct painter *painter = xcalloc(1, sizeof(*painter));
	wl_signal_init(&painter->changed);
	painter->map = pango_cairo_font_map_new();
	if (painter->map == NULL) {
		free(painter);
		return NULL;
	}
	painter->context = pango_font_map_create_context(painter->map);
	set_font_options(painter->context);
	painter_set_font(painter, font_family);
	return painter;
}

void painter_destroy(struct painter *painter) {
	if (painter == NULL) {
		return;
	}
	g_object_unref(painter->context);
	g_object_unref(painter->map);
	free(painter->family);
	free(painter);
}

void painter_set_font(struct painter *painter, const char *font_family) {
	char *family = font_family[0] != '\0' ? xasprintf("%s," SYSTEM_FAMILY, font_family) : xstrdup(SYSTEM_FAMILY);
	bool same = painter->family != NULL && strcmp(painter->family, family) == 0;
	free(painter->family);
	painter->family = family;
	if (!same) {
		memset(painter->capitals, 0, sizeof(painter->capitals));
		wl_signal_emit_mutable(&painter->changed, NULL);
	}
}

struct wl_signal *painter_get_changed(struct painter *painter) {
	return &painter->changed;
}

static PangoLayout *lay_out(struct painter *painter, PangoContext *context, const struct paint_text *text) {
	PangoFontDescription *font = pango_font_description_new();
	pango_font_description_set_family(font, text->monospace ? MONOSPACE_FAMILY : painter->family);
	pango_font_description_set_weight(font, text->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_font_description_set_absolute_size(font, text->size * PANGO_SCALE);
	char shown[TEXT_BYTES_MAX];
	copy_string(shown, sizeof(shown), text->text != NULL ? text->text : "");

	PangoLayout *layout = pango_layout_new(context);
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);
	pango_layout_set_single_paragraph_mode(layout, true);
	/* Else letters written from right to left would make the line begin at its other end. */
	pango_layout_set_auto_dir(layout, false);
	pango_layout_set_text(layout, shown, -1);
	if (text->max_width > 0) {
		pango_layout_set_width(layout, (int)(fmin(text->max_width, PAINT_SIZE_MAX) * PANGO_SCALE));
		pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	}
	return layout;
}

static double layout_width(PangoLayout *layout) {
	PangoRectangle logical;
	pango_layout_line_get_extents(pango_layout_get_line_readonly(layout, 0), NULL, &logical);
	return (double)logical.width / PANGO_SCALE;
}

/* Labels look centred where their capitals are, not where the font keeps room for accents and tails. */
static double capital_height(struct painter *painter, const struct paint_text *text) {
	double *capital = &painter->capitals[face_of(text)];
	if (*capital == 0) {
		struct paint_text sample = {.text = "H", .size = 100, .bold = text->bold, .monospace = text->monospace};
		PangoLayout *layout = lay_out(painter, painter->context, &sample);
		PangoRectangle ink;
		pango_layout_line_get_extents(pango_layout_get_line_readonly(layout, 0), &ink, NULL);
		g_object_unref(layout);
		double height = -(double)ink.y / PANGO_SCALE / 100;
		*capital = height > 0.3 && height < 1 ? height : 0.7;
	}
	return *capital * text->size;
}

double paint_text_width(struct painter *painter, const struct paint_text *text) {
	PangoLayout *layout = lay_out(painter, painter->context, text);
	double width = ceil(layout_width(layout));
	g_object_unref(layout);
	return width;
}

#ifdef __SANITIZE_ADDRESS__
/*
 * What the search for leaks shall not report. fontconfig holds the parts of its patterns by their distance, where the
 * search follows pointers only. Not in a file, since the confined compositor could not read it.
 */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
	return "leak:libfontconfig.so\n";
}
#endif

/* ---- buffers ---- */

struct paint_buffer {
	struct wlr_buffer base;
	cairo_surface_t *surface;
};

static void buffer_destroy(struct wlr_buffer *wlr_buffer) {
	struct paint_buffer *buffer = wl_container_of(wlr_buffer, buffer, base);
	wlr_buffer_finish(wlr_buffer);
	cairo_surface_destroy(buffer->surface);
	free(buffer);
}

static bool buffer_begin_access(struct wlr_buffer *wlr_buffer, uint32_t flags, void **data, uint32_t *format,
		size_t *stride) {
	struct paint_buffer *buffer = wl_container_of(wlr_buffer, buffer, base);
	if (flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE) {
		return false;
	}
	*data = cairo_image_surface_get_data(buffer->surface);
	*stride = (size_t)cairo_image_surface_get_stride(buffer->surface);
	/* cairo counts in words of the machine, DRM in bytes from the lowest. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	*format = DRM_FORMAT_ARGB8888;
#else
	*format = DRM_FORMAT_BGRA8888;
#endif
	return true;
}

static void buffer_end_access(struct wlr_buffer *wlr_buffer) {
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = buffer_destroy,
	.begin_data_ptr_access = buffer_begin_access,
	.end_data_ptr_access = buffer_end_access,
};

int paint_pixels(int position, int extent, double scale) {
	return (int)(round(((double)position + extent) * scale) - round(position * scale));
}

bool paint_begin(struct paint *paint, struct painter *painter, int x, int y, int width, int height, double scale) {
	*paint = (struct paint){.painter = painter, .width = width, .height = height, .scale = scale > 0 ? scale : 1};
	if (width <= 0 || height <= 0 || width > PAINT_SIZE_MAX || height > PAINT_SIZE_MAX) {
		return false;
	}
	int columns = paint_pixels(x, width, paint->scale), rows = paint_pixels(y, height, paint->scale);
	if (columns <= 0 || rows <= 0 || columns > PAINT_SIZE_MAX || rows > PAINT_SIZE_MAX) {
		return false;
	}
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, columns, rows);
	if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
		cairo_surface_destroy(surface);
		log_error("out of memory for a picture of %d by %d", columns, rows);
		return false;
	}
	paint->buffer = xcalloc(1, sizeof(*paint->buffer));
	paint->buffer->surface = surface;
	wlr_buffer_init(&paint->buffer->base, &buffer_impl, columns, rows);
	paint->cairo = cairo_create(surface);
	cairo_scale(paint->cairo, paint->scale, paint->scale);
	return true;
}

struct wlr_buffer *paint_finish(struct paint *paint) {
	struct paint_buffer *buffer = paint->buffer;
	bool ok = cairo_status(paint->cairo) == CAIRO_STATUS_SUCCESS;
	cairo_destroy(paint->cairo);
	cairo_surface_flush(buffer->surface);
	*paint = (struct paint){0};
	if (!ok) {
		wlr_buffer_drop(&buffer->base);
		return NULL;
	}
	return &buffer->base;
}

void paint_show(struct paint *paint, struct wlr_scene_buffer *node, bool opaque) {
	int width = paint->width, height = paint->height;
	struct wlr_buffer *buffer = paint_finish(paint);
	wlr_scene_buffer_set_dest_size(node, width, height);
	pixman_region32_t region;
	pixman_region32_init_rect(&region, 0, 0, opaque ? (unsigned)width : 0, opaque ? (unsigned)height : 0);
	wlr_scene_buffer_set_opaque_region(node, &region);
	pixman_region32_fini(&region);
	wlr_scene_buffer_set_buffer(node, buffer);
	if (buffer != NULL) {
		wlr_buffer_drop(buffer);
	}
}

/* ---- shapes ---- */

static void set_color(struct paint *paint, uint32_t color, double alpha) {
	cairo_set_source_rgba(paint->cairo, (color >> 16 & 0xff) / 255.0, (color >> 8 & 0xff) / 255.0,
		(color & 0xff) / 255.0, alpha);
}

/* To the nearest physical pixel; the canvas's own end stays its end, however that was rounded. */
static double snap(double at, double end, double scale) {
	return at >= end ? end + 1 : round(at * scale) / scale;
}

void paint_rect(struct paint *paint, double x, double y, double width, double height, uint32_t color, double alpha) {
	double left = snap(x, paint->width, paint->scale), right = snap(x + width, paint->width, paint->scale);
	double top = snap(y, paint->height, paint->scale), bottom = snap(y + height, paint->height, paint->scale);
	set_color(paint, color, alpha);
	cairo_rectangle(paint->cairo, left, top, right - left, bottom - top);
	cairo_fill(paint->cairo);
}

void paint_outline(
		struct paint *paint, double x, double y, double width, double height, double thickness, uint32_t color) {
	paint_rect(paint, x, y, width, thickness, color, 1);
	paint_rect(paint, x, y + height - thickness, width, thickness, color, 1);
	paint_rect(paint, x, y + thickness, thickness, height - 2 * thickness, color, 1);
	paint_rect(paint, x + width - thickness, y + thickness, thickness, height - 2 * thickness, color, 1);
}

/* ---- text ---- */

double paint_text(struct paint *paint, const struct paint_text *text, double x, double middle_y) {
	struct painter *painter = paint->painter;
	PangoContext *context = pango_font_map_create_context(painter->map);
	set_font_options(context);
	pango_cairo_update_context(paint->cairo, context);
	PangoLayout *layout = lay_out(painter, context, text);
	double width = layout_width(layout);
	double left = text->align == TEXT_CENTER ? x - width / 2 : text->align == TEXT_RIGHT ? x - width : x;
	double baseline = middle_y + capital_height(painter, text) / 2;

	cairo_save(paint->cairo);
	cairo_rectangle(paint->cairo, left - 1, middle_y - text->size * TEXT_REACH, width + 2, 2 * text->size * TEXT_REACH);
	cairo_clip(paint->cairo);
	set_color(paint, text->color, 1);
	cairo_move_to(paint->cairo, round(left * paint->scale) / paint->scale,
		round(baseline * paint->scale) / paint->scale);
	pango_cairo_show_layout_line(paint->cairo, pango_layout_get_line_readonly(layout, 0));
	cairo_restore(paint->cairo);
	g_object_unref(layout);
	g_object_unref(context);
	return width;
}

/* ---- tags ---- */

static struct paint_text tag_text(const char *name) {
	return (struct paint_text){.text = name, .size = TEXT_SIZE, .bold = true, .align = TEXT_CENTER};
}

double paint_tag_width(struct painter *painter, const char *name) {
	struct paint_text text = tag_text(name);
	return paint_text_width(painter, &text) + 2 * TAG_PADDING;
}

double paint_tag(struct paint *paint, const struct paint_tag *tag, double x, double middle_y) {
	double width = paint_tag_width(paint->painter, tag->name);
	double top = middle_y - tag->height / 2;
	struct paint_text text = tag_text(tag->name);
	if (tag->max_width > 0 && width > tag->max_width) {
		width = tag->max_width;
		text.max_width = fmax(width - 2 * TAG_PADDING, 1);
	}
	if (tag->outlined) {
		paint_outline(paint, x, top, width, tag->height, TAG_EDGE, tag->color);
		text.color = COLOR_TEXT_DIM;
	} else {
		paint_rect(paint, x, top, width, tag->height, tag->color, 1);
		text.color = tag->text_color;
	}
	paint_text(paint, &text, x + width / 2, middle_y);
	return width;
}
