#include "tests/protocol/lib/capture.h"

#include <string.h>

#include "ext-image-capture-source-v1-client-protocol.h"
#include "ext-image-copy-capture-v1-client-protocol.h"
#include "tests/protocol/lib/buffer.h"
#include "wlr-screencopy-unstable-v1-client-protocol.h"

/* What either protocol says of the picture to come. */
struct frame {
	uint32_t format; /* enum wl_shm_format */
	int width, height, stride;
	bool is_described, is_ready, has_failed, is_upside_down;
};

static bool is_supported(uint32_t format) {
	return format == WL_SHM_FORMAT_XRGB8888 || format == WL_SHM_FORMAT_ARGB8888 || format == WL_SHM_FORMAT_XBGR8888 ||
		format == WL_SHM_FORMAT_ABGR8888;
}

static struct picture *make_picture(const struct frame *frame, const struct buffer *buffer) {
	bool is_bgr = frame->format == WL_SHM_FORMAT_XBGR8888 || frame->format == WL_SHM_FORMAT_ABGR8888;
	struct picture *picture = picture_create(frame->width, frame->height);
	for (int y = 0; y < frame->height; y++) {
		int from = frame->is_upside_down ? frame->height - 1 - y : y;
		const uint32_t *row = buffer->pixels + (size_t)from * (size_t)(frame->stride / 4);
		for (int x = 0; x < frame->width; x++) {
			uint32_t pixel = row[x] & 0xffffff;
			if (is_bgr) {
				pixel = (pixel & 0xff) << 16 | (pixel & 0xff00) | pixel >> 16;
			}
			picture->pixels[(size_t)y * (size_t)frame->width + (size_t)x] = pixel;
		}
	}
	return picture;
}

/* ---- wlr-screencopy ---- */

static void handle_buffer(void *data, struct zwlr_screencopy_frame_v1 *object, uint32_t format, uint32_t width,
	uint32_t height, uint32_t stride) {
	struct frame *frame = data;
	frame->format = format;
	frame->width = (int)width;
	frame->height = (int)height;
	frame->stride = (int)stride;
}

static void handle_flags(void *data, struct zwlr_screencopy_frame_v1 *object, uint32_t flags) {
	struct frame *frame = data;
	frame->is_upside_down = (flags & ZWLR_SCREENCOPY_FRAME_V1_FLAGS_Y_INVERT) != 0;
}

static void handle_ready(void *data, struct zwlr_screencopy_frame_v1 *object, uint32_t seconds_high,
	uint32_t seconds_low, uint32_t nanoseconds) {
	struct frame *frame = data;
	frame->is_ready = true;
}

static void handle_failed(void *data, struct zwlr_screencopy_frame_v1 *object) {
	struct frame *frame = data;
	frame->has_failed = true;
}

static void handle_damage(
	void *data, struct zwlr_screencopy_frame_v1 *object, uint32_t x, uint32_t y, uint32_t width, uint32_t height) {
}

static void handle_dmabuf(
	void *data, struct zwlr_screencopy_frame_v1 *object, uint32_t format, uint32_t width, uint32_t height) {
}

static void handle_buffer_done(void *data, struct zwlr_screencopy_frame_v1 *object) {
	struct frame *frame = data;
	frame->is_described = true;
}

static const struct zwlr_screencopy_frame_v1_listener screencopy_listener = {
	.buffer = handle_buffer,
	.flags = handle_flags,
	.ready = handle_ready,
	.failed = handle_failed,
	.damage = handle_damage,
	.linux_dmabuf = handle_dmabuf,
	.buffer_done = handle_buffer_done,
};

static struct picture *capture_screencopy(struct client *shell, bool with_cursor) {
	struct test *test = shell->test;
	struct zwlr_screencopy_manager_v1 *manager = client_bind(shell, &zwlr_screencopy_manager_v1_interface, 3);
	struct frame frame = { 0 };
	struct zwlr_screencopy_frame_v1 *object = zwlr_screencopy_manager_v1_capture_output(
		manager, with_cursor, client_output(shell));
	zwlr_screencopy_frame_v1_add_listener(object, &screencopy_listener, &frame);
	WAIT_FOR(frame.is_described || frame.has_failed || shell->is_dead, "the capture is not described");
	CHECK(frame.is_described && is_supported(frame.format), "cannot capture into format 0x%x", frame.format);

	struct buffer *buffer = buffer_create_format(shell, frame.width, frame.height, frame.stride, frame.format);
	zwlr_screencopy_frame_v1_copy(object, buffer->wl_buffer);
	WAIT_FOR(frame.is_ready || frame.has_failed || shell->is_dead, "the capture does not come");
	CHECK(frame.is_ready, "the compositor refuses a capture");
	struct picture *picture = make_picture(&frame, buffer);
	zwlr_screencopy_frame_v1_destroy(object);
	zwlr_screencopy_manager_v1_destroy(manager);
	buffer_destroy(buffer);
	return picture;
}

struct picture *capture(struct client *shell) {
	return capture_screencopy(shell, false);
}

struct picture *capture_with_cursor(struct client *shell) {
	return capture_screencopy(shell, true);
}

struct picture *capture_if_possible(struct client *shell) {
	bool is_possible = client_is_alive(shell) && client_find(shell, zwlr_screencopy_manager_v1_interface.name) != NULL;
	return is_possible ? capture(shell) : NULL;
}

/* ---- ext-image-copy-capture ---- */

static void handle_buffer_size(
	void *data, struct ext_image_copy_capture_session_v1 *session, uint32_t width, uint32_t height) {
	struct frame *frame = data;
	frame->width = (int)width;
	frame->height = (int)height;
	frame->stride = (int)width * 4;
}

static void handle_shm_format(void *data, struct ext_image_copy_capture_session_v1 *session, uint32_t format) {
	struct frame *frame = data;
	if (is_supported(format)) {
		frame->format = format;
	}
}

static void handle_dmabuf_device(
	void *data, struct ext_image_copy_capture_session_v1 *session, struct wl_array *device) {
}

static void handle_dmabuf_format(
	void *data, struct ext_image_copy_capture_session_v1 *session, uint32_t format, struct wl_array *modifiers) {
}

static void handle_session_done(void *data, struct ext_image_copy_capture_session_v1 *session) {
	struct frame *frame = data;
	frame->is_described = true;
}

static void handle_stopped(void *data, struct ext_image_copy_capture_session_v1 *session) {
	struct frame *frame = data;
	frame->has_failed = true;
}

static const struct ext_image_copy_capture_session_v1_listener session_listener = {
	.buffer_size = handle_buffer_size,
	.shm_format = handle_shm_format,
	.dmabuf_device = handle_dmabuf_device,
	.dmabuf_format = handle_dmabuf_format,
	.done = handle_session_done,
	.stopped = handle_stopped,
};

static void handle_transform(void *data, struct ext_image_copy_capture_frame_v1 *object, uint32_t transform) {
	struct frame *frame = data;
	frame->is_upside_down = transform == WL_OUTPUT_TRANSFORM_FLIPPED_180;
}

static void handle_ext_damage(
	void *data, struct ext_image_copy_capture_frame_v1 *object, int32_t x, int32_t y, int32_t width, int32_t height) {
}

static void handle_presentation_time(void *data, struct ext_image_copy_capture_frame_v1 *object, uint32_t seconds_high,
	uint32_t seconds_low, uint32_t nanoseconds) {
}

static void handle_ext_ready(void *data, struct ext_image_copy_capture_frame_v1 *object) {
	struct frame *frame = data;
	frame->is_ready = true;
}

static void handle_ext_failed(void *data, struct ext_image_copy_capture_frame_v1 *object, uint32_t reason) {
	struct frame *frame = data;
	frame->has_failed = true;
}

static const struct ext_image_copy_capture_frame_v1_listener frame_listener = {
	.transform = handle_transform,
	.damage = handle_ext_damage,
	.presentation_time = handle_presentation_time,
	.ready = handle_ext_ready,
	.failed = handle_ext_failed,
};

struct picture *capture_ext(struct client *shell) {
	struct test *test = shell->test;
	struct ext_output_image_capture_source_manager_v1 *sources = client_bind(
		shell, &ext_output_image_capture_source_manager_v1_interface, 1);
	struct ext_image_copy_capture_manager_v1 *manager = client_bind(
		shell, &ext_image_copy_capture_manager_v1_interface, 1);
	struct ext_image_capture_source_v1 *source = ext_output_image_capture_source_manager_v1_create_source(
		sources, client_output(shell));
	struct ext_image_copy_capture_session_v1 *session = ext_image_copy_capture_manager_v1_create_session(
		manager, source, 0);
	struct frame frame = { .format = UINT32_MAX };
	ext_image_copy_capture_session_v1_add_listener(session, &session_listener, &frame);
	WAIT_FOR(frame.is_described || frame.has_failed || shell->is_dead, "the capture is not described");
	CHECK(frame.is_described && is_supported(frame.format), "cannot capture into any offered format");

	struct buffer *buffer = buffer_create_format(shell, frame.width, frame.height, frame.stride, frame.format);
	struct ext_image_copy_capture_frame_v1 *object = ext_image_copy_capture_session_v1_create_frame(session);
	ext_image_copy_capture_frame_v1_add_listener(object, &frame_listener, &frame);
	ext_image_copy_capture_frame_v1_attach_buffer(object, buffer->wl_buffer);
	ext_image_copy_capture_frame_v1_damage_buffer(object, 0, 0, frame.width, frame.height);
	ext_image_copy_capture_frame_v1_capture(object);
	WAIT_FOR(frame.is_ready || frame.has_failed || shell->is_dead, "the capture does not come");
	CHECK(frame.is_ready, "the compositor refuses a capture");
	struct picture *picture = make_picture(&frame, buffer);
	ext_image_copy_capture_frame_v1_destroy(object);
	ext_image_copy_capture_session_v1_destroy(session);
	ext_image_capture_source_v1_destroy(source);
	ext_image_copy_capture_manager_v1_destroy(manager);
	ext_output_image_capture_source_manager_v1_destroy(sources);
	buffer_destroy(buffer);
	return picture;
}
