#include "compositor/record.h"

#include <pixman.h>
#include <stdlib.h>
#include <wlr/render/interface.h>
#include <wlr/types/wlr_buffer.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/cut.h"

struct recorder {
	struct wlr_renderer base;
	struct wlr_renderer *real;
	struct wl_list textures; // texture.link
	bool is_recording;
	struct recording *recording; /* of the pass that has begun since; or NULL */
};

/* The real one goes when neither its owner nor a recording holds it. */
struct texture {
	struct wlr_texture base;
	struct wlr_texture *real;
	int holders;
	struct wl_list link; // recorder.textures
};

/* A rectangle, or a texture. */
struct operation {
	struct texture *texture; /* NULL: a rectangle */
	union {
		struct wlr_render_rect_options rect;
		struct wlr_render_texture_options from; /* its pointers are not the ones below, nor kept */
	} options;
	float alpha;
	pixman_region32_t clip; /* what of the target it covers; not empty */
	struct cut cut;         /* what of that is painted */
};

struct recording {
	struct wlr_render_pass base;
	struct recorder *recorder;
	struct wlr_buffer *target;
	struct operation *operations;
	size_t len, capacity;
	size_t painted; /* operations */
};

/* A pass that is painted at once. */
struct through {
	struct wlr_render_pass base;
	struct wlr_render_pass *real;
};

/* ---- textures ---- */

static void texture_unref(struct texture *texture) {
	if (--texture->holders == 0) {
		wl_list_remove(&texture->link);
		wlr_texture_destroy(texture->real);
		free(texture);
	}
}

static struct texture *texture_of(struct wlr_texture *base) {
	return wl_container_of(base, (struct texture *)NULL, base);
}

static bool texture_read_pixels(struct wlr_texture *base, const struct wlr_texture_read_pixels_options *options) {
	return wlr_texture_read_pixels(texture_of(base)->real, options);
}

static uint32_t texture_preferred_read_format(struct wlr_texture *base) {
	return wlr_texture_preferred_read_format(texture_of(base)->real);
}

static void texture_destroy(struct wlr_texture *base) {
	texture_unref(texture_of(base));
}

/* No update_from_buffer: pixman's textures are the clients' own memory, and nothing is copied into them. */
static const struct wlr_texture_impl texture_impl = {
	.read_pixels = texture_read_pixels,
	.preferred_read_format = texture_preferred_read_format,
	.destroy = texture_destroy,
};

static struct wlr_texture *texture_from_buffer(struct wlr_renderer *base, struct wlr_buffer *buffer) {
	struct recorder *recorder = wl_container_of(base, recorder, base);
	struct wlr_texture *real = wlr_texture_from_buffer(recorder->real, buffer);
	if (real == NULL) {
		return NULL;
	}
	struct texture *texture = xcalloc(1, sizeof(*texture));
	wlr_texture_init(&texture->base, base, &texture_impl, real->width, real->height);
	texture->real = real;
	texture->holders = 1;
	wl_list_insert(&recorder->textures, &texture->link);
	return &texture->base;
}

/* ---- passes that are painted at once ---- */

static bool through_submit(struct wlr_render_pass *base) {
	struct through *through = wl_container_of(base, through, base);
	bool ok = wlr_render_pass_submit(through->real);
	free(through);
	return ok;
}

static void through_add_texture(struct wlr_render_pass *base, const struct wlr_render_texture_options *options) {
	struct through *through = wl_container_of(base, through, base);
	struct wlr_render_texture_options real = *options;
	real.texture = texture_of(options->texture)->real;
	wlr_render_pass_add_texture(through->real, &real);
}

static void through_add_rect(struct wlr_render_pass *base, const struct wlr_render_rect_options *options) {
	struct through *through = wl_container_of(base, through, base);
	wlr_render_pass_add_rect(through->real, options);
}

static const struct wlr_render_pass_impl through_impl = {
	.submit = through_submit, .add_texture = through_add_texture, .add_rect = through_add_rect,
};

static struct wlr_render_pass *begin_through(struct recorder *recorder, struct wlr_buffer *buffer,
		const struct wlr_buffer_pass_options *options) {
	struct wlr_render_pass *real = wlr_renderer_begin_buffer_pass(recorder->real, buffer, options);
	if (real == NULL) {
		return NULL;
	}
	struct through *through = xcalloc(1, sizeof(*through));
	wlr_render_pass_init(&through->base, &through_impl);
	through->real = real;
	return &through->base;
}

/* ---- recording ---- */

static int clamp(int64_t value, int most) {
	return value < 0 ? 0 : value > most ? most : (int)value;
}

/* NULL where nothing of it would be seen. The box is a client's word: its far corner may be beyond every integer. */
static struct operation *add_operation(struct recording *recording, const struct wlr_box *box,
		const pixman_region32_t *clip) {
	int x1 = clamp(box->x, recording->target->width), y1 = clamp(box->y, recording->target->height);
	int x2 = clamp((int64_t)box->x + box->width, recording->target->width);
	int y2 = clamp((int64_t)box->y + box->height, recording->target->height);
	pixman_region32_t covered;
	pixman_region32_init_rect(&covered, x1, y1, (unsigned)(x2 - x1), (unsigned)(y2 - y1));
	if (clip != NULL && !pixman_region32_intersect(&covered, &covered, clip)) {
		log_error("out of memory for what a picture consists of");
		abort();
	}
	if (pixman_region32_empty(&covered)) {
		pixman_region32_fini(&covered);
		return NULL;
	}
	if (recording->len == recording->capacity) {
		recording->capacity = recording->capacity > 0 ? recording->capacity * 2 : 16;
		recording->operations =
			xrealloc_array(recording->operations, recording->capacity, sizeof(recording->operations[0]));
	}
	struct operation *operation = &recording->operations[recording->len++];
	*operation = (struct operation){.clip = covered};
	return operation;
}

static void record_texture(struct wlr_render_pass *base, const struct wlr_render_texture_options *options) {
	struct recording *recording = wl_container_of(base, recording, base);
	struct wlr_box box;
	wlr_render_texture_options_get_dst_box(options, &box);
	struct operation *operation = add_operation(recording, &box, options->clip);
	if (operation == NULL) {
		return;
	}
	operation->texture = texture_of(options->texture);
	operation->texture->holders++;
	operation->alpha = wlr_render_texture_options_get_alpha(options);
	/* The rest is for colour spaces and timelines, which the real renderer has not. */
	operation->options.from = (struct wlr_render_texture_options){
		.texture = operation->texture->real, .src_box = options->src_box, .dst_box = box,
		.transform = options->transform, .filter_mode = options->filter_mode, .blend_mode = options->blend_mode,
	};
}

static void record_rect(struct wlr_render_pass *base, const struct wlr_render_rect_options *options) {
	struct recording *recording = wl_container_of(base, recording, base);
	struct wlr_box box;
	wlr_render_rect_options_get_box(options, recording->target, &box);
	struct operation *operation = add_operation(recording, &box, options->clip);
	if (operation != NULL) {
		operation->options.rect = (struct wlr_render_rect_options){
			.box = box, .color = options->color, .blend_mode = options->blend_mode,
		};
	}
}

/* The pass is over; what it recorded is not. */
static bool record_submit(struct wlr_render_pass *base) {
	return true;
}

static const struct wlr_render_pass_impl recording_impl = {
	.submit = record_submit, .add_texture = record_texture, .add_rect = record_rect,
};

static struct wlr_render_pass *begin_recording(struct recorder *recorder, struct wlr_buffer *buffer) {
	struct wlr_render_pass *trial = wlr_renderer_begin_buffer_pass(recorder->real, buffer, NULL);
	if (trial == NULL || !wlr_render_pass_submit(trial)) {
		return NULL; /* it cannot be painted on: to be said now */
	}
	struct recording *recording = recorder->recording = xcalloc(1, sizeof(*recording));
	wlr_render_pass_init(&recording->base, &recording_impl);
	recording->recorder = recorder;
	recording->target = wlr_buffer_lock(buffer);
	return &recording->base;
}

void recorder_begin(struct recorder *recorder) {
	recorder->is_recording = true;
}

struct recording *recorder_end(struct recorder *recorder) {
	struct recording *recording = recorder->recording;
	recorder->recording = NULL;
	recorder->is_recording = false;
	return recording;
}

/* ---- painting ---- */

size_t recording_count_left(const struct recording *recording) {
	return recording->len - recording->painted;
}

static void paint_piece(struct wlr_render_pass *pass, const struct operation *operation, const pixman_region32_t *piece) {
	if (operation->texture == NULL) {
		struct wlr_render_rect_options options = operation->options.rect;
		options.clip = piece;
		wlr_render_pass_add_rect(pass, &options);
	} else {
		struct wlr_render_texture_options options = operation->options.from;
		options.clip = piece;
		options.alpha = &operation->alpha;
		wlr_render_pass_add_texture(pass, &options);
	}
}

/* Each piece is a pass of its own: no buffer is accessed, and nothing guarded against its shrinking, in between. */
bool recording_paint(struct recording *recording, int64_t pixels) {
	if (recording->painted == recording->len) {
		return true;
	}
	struct wlr_render_pass *pass = wlr_renderer_begin_buffer_pass(recording->recorder->real, recording->target, NULL);
	if (pass == NULL) {
		return false;
	}
	struct operation *operation = &recording->operations[recording->painted];
	pixman_region32_t piece;
	pixman_region32_init(&piece);
	cut_next(&operation->cut, &operation->clip, pixels, &piece);
	paint_piece(pass, operation, &piece);
	pixman_region32_fini(&piece);
	recording->painted += cut_is_whole(&operation->cut, &operation->clip);
	return wlr_render_pass_submit(pass);
}

void recording_destroy(struct recording *recording) {
	if (recording == NULL) {
		return;
	}
	for (size_t i = 0; i < recording->len; i++) {
		struct operation *operation = &recording->operations[i];
		if (operation->texture != NULL) {
			texture_unref(operation->texture);
		}
		pixman_region32_fini(&operation->clip);
	}
	wlr_buffer_unlock(recording->target);
	free(recording->operations);
	free(recording);
}

/* ---- the renderer ---- */

static const struct wlr_drm_format_set *get_texture_formats(struct wlr_renderer *base, uint32_t buffer_caps) {
	struct recorder *recorder = wl_container_of(base, recorder, base);
	return wlr_renderer_get_texture_formats(recorder->real, buffer_caps);
}

/* What a renderer on the processor reads it also writes. */
static const struct wlr_drm_format_set *get_render_formats(struct wlr_renderer *base) {
	return get_texture_formats(base, WLR_BUFFER_CAP_DATA_PTR);
}

static struct wlr_render_pass *begin_buffer_pass(struct wlr_renderer *base, struct wlr_buffer *buffer,
		const struct wlr_buffer_pass_options *options) {
	struct recorder *recorder = wl_container_of(base, recorder, base);
	return recorder->is_recording && recorder->recording == NULL ? begin_recording(recorder, buffer) :
		begin_through(recorder, buffer, options);
}

static void renderer_destroy(struct wlr_renderer *base) {
	struct recorder *recorder = wl_container_of(base, recorder, base);
	struct texture *texture, *next;
	wl_list_for_each_safe(texture, next, &recorder->textures, link) {
		wlr_texture_destroy(texture->real);
		free(texture);
	}
	wlr_renderer_destroy(recorder->real);
	free(recorder);
}

static const struct wlr_renderer_impl renderer_impl = {
	.get_texture_formats = get_texture_formats,
	.get_render_formats = get_render_formats,
	.destroy = renderer_destroy,
	.texture_from_buffer = texture_from_buffer,
	.begin_buffer_pass = begin_buffer_pass,
};

struct recorder *recorder_create(struct wlr_renderer *real) {
	struct recorder *recorder = xcalloc(1, sizeof(*recorder));
	wlr_renderer_init(&recorder->base, &renderer_impl, real->render_buffer_caps);
	recorder->base.color_encodings = real->color_encodings;
	recorder->base.features.input_color_transform = real->features.input_color_transform;
	recorder->base.features.output_color_transform = real->features.output_color_transform;
	recorder->base.features.timeline = real->features.timeline;
	recorder->real = real;
	wl_list_init(&recorder->textures);
	return recorder;
}

struct wlr_renderer *recorder_get_renderer(struct recorder *recorder) {
	return &recorder->base;
}
