#include "tests/protocol/lib/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"

static void handle_release(void *data, struct wl_buffer *wl_buffer) {
	struct buffer *buffer = data;
	buffer->is_busy = false;
}

static const struct wl_buffer_listener buffer_listener = { .release = handle_release };

struct buffer *buffer_create_format(struct client *client, int width, int height, int stride, uint32_t format) {
	struct test *test = client->test;
	size_t size = (size_t)stride * (size_t)height;
	int fd = memfd_create("test buffer", MFD_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0, "cannot make shared memory: %s", strerror(errno));
	struct buffer *buffer = xcalloc(1, sizeof(*buffer));
	buffer->width = width;
	buffer->height = height;
	buffer->size = size;
	buffer->pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(buffer->pixels != MAP_FAILED, "cannot map shared memory: %s", strerror(errno));
	struct wl_shm_pool *pool = wl_shm_create_pool(client_shm(client), fd, (int32_t)size);
	buffer->wl_buffer = wl_shm_pool_create_buffer(pool, 0, width, height, stride, format);
	wl_buffer_add_listener(buffer->wl_buffer, &buffer_listener, buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
	return buffer;
}

struct buffer *buffer_create_argb(struct client *client, int width, int height, uint32_t argb) {
	struct buffer *buffer = buffer_create_format(client, width, height, width * 4, WL_SHM_FORMAT_ARGB8888);
	buffer_fill(buffer, 0, 0, width, height, argb);
	return buffer;
}

struct buffer *buffer_create(struct client *client, int width, int height, uint32_t color) {
	struct buffer *buffer = buffer_create_format(client, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
	buffer_fill(buffer, 0, 0, width, height, color);
	return buffer;
}

void buffer_destroy(struct buffer *buffer) {
	wl_buffer_destroy(buffer->wl_buffer);
	munmap(buffer->pixels, buffer->size);
	free(buffer);
}

static int clamp(int value, int max) {
	return value < 0 ? 0 : value > max ? max : value;
}

void buffer_fill(struct buffer *buffer, int x, int y, int width, int height, uint32_t color) {
	int right = clamp(x + width, buffer->width), bottom = clamp(y + height, buffer->height);
	for (int row = clamp(y, buffer->height); row < bottom; row++) {
		for (int column = clamp(x, buffer->width); column < right; column++) {
			buffer->pixels[(size_t)row * (size_t)buffer->width + (size_t)column] = color;
		}
	}
}
